"""The fonts in the file: of each face the glyphs that are used, how wide they are, and which text
they stand for. (ISO 32000-1, 9.6 to 9.10)"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final

from processors.renderers.pdf.face import Face
from processors.renderers.pdf.faces import BOLD, TEXT, Faces, Glyph, shipped_face
from processors.renderers.pdf.objects import Objects
from processors.renderers.pdf.subsets import subset

GlyphTexts = Mapping[int, str]
"""By glyph, the text that it stands for; empty where that can't be said."""


def merged(glyphs: Iterable[Glyph], into: dict[int, dict[int, str]]) -> None:
    """Notes glyphs by face. Of several texts the least counts, so that the order doesn't."""
    for face, glyph, text in glyphs:
        texts = into.setdefault(face, {})
        known = texts.get(glyph)
        texts[glyph] = text if not known else min(known, text or known)


def embed(objects: Objects, used: Mapping[int, GlyphTexts], faces: Faces) -> bytes:
    """Adds the fonts; the answer is the font dictionary that pages refer to."""
    entries = [b"/A %d 0 R" % _latin(objects, TEXT), b"/B %d 0 R" % _latin(objects, BOLD)]
    entries += [
        b"/W%d %d 0 R" % (number, _by_glyph(objects, faces.at(number), number, texts))
        for number, texts in sorted(used.items())
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


def _latin(objects: Objects, number: int) -> int:
    """A simple font of all the characters of WinAnsi."""
    face = shipped_face(number)
    glyphs = {byte: face.font.get_nominal_glyph(ord(each)) for byte, each in _LATIN.items()}
    widths = (face.advance(glyphs[byte]) if glyphs.get(byte) else 0 for byte in range(32, 256))
    name = _name(face, number, b"LATIN")
    stem = 140 if number == BOLD else 80
    descriptor = _descriptor(objects, face, name, 32, stem, _latin_program(number))
    return objects.add(
        b"<</Type/Font/Subtype/TrueType/BaseFont/%b/Encoding/WinAnsiEncoding"
        b"/FirstChar 32/LastChar 255/FontDescriptor %d 0 R/Widths[%b]>>"
        % (name, descriptor, b" ".join(b"%d" % width for width in widths))
    )


@cache
def _latin_program(number: int) -> bytes:
    """The same in every file, of which a split has many."""
    return subset(shipped_face(number), (), _LATIN.values())


def _by_glyph(objects: Objects, face: Face, number: int, texts: GlyphTexts) -> int:
    """A composite font whose codes are the face's own numbers of glyphs."""
    glyphs = sorted(texts)
    name = _name(face, number, b"GLYPH")
    descriptor = _descriptor(objects, face, name, 4, 80, subset(face, glyphs))
    widths = sorted((face.code(each), face.advance(each)) for each in glyphs)
    descendant = objects.add(
        b"<</Type/Font/Subtype/%b/BaseFont/%b/CIDSystemInfo<<%b>>"
        b"/FontDescriptor %d 0 R%b/DW 1000/W[%b]>>"
        % (
            *(b"CIDFontType0" if face.compact else b"CIDFontType2", name, _system(face)),
            *(descriptor, b"" if face.compact else b"/CIDToGIDMap/Identity"),
            b" ".join(b"%d[%d]" % each for each in widths),
        )
    )
    meaning = objects.stream(b"", _meaning({face.code(each): texts[each] for each in glyphs}))
    whole = name + b"-Identity-H" if face.compact else name
    return objects.add(
        b"<</Type/Font/Subtype/Type0/BaseFont/%b/Encoding/Identity-H"
        b"/DescendantFonts[%d 0 R]/ToUnicode %d 0 R>>" % (whole, descendant, meaning)
    )


def _system(face: Face) -> bytes:
    """What the numbers of glyphs mean: as the font itself says it, or nothing in particular."""
    if face.collection is None:
        return b"/Registry(Adobe)/Ordering(Identity)/Supplement 0"
    known = face.collection
    return b"/Registry<%b>/Ordering<%b>/Supplement %d" % (
        *(known.registry.hex().encode(), known.ordering.hex().encode()),
        known.supplement,
    )


def _name(face: Face, number: int, tag: bytes) -> bytes:
    """With the six letters that mark a subset."""
    return b"%b%c+%b" % (tag, ord("A") + number, face.name.encode())


def _descriptor(
    objects: Objects, face: Face, name: bytes, flags: int, stem: int, program: bytes
) -> int:
    if face.compact:
        kind, data = b"FontFile3", objects.stream(b"/Subtype/CIDFontType0C", program)
    else:
        kind, data = b"FontFile2", objects.stream(b"/Length1 %d" % len(program), program)
    extents = face.font.get_font_extents("ltr")
    return objects.add(
        b"<</Type/FontDescriptor/FontName/%b/Flags %d/FontBBox[-1000 %d 3000 %d]/ItalicAngle 0"
        b"/Ascent %d/Descent %d/CapHeight 714/StemV %d/%b %d 0 R>>"
        % (
            *(name, flags, extents.descender, extents.ascender),
            *(extents.ascender, extents.descender, stem, kind, data),
        )
    )


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
