"""Small fonts made for a test: every glyph is a box of its own size, so that pictures tell them
apart."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from fontTools.cffLib import FDArrayIndex, FDSelect, FontDict
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTCollection, TTFont

from domain.fonts import Fonts
from processors.renderers.pdf.added_faces import named_fonts


@dataclass(frozen=True, kw_only=True)
class Made:
    """`characters` have a glyph each; `doubles` have that of another character. `compact` outlines
    are in the Compact Font Format, with `first_cid` by numbers that begin there."""

    characters: str
    doubles: Mapping[str, str] = field(default_factory=dict)
    name: str = "Boxes-Regular"
    compact: bool = False
    first_cid: int | None = None
    licence: int = 0
    width: int = 1000
    side: int = 0
    """Of the first glyph's box; 0 lets it go by the number of the glyph."""
    axes: bool = False


def font(made: Made) -> TTFont:
    first = 1 if made.first_cid is None else made.first_cid
    glyphs = [f"cid{first + place:05}" for place in range(len(made.characters))]
    order = [".notdef", *glyphs]
    by_character = dict(zip(made.characters, glyphs, strict=True))
    builder = FontBuilder(1000, isTTF=not made.compact)
    builder.setupGlyphOrder(order)
    points = {ord(each): glyph for each, glyph in by_character.items()}
    points |= {ord(each): by_character[other] for each, other in made.doubles.items()}
    builder.setupCharacterMap(points)
    sides = {glyph: 100 + (made.side + 37 * place) % 700 for place, glyph in enumerate(order)}
    if made.compact:
        programs = {glyph: _box(T2CharStringPen(made.width, None), side).getCharString()
                    for glyph, side in sides.items()}  # fmt: skip
        builder.setupCFF(made.name, {}, programs, {})
        if made.first_cid is not None:
            _number(builder.font)
    else:
        builder.setupGlyf({glyph: _box(TTGlyphPen(None), side).glyph()
                           for glyph, side in sides.items()})  # fmt: skip
    builder.setupHorizontalMetrics(dict.fromkeys(order, (made.width, 0)))
    builder.setupHorizontalHeader(ascent=880, descent=-120)
    builder.setupNameTable({"familyName": made.name, "styleName": "Regular", "psName": made.name})
    builder.setupOS2(fsType=made.licence)
    builder.setupPost()
    if made.axes:
        builder.setupFvar([("wght", 100, 100, 900, "Weight")], [])
    builder.updateHead(created=0, modified=0)
    builder.font.recalcTimestamp = False
    return builder.font


def file_of(*fonts: TTFont) -> bytes:
    """A font, or a collection of several."""
    buffer = BytesIO()
    if len(fonts) == 1:
        fonts[0].save(buffer)
    else:
        together = TTCollection()
        together.fonts = list(fonts)
        together.save(buffer)
    return buffer.getvalue()


def saved(folder: Path, *made: Made) -> Fonts:
    """Each in a file of its own, as a setting's."""
    paths = []
    for number, each in enumerate(made):
        path = folder / f"{number}-{each.name}.otf"
        path.write_bytes(file_of(font(each)))
        paths.append(str(path))
    return named_fonts(",".join(paths))


def made_for_this_process() -> Path:
    """A folder for fonts that are needed as soon as tests are collected."""
    folder = Path(tempfile.mkdtemp(prefix="waybill-fonts-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _box(pen: Any, side: int) -> Any:
    corners: Iterable[tuple[int, int]] = [(0, side), (side, side), (side, 0)]
    pen.moveTo((0, 0))
    for corner in corners:
        pen.lineTo(corner)
    pen.closePath()
    return pen


def _number(made: TTFont) -> None:
    """Gives the glyphs numbers in the place of names, as fonts of ideographs have them."""
    top = made["CFF "].cff.topDictIndex[0]
    part = FontDict()
    part.Private = top.Private
    part.FontName = "Part"
    parts, chosen = FDArrayIndex(), FDSelect()
    parts.append(part)
    chosen.gidArray = [0] * len(top.charset)
    chosen.format = 3
    top.ROS = ("Adobe", "Identity", 0)
    top.CIDCount = 65_535
    top.FDArray, top.FDSelect = parts, chosen
    top.CharStrings.fdArray, top.CharStrings.fdSelect = parts, chosen
    del top.Private
    for name in ("Encoding",):
        top.rawDict.pop(name, None)
        if hasattr(top, name):
            delattr(top, name)
