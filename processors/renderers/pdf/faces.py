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
    """The tables of all faces, by character. `codes` are the glyphs' numbers in hexadecimal, and
    `noted` what a use of the character notes."""

    face: dict[str, int]
    codes: dict[str, str]
    width: dict[str, int]
    noted: dict[str, Glyph]

    def glyphs(self, text: str) -> frozenset[Glyph]:
        """What a text uses that needs no shaping."""
        return frozenset(map(self.noted.__getitem__, text))

    def measure(self, text: str) -> int:
        return sum(map(self.width.__getitem__, text))


@cache
def faces() -> Faces:
    face: dict[str, int] = {}
    noted: dict[str, Glyph] = {}
    width: dict[str, int] = {}
    for number in range(BOLD):
        font = shaping_font(number)
        for point in font.face.unicodes:
            character = chr(point)
            if character in face or category(character) == "Cc" or point in _newer():
                continue
            if number == TEXT and point in _DEVANAGARI:
                continue
            found = font.get_nominal_glyph(point)
            if found:
                face[character] = number
                noted[character] = (number, found, character)
                width[character] = font.get_glyph_h_advance(found)
    codes = {character: f"{found:04x}" for character, (_, found, _) in noted.items()}
    return Faces(face, codes, width, noted)


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
_NEWER: Final = (
    (0x10EFD, 0x10EFF),
    (0x11B00, 0x11B09),
    (0x1D2C0, 0x1D2D3),
    (0x1F6D8, 0x1F6D9),
    (0x1F6DC, 0x1F6DC),
    (0x1F774, 0x1F776),
    (0x1F77B, 0x1F77F),
    (0x1F7D9, 0x1F7D9),
    (0x1FA75, 0x1FA77),
    (0x1FA87, 0x1FA8F),
    (0x1FAAD, 0x1FAAF),
    (0x1FABB, 0x1FABF),
    (0x1FAC6, 0x1FAC6),
    (0x1FAC8, 0x1FAC8),
    (0x1FACC, 0x1FACF),
    (0x1FADA, 0x1FADD),
    (0x1FADF, 0x1FADF),
    (0x1FAE8, 0x1FAEB),
    (0x1FAEF, 0x1FAEF),
    (0x1FAF7, 0x1FAFA),
)


@cache
def _newer() -> frozenset[int]:
    """What Unicode 14 doesn't know, which is Python 3.11's: later ones know its directions."""
    return frozenset(point for first, last in _NEWER for point in range(first, last + 1))
