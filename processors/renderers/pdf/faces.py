"""The faces that text is drawn with: which one has a character, as which glyph, how wide.

All faces are static TrueType fonts of the Noto family, in `fonts/` under the SIL Open Font License.
A character is drawn with the first face that has it. Widths are in thousandths of the font size."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final
from unicodedata import category

import uharfbuzz

FACES: Final = (
    "NotoSans-Regular",
    "NotoSansArabic-Regular",
    "NotoSansHebrew-Regular",
    "NotoSansDevanagari-Regular",
    "NotoSansThai-Regular",
    "NotoSansMath-Regular-2000-2BFF",
    "NotoSansSymbols-Regular",
    "NotoSansSymbols2-Regular",
    "NotoEmoji-Regular",
    "NotoSans-Bold",
)
TEXT: Final = 0
BOLD: Final = len(FACES) - 1
"""Only for headers, and only where it has all the characters: no other face looks for help here."""

MISSING_SIGN: Final = "\N{REPLACEMENT CHARACTER}"
ELLIPSIS: Final = "\N{HORIZONTAL ELLIPSIS}"

Glyph = tuple[int, int, str]
"""Face, number of the glyph in it, and the text it stands for; empty where that can't be said."""


@dataclass(frozen=True, slots=True)
class Faces:
    """The tables of all faces, by character."""

    face: dict[str, int]
    glyph: dict[str, int]
    width: dict[str, int]

    def glyphs(self, text: str) -> frozenset[Glyph]:
        """What a text uses that needs no shaping."""
        return frozenset((self.face[each], self.glyph[each], each) for each in text)

    def measure(self, text: str) -> int:
        return sum(map(self.width.__getitem__, text))


@cache
def faces() -> Faces:
    face: dict[str, int] = {}
    glyph: dict[str, int] = {}
    width: dict[str, int] = {}
    for number in range(BOLD):
        font = shaping_font(number)
        for point in font.face.unicodes:
            character = chr(point)
            if character in face or category(character) == "Cc":
                continue
            if number == TEXT and point in _DEVANAGARI:
                continue
            found = font.get_nominal_glyph(point)
            if found:
                face[character], glyph[character] = number, found
                width[character] = font.get_glyph_h_advance(found)
    return Faces(face, glyph, width)


@cache
def shaping_font(number: int) -> Any:
    """HarfBuzz's font of a face, scaled to thousandths."""
    font = uharfbuzz.Font(uharfbuzz.Face(uharfbuzz.Blob(font_file(number))))
    font.scale = (1000, 1000)
    return font


@cache
def font_file(number: int) -> bytes:
    return files(__package__).joinpath("fonts", f"{FACES[number]}.ttf").read_bytes()


_DEVANAGARI: Final = range(0x900, 0x980)  # the text face has the letters, not their ligatures
