"""The faces that text is drawn with: which one has a character, as which glyph, how wide.

The first ones are static TrueType fonts of the Noto family, in `fonts/` under the SIL Open Font
License; behind them are those that an operator has added. A character is drawn with the first face
that has it. Widths are in thousandths of the font size."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final, NamedTuple
from unicodedata import category

import uharfbuzz

from domain.fonts import Fonts
from processors.renderers.pdf.added_faces import added_face
from processors.renderers.pdf.face import Face, scaled
from processors.renderers.pdf.newer_characters import is_newer

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
JOINERS: Final = frozenset("\u200c\u200d\ufe0e\ufe0f")
"""Characters that show only in what they do to others, whether a face has them or not."""
_SELECTORS: Final = map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))
JOINERS_AND_SELECTORS: Final = JOINERS.union(_SELECTORS)
"""And those that choose among the shapes of an ideograph, which added faces may have."""

Glyph = tuple[int, int, str]
"""Face, number of the glyph in it, and the text it stands for; empty where that can't be said."""


class Drawn(NamedTuple):
    """A character that needs no shaping: its face, what a PDF calls its glyph there (hexadecimal),
    its width, and what its use notes."""

    face: int
    code: str
    width: int
    noted: Glyph


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """Tables by character: of the shipped faces whole, of added ones as far as they were asked for,
    as a font may have 65,000 characters of which a file needs a few. `doubles` are characters whose
    glyph stands for another one too, which readers would take them for."""

    fonts: Fonts
    face: dict[str, int]
    width: dict[str, int]
    drawn: dict[str, Drawn]
    doubles: set[str]

    @property
    def joiners(self) -> frozenset[str]:
        return JOINERS_AND_SELECTORS if self.fonts else JOINERS

    def at(self, number: int) -> Face:
        """Raises `FontsChanged`."""
        if number <= BOLD:
            return shipped_face(number)
        return added_face(self.fonts[number - BOLD - 1])

    def lacking(self, text: str) -> set[str]:
        """The characters that no face has. Those of the text that one has can be asked for then.

        Raises `FontsChanged`."""
        unknown = set(text).difference(self.face)
        if not unknown:
            return unknown
        unknown -= self.joiners
        return {each for each in unknown if not self._found(each)}

    def measure(self, text: str) -> int:
        return sum(map(self.width.__getitem__, text))

    def meant(self, face: int, glyph: int, text: str) -> Glyph:
        """A glyph as it is noted where it came of this text: in an added face it always means the
        same character, so that a rare one doesn't change what readers take the others for."""
        meaning = self.at(face).meaning(glyph)
        return (face, glyph, meaning or text)

    def _found(self, character: str) -> bool:
        if not self.fonts or category(character) == "Cc" or is_newer(character):
            return False
        for number in range(BOLD + 1, BOLD + 1 + len(self.fonts)):
            face = self.at(number)
            glyph = face.font.get_nominal_glyph(ord(character))
            if glyph:
                width, meaning = face.advance(glyph), face.meaning(glyph)
                noted = (number, glyph, meaning)
                self.drawn[character] = Drawn(number, f"{face.code(glyph):04x}", width, noted)
                self.width[character] = width
                if meaning != character:
                    self.doubles.add(character)
                self.face[character] = number  # last: who finds it here finds it everywhere
                return True
        return False


@lru_cache(maxsize=8)
def faces_with(fonts: Fonts) -> Faces:
    """The shipped faces and these."""
    known = shipped_faces()
    if not fonts:
        return known
    return Faces(fonts, dict(known.face), dict(known.width), dict(known.drawn), set())


@cache
def shipped_faces() -> Faces:
    face: dict[str, int] = {}
    width: dict[str, int] = {}
    drawn: dict[str, Drawn] = {}
    for number in range(BOLD):
        font = shipped_face(number).font
        for point in font.face.unicodes:
            character = chr(point)
            if character in face or category(character) == "Cc" or is_newer(character):
                continue
            if number == TEXT and point in _DEVANAGARI:
                continue
            found = font.get_nominal_glyph(point)
            if found:
                face[character] = number
                width[character] = advance = font.get_glyph_h_advance(found)
                noted = (number, found, character)
                drawn[character] = Drawn(number, f"{found:04x}", advance, noted)
    return Faces((), face, width, drawn, set())


@cache
def shipped_face(number: int) -> Face:
    data = files(__package__).joinpath("fonts", f"{FACES[number]}.ttf").read_bytes()
    return Face(name=FACES[number], font=scaled(uharfbuzz.Face(uharfbuzz.Blob(data))))


def shipped_font(number: int) -> Any:
    """HarfBuzz's font of a shipped face."""
    return shipped_face(number).font


_DEVANAGARI: Final = range(0x900, 0x980)  # the text face has the letters, not their ligatures
