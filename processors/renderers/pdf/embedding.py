"""The fonts in the file: of each face the glyphs that are used, how wide they are, and which text
they stand for. (ISO 32000-1, 9.6 to 9.10)"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

import uharfbuzz

from processors.renderers.pdf.faces import BOLD, FACES, TEXT, Glyph, font_file, shaping_font
from processors.renderers.pdf.objects import Objects

GlyphTexts = Mapping[int, str]
"""By glyph, the text that it stands for; empty where that can't be said."""


def merged(glyphs: Iterable[Glyph], into: dict[int, dict[int, str]]) -> None:
    """Notes glyphs by face. Of several texts the least counts, so that the order doesn't."""
    for face, glyph, text in glyphs:
        texts = into.setdefault(face, {})
        known = texts.get(glyph)
        texts[glyph] = text if not known else min(known, text or known)


def embed(objects: Objects, used: Mapping[int, GlyphTexts]) -> bytes:
    """Adds the fonts; the answer is the font dictionary that pages refer to."""
    entries = [b"/A %d 0 R" % _latin(objects, TEXT), b"/B %d 0 R" % _latin(objects, BOLD)]
    entries += [
        b"/W%d %d 0 R" % (face, _by_glyph(objects, face, texts))
        for face, texts in sorted(used.items())
    ]
    # ReportLab chooses this one at the start of a page, whether it writes anything or not.
    entries.append(b"/F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>")
    return b"<<%b>>" % b"".join(entries)


def _latin_characters() -> dict[int, str]:
    """WinAnsi by byte."""
    known = {}
    for byte in range(32, 256):
        try:
            known[byte] = bytes([byte]).decode("cp1252")
        except UnicodeDecodeError:
            continue
    return {byte: each for byte, each in known.items() if each.isprintable()}


_LATIN: Final = _latin_characters()


def _latin(objects: Objects, face: int) -> int:
    """A simple font of all the characters of WinAnsi."""
    font = shaping_font(face)
    glyphs = {byte: font.get_nominal_glyph(ord(each)) for byte, each in _LATIN.items()}
    widths = (
        font.get_glyph_h_advance(glyphs[byte]) if glyphs.get(byte) else 0 for byte in range(32, 256)
    )
    name = _name(face, b"LATIN")
    descriptor = _descriptor(objects, face, name, 32, [], _LATIN.values())
    return objects.add(
        b"<</Type/Font/Subtype/TrueType/BaseFont/%b/Encoding/WinAnsiEncoding"
        b"/FirstChar 32/LastChar 255/FontDescriptor %d 0 R/Widths[%b]>>"
        % (name, descriptor, b" ".join(b"%d" % width for width in widths))
    )


def _by_glyph(objects: Objects, face: int, texts: GlyphTexts) -> int:
    """A composite font whose codes are the face's own glyph numbers."""
    font = shaping_font(face)
    glyphs = sorted(texts)
    name = _name(face, b"GLYPH")
    descriptor = _descriptor(objects, face, name, 4, glyphs, ())
    widths = b" ".join(b"%d[%d]" % (each, font.get_glyph_h_advance(each)) for each in glyphs)
    descendant = objects.add(
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/%b"
        b"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
        b"/FontDescriptor %d 0 R/CIDToGIDMap/Identity/DW 1000/W[%b]>>" % (name, descriptor, widths)
    )
    meaning = objects.stream(b"", _meaning(texts))
    return objects.add(
        b"<</Type/Font/Subtype/Type0/BaseFont/%b/Encoding/Identity-H"
        b"/DescendantFonts[%d 0 R]/ToUnicode %d 0 R>>" % (name, descendant, meaning)
    )


def _name(face: int, tag: bytes) -> bytes:
    """With the six letters that mark a subset."""
    return b"%b%c+%b" % (tag, ord("A") + face, FACES[face].encode())


def _descriptor(
    objects: Objects, face: int, name: bytes, flags: int, glyphs: Iterable[int], text: Iterable[str]
) -> int:
    subset = _subset(face, tuple(glyphs), "".join(text))
    data = objects.stream(b"/Length1 %d" % len(subset), subset)
    extents = shaping_font(face).get_font_extents("ltr")
    return objects.add(
        b"<</Type/FontDescriptor/FontName/%b/Flags %d/FontBBox[-1000 %d 3000 %d]/ItalicAngle 0"
        b"/Ascent %d/Descent %d/CapHeight 714/StemV %d/FontFile2 %d 0 R>>"
        % (
            *(name, flags, extents.descender, extents.ascender),
            *(extents.ascender, extents.descender, 140 if face == BOLD else 80, data),
        )
    )


_TABLES_LEFT_OUT: Final = ("GSUB", "GPOS", "GDEF", "STAT", "name", "OS/2", "post", "meta", "gasp")


@lru_cache(maxsize=8)
def _subset(face: int, glyphs: tuple[int, ...], text: str) -> bytes:
    """The face with these glyphs at their numbers; the Latin ones are in every file of a split."""
    wanted = uharfbuzz.SubsetInput()
    wanted.flags = (
        uharfbuzz.SubsetFlags.RETAIN_GIDS
        | uharfbuzz.SubsetFlags.NO_HINTING
        | uharfbuzz.SubsetFlags.NOTDEF_OUTLINE
        | uharfbuzz.SubsetFlags.NO_LAYOUT_CLOSURE
    )
    wanted.glyph_set.update(glyphs)
    wanted.unicode_set.update(map(ord, text))
    wanted.drop_table_tag_set.update(map(_tag, _TABLES_LEFT_OUT))
    subset = uharfbuzz.subset(uharfbuzz.Face(uharfbuzz.Blob(font_file(face))), wanted)
    data: bytes = subset.blob.data
    return data


def _tag(name: str) -> int:
    return int.from_bytes(name.ljust(4).encode())


_BLOCK: Final = 100  # entries that a reader must take at once


def _meaning(texts: GlyphTexts) -> bytes:
    """The CMap that gives glyphs their text."""
    known = [
        f"<{glyph:04X}> <{text.encode('utf-16-be').hex().upper()}>\n"
        for glyph, text in sorted(texts.items())
        if text and glyph
    ]
    blocks = [known[start : start + _BLOCK] for start in range(0, len(known), _BLOCK)]
    listed = "".join(f"{len(each)} beginbfchar\n{''.join(each)}endbfchar\n" for each in blocks)
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)/Supplement 0>>def\n"
        "/CMapName/Adobe-Identity-UCS def\n/CMapType 2 def\n"
        "1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
        f"{listed}endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
    ).encode()
