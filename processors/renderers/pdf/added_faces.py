"""Fonts that an operator has added (WAYBILL_PDF_FONTS): looked at when a process starts, so that a
wrong one is told there and then, and opened when a text first needs one."""

from __future__ import annotations

import hashlib
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from unicodedata import normalize

import uharfbuzz

from domain.fonts import FontFile, Fonts
from domain.pdf_rules import LANGUAGE
from processors.renderers.frames import PlanUnfit
from processors.renderers.pdf import sfnt
from processors.renderers.pdf.cff import Collection, collection
from processors.renderers.pdf.face import Face, scaled
from processors.renderers.pdf.subsets import subset

MOST: Final = 16
"""Fonts that can be added."""
LARGEST: Final = 64 * 1024 * 1024
"""Bytes of a file: each process that draws with it holds it."""


class FontUnusable(Exception):
    """A font that WAYBILL_PDF_FONTS names can't be used. The message says what to do."""


class FontsChanged(PlanUnfit):
    """A font file is not what it was when this process started. Whoever runs the service must start
    it anew."""


def named_fonts(setting: str) -> Fonts:
    """Those of the setting, in its order, each looked at. Raises `FontUnusable`."""
    places = [place for place in map(str.strip, setting.split(",")) if place]
    if len(places) > MOST:
        raise FontUnusable(f"WAYBILL_PDF_FONTS names {len(places)} fonts; {MOST} are the most")
    return tuple(map(_looked_at, places))


def font_name(font: FontFile) -> str:
    """What the font calls itself, and its language. Raises `FontsChanged`."""
    name = added_face(font).name
    return f"{name} ({font.language})" if font.language else name


@lru_cache(maxsize=MOST)
def added_face(font: FontFile) -> Face:
    """Raises `FontsChanged`."""
    data = _content(font.path, font.sha256)
    return _face(data, font.index, sfnt.tables(data, font.index))


@lru_cache(maxsize=MOST)
def _content(path: str, sha256: str) -> bytes:
    """Held once, however many fonts of a collection are used."""
    try:
        data = Path(path).read_bytes()
    except OSError:
        data = b""
    if hashlib.sha256(data).hexdigest() != sha256:
        raise FontsChanged(
            f"The font file {Path(path).name} has changed or gone since the service started; "
            "start every process of the service anew"
        )
    return data


@dataclass(frozen=True, slots=True)
class _Place:
    """A font as the setting names it; without an index a collection is not enough."""

    path: Path
    index: int | None
    language: str

    def __str__(self) -> str:
        return f"{self.path}" if self.index is None else f"{self.path}#{self.index}"


def _looked_at(text: str) -> FontFile:
    place = _place(text)
    data = _read(place)
    try:
        index = _index(place, data)
        tables = sfnt.tables(data, index)
        _check_kind(place, tables)
        _check_licence(place, tables)
        _try_out(_face(data, index, tables))
    except (sfnt.FontDamaged, ValueError, RuntimeError, MemoryError) as error:
        raise _unusable(place, f"is damaged: {error}. Install the font again") from error
    return FontFile(
        path=str(place.path.absolute()),
        index=index,
        sha256=hashlib.sha256(data).hexdigest(),
        language=place.language,
    )


def _place(text: str) -> _Place:
    """`path`, `path#index`, and a language before either: `ja:path`."""
    language, colon, file = text.partition(":")
    if not colon or not LANGUAGE.fullmatch(language):
        language, file = "", text
    found = re.fullmatch(r"(.+)#(\d{1,4})", file)
    if found:
        return _Place(Path(found[1]), int(found[2]), language)
    return _Place(Path(file), None, language)


def _read(place: _Place) -> bytes:
    try:
        size = place.path.stat().st_size
        if size > LARGEST:
            raise _unusable(
                place,
                f"has {size:,} bytes; {LARGEST:,} are the most. Name a font of one language, or of "
                "one weight",
            )
        return place.path.read_bytes()
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise _unusable(place, f"can't be read: {why}. Correct the path, or install it") from error


def _index(place: _Place, data: bytes) -> int:
    if sfnt.is_web_font(data):
        raise _unusable(place, "is a web font (WOFF). Name its TrueType or OpenType font")
    if not sfnt.is_font(data):
        raise _unusable(place, "is no TrueType or OpenType font (.ttf, .otf, .ttc)")
    count = sfnt.count(data)
    if place.index is None and count > 1:
        listed = ", ".join(f"#{number} {name}" for number, name in enumerate(_names(data, count)))
        raise _unusable(place, f"is a collection. Say which font of it: {listed}")
    index = place.index or 0
    if index >= count:
        raise _unusable(place, f"has no such font; its last is #{count - 1}")
    return index


def _names(data: bytes, count: int) -> Iterator[str]:
    blob = uharfbuzz.Blob(data)
    for number in range(count):
        yield _name(uharfbuzz.Face(blob, number))


def _check_kind(place: _Place, tables: sfnt.Tables) -> None:
    if "fvar" in tables or "CFF2" in tables:
        raise _unusable(
            place,
            "is a variable font. Name a static one, which its makers offer too, or make it: "
            "fonttools varLib.instancer FONT.ttf wght=400 --output FONT-Regular.ttf",
        )
    if not tables.keys() & _OUTLINES:
        raise _unusable(place, "has no outlines, only pictures or none. Name another font")
    if missing := _NEEDED - tables.keys():
        raise sfnt.FontDamaged(f"it has no {', '.join(sorted(missing))}")


def _check_licence(place: _Place, tables: sfnt.Tables) -> None:
    """The permission to embed (OS/2, fsType): of several usages the least restrictive counts."""
    bits = sfnt.licence_bits(tables)
    if bits & _USAGE == _RESTRICTED:
        why = "its makers don't permit to embed it in documents (fsType: restricted)"
    elif bits & _WHOLE_ONLY:
        why = "its makers don't permit to embed a part of it (fsType: no subsetting)"
    elif bits & _BITMAPS_ONLY:
        why = "its makers permit to embed pictures of it only (fsType: bitmaps)"
    else:
        return
    raise _unusable(place, f"can't be used: {why}. Name another font, or get their licence")


_OUTLINES: Final = {"glyf", "CFF "}
_NEEDED: Final = {"cmap", "head", "hhea", "hmtx", "maxp"}
_USAGE: Final = 0x000E
_RESTRICTED: Final = 0x0002
_WHOLE_ONLY: Final = 0x0100
_BITMAPS_ONLY: Final = 0x0200
_TRIED: Final = 64
"""Glyphs that are taken out on trial."""


def _try_out(face: Face) -> None:
    """As a file does it: what a font gets wrong is better known now than when rows are read."""
    known = [glyph for glyph, point in enumerate(face.meanings) if point]
    if not known:
        raise sfnt.FontDamaged("it has no characters")
    some = known[:: len(known) // _TRIED + 1]
    if not subset(face, some):
        raise sfnt.FontDamaged("no glyph can be taken out of it")


def _face(data: bytes, index: int, tables: sfnt.Tables) -> Face:
    face = uharfbuzz.Face(uharfbuzz.Blob(data), index)
    font = scaled(face)
    compact = "glyf" not in tables
    found: Collection | None = collection(tables["CFF "]) if compact else None
    if found is not None and len(found.numbers) < face.glyph_count:
        raise sfnt.FontDamaged("it has more glyphs than outlines")
    return Face(
        name=_name(face),
        font=font,
        compact=compact,
        collection=found,
        meanings=_meanings(font),
    )


def _name(face: Any) -> str:
    """As a PDF may say it: a PostScript name (ISO 32000-1, 9.9)."""
    said = face.get_name(uharfbuzz.OTNameIdPredefined.POSTSCRIPT_NAME) or "Font"
    return re.sub(r"[^A-Za-z0-9._-]", "", said)[:_LONGEST_NAME] or "Font"


_LONGEST_NAME: Final = 63


def _meanings(font: Any) -> array[int]:
    """Of several characters with one glyph, such as an ideograph and its radical, the one that is
    nobody's variant, and of these the first."""
    meanings = array("I", bytes(4 * font.face.glyph_count))
    for point in font.face.unicodes:
        glyph = font.get_nominal_glyph(point)
        if glyph:
            if glyph >= len(meanings):
                raise sfnt.FontDamaged("a character's glyph isn't there")
            known = meanings[glyph]
            meanings[glyph] = min((known, point), key=_plainness) if known else point
    return meanings


def _plainness(point: int) -> tuple[bool, int]:
    character = chr(point)
    return normalize("NFKC", character) != character, point


def _unusable(place: _Place, why: str) -> FontUnusable:
    return FontUnusable(f"WAYBILL_PDF_FONTS: {place} {why}.")
