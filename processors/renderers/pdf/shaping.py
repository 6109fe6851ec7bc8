"""Lines of text as drawing operators. Three ways, from fast to slow: characters that PDF's own
Latin encoding has (WinAnsi), glyphs looked up one by one, and HarfBuzz for scripts whose letters
change with their neighbours. (ISO 32000-1, 9.4 and 14.9.4)

What is drawn also says which glyphs it used: noted on the side, a result that comes out of a cache
would miss in the file's fonts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import groupby
from operator import attrgetter
from typing import Any, Final, NamedTuple
from unicodedata import category

import uharfbuzz

from processors.renderers.pdf.bidi import MIRRORED, base_level, has_right_to_left, visual_runs
from processors.renderers.pdf.faces import BOLD, Drawn, Faces, Glyph


class Line(NamedTuple):
    """Operators that start and end with the WinAnsi font of the pen, and their width."""

    operators: bytes
    width: int
    glyphs: frozenset[Glyph] = frozenset()


def is_complex(text: str) -> bool:
    """Whether the text needs shaping."""
    return _COMPLEX.search(text) is not None


def literal(text: str) -> bytes:
    """WinAnsi text as it stands between a string's parentheses. Raises `UnicodeEncodeError`."""
    encoded = text.encode("cp1252")
    return _ESCAPED.sub(rb"\\\g<0>", encoded) if _ESCAPED.search(encoded) else encoded


def in_latin(text: str) -> bool:
    """Whether the text can be drawn in WinAnsi, where a no-break space would come back plain."""
    if text.isascii():
        return True
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return "\N{NO-BREAK SPACE}" not in text


@dataclass(frozen=True)
class Pen:
    """Draws lines in one font size. `latin` is the WinAnsi font's name in the file; other faces
    are /W and their number."""

    size: int
    faces: Faces
    latin: str = "A"
    _known: dict[str, Line] = field(default_factory=dict)

    @cached_property
    def select(self) -> bytes:
        return b"/%b %d Tf" % (self.latin.encode(), self.size)

    def line(self, text: str) -> Line:
        """A line in any script. Every character must be in `faces`, or join others."""
        if in_latin(text):
            return Line(b"(" + literal(text) + b")Tj", self.faces.measure(text))
        known = self._known.get(text)
        if known is None:
            if len(self._known) >= _KEPT:
                self._known.clear()
            drawn = self._shaped(text) if is_complex(text) else self._looked_up(text)
            self._known[text] = known = drawn
        return known

    def measure(self, text: str) -> int:
        return self.line(text).width if is_complex(text) else self.faces.measure(text)

    def _looked_up(self, text: str) -> Line:
        word = _look_up(self.faces, text, self.size)
        return Line(word.operators.encode() + self.select, word.width, word.glyphs)

    def _shaped(self, text: str) -> Line:
        words = [_word(self.faces, *word, self.size) for word in _words(self.faces, text)]
        return Line(
            " ".join(word.operators for word in words).encode() + self.select,
            sum(word.width for word in words),
            frozenset().union(*(word.glyphs for word in words)),
        )


class _Word(NamedTuple):
    operators: str
    width: int
    glyphs: frozenset[Glyph]


_KEPT: Final = 20_000
_ESCAPED: Final = re.compile(rb"[()\\]")
_COMPLEX_RANGES: Final = (
    (0x300, 0x36F), (0x483, 0x489), (0x590, 0x10FF), (0x1100, 0x11FF), (0x1700, 0x1CFF),
    (0x1DC0, 0x1DFF), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x20D0, 0x20FF),
    (0x302A, 0x302F), (0x3099, 0x309A), (0xA800, 0xABFF), (0xD7B0, 0xD7FF), (0xFB1D, 0xFDFF),
    (0xFE00, 0xFE0F), (0xFE20, 0xFE2F), (0xFE70, 0xFEFE), (0x10800, 0x10FFF), (0x11000, 0x11FFF),
    (0x1F1E6, 0x1F1FF), (0x1F3FB, 0x1F3FF), (0xE0000, 0xE01EF),
)  # fmt: skip
_COMPLEX: Final = re.compile(
    "[" + "".join(f"{chr(first)}-{chr(last)}" for first, last in _COMPLEX_RANGES) + "]"
)
_KOREAN: Final = re.compile("[\u1100-\u11ff\ua960-\ua97f\uac00-\ud7ff]")


def _words(faces: Faces, text: str) -> Iterator[tuple[int, str, bool]]:
    """Face and text of each word from left to right, and whether it is read backwards; spaces are
    words of their own."""
    runs = visual_runs(text) if has_right_to_left(text) else [(0, len(text), 0)]
    for start, end, level in runs:
        words = list(_words_of_run(faces, text[start:end]))
        for face, word in reversed(words) if level % 2 else words:
            yield face, word, bool(level % 2)


def _words_of_run(faces: Faces, run: str) -> Iterator[tuple[int, str]]:
    start = 0
    while start < len(run):
        face = faces.face.get(run[start], 0)
        end = start + 1
        while end < len(run) and _stays(faces, run[start], run[end], face):
            end += 1
        yield face, run[start:end]
        start = end


def _stays(faces: Faces, first: str, character: str, face: int) -> bool:
    """Whether a character belongs to the word; marks go with what they stand on."""
    if (first == " ") != (character == " "):
        return False
    if character in faces.joiners:
        return True
    if faces.face.get(character) == face:
        # HarfBuzz shapes a word as the script of its first letter, and only Korean has syllables.
        return face <= BOLD or (_KOREAN.match(first) is None) == (_KOREAN.match(character) is None)
    mark = category(character).startswith("M")
    return mark and faces.at(face).font.get_nominal_glyph(ord(character)) is not None


def _says(text: str) -> str:
    return f"/Span<</ActualText<FEFF{text.encode('utf-16-be').hex()}>>>BDC"


@lru_cache(maxsize=_KEPT)
def _word(faces: Faces, face: int, text: str, backwards: bool, size: int) -> _Word:
    if not is_complex(text):
        return _look_up(faces, text[::-1].translate(MIRRORED) if backwards else text, size)
    word = _shape(faces, face, text, backwards, size)
    operators = f"/W{face} {size} Tf {word.operators}"
    if not backwards:  # over a whole word that is read backwards it makes matters worse
        operators = f"{_says(text)}{operators} EMC"
    return word._replace(operators=operators)


def _look_up(faces: Faces, text: str, size: int) -> _Word:
    """Glyph after glyph, each its character's own."""
    # One table for all: with thousands of characters, finding each takes longer than what follows.
    drawn = list(map(faces.drawn.__getitem__, text))
    if faces.doubles and not faces.doubles.isdisjoint(text):
        strings = list(_shown_as_it_is(faces, text, drawn, size))
    else:
        strings = [
            f"/W{face} {size} Tf<{''.join([each.code for each in run])}>Tj"
            for face, run in groupby(drawn, _FACE)
        ]
    width = sum([each.width for each in drawn])
    return _Word(" ".join(strings), width, frozenset([each.noted for each in drawn]))


def _shown_as_it_is(faces: Faces, text: str, drawn: Iterable[Drawn], size: int) -> Iterator[str]:
    """Character after character, with a span around what readers would take for another."""
    for character, each in zip(text, drawn, strict=True):
        shown = f"/W{each.face} {size} Tf<{each.code}>Tj"
        yield f"{_says(character)}{shown} EMC" if character in faces.doubles else shown


_FACE: Final = attrgetter("face")


def _shape(faces: Faces, face: int, text: str, backwards: bool, size: int) -> _Word:
    buffer = uharfbuzz.Buffer()
    buffer.add_str(text)
    buffer.language = "und"  # otherwise that of the process, which may change letters' shapes
    buffer.guess_segment_properties()
    buffer.direction = "rtl" if backwards else "ltr"
    uharfbuzz.shape(faces.at(face).font, buffer)
    return _Shown(faces, face, text, size).word(buffer, backwards)


class _Shown:
    """The operators of a shaped word, glyph after glyph."""

    def __init__(self, faces: Faces, face: int, text: str, size: int) -> None:
        self._faces, self._number, self._face = faces, face, faces.at(face)
        self._text, self._size = text, size
        self._done: list[str] = []
        self._array = ""
        self._rise = 0
        self._glyphs: set[Glyph] = set()

    def word(self, buffer: Any, backwards: bool) -> _Word:
        clusters = [info.cluster for info in buffer.glyph_infos]
        texts = _cluster_texts(self._text, sorted(set(clusters)))
        width = 0
        for cluster, group in groupby(
            zip(buffer.glyph_infos, buffer.glyph_positions, strict=True),
            key=lambda pair: pair[0].cluster,
        ):
            glyphs = list(group)
            alone = len(glyphs) == 1 and clusters.count(cluster) == 1
            # Several glyphs for one cluster have no text each, so that the span has it.
            span = backwards and not alone
            if span:
                self._end_array()
                self._done.append(_says(texts[cluster]))
            for info, position in glyphs:
                self._show(info.codepoint, position, texts[cluster] if alone else "")
                width += position.x_advance
            if span:
                self._end_array()
                self._done.append("EMC")
        self._end_array()
        if self._rise:
            self._done.append("0 Ts")
        return _Word(" ".join(self._done), width, frozenset(self._glyphs))

    def _show(self, glyph: int, position: Any, text: str) -> None:
        if position.y_offset != self._rise:
            self._end_array()
            self._rise = position.y_offset
            self._done.append(f"{self._rise * self._size / 1000:g} Ts")
        if position.x_offset:
            self._array += f" {-position.x_offset} "
        self._array += f"<{self._face.code(glyph):04x}>"
        further = position.x_advance - self._face.advance(glyph) - position.x_offset
        if further:
            self._array += f" {-further} "
        self._glyphs.add(self._faces.meant(self._number, glyph, text))

    def _end_array(self) -> None:
        if self._array:
            self._done.append(f"[{self._array.replace('><', '')}]TJ")
            self._array = ""


def _cluster_texts(text: str, starts: list[int]) -> dict[int, str]:
    return {
        start: text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)
    }


def is_backwards(text: str) -> bool:
    """Whether a line is to stand at the right edge of its column."""
    return has_right_to_left(text) and base_level(text) == 1
