"""Texts made ready to draw: without what has no shape, in lines that fit their column."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache
from itertools import accumulate
from typing import Final

from domain.format_options import Unencodable
from processors.renderers.frames import Reason
from processors.renderers.pdf.faces import ELLIPSIS, MISSING_SIGN, Faces, shipped_faces
from processors.renderers.pdf.line_breaks import breaks_anywhere, line_end, unbroken
from processors.renderers.pdf.shaping import Pen, is_complex
from processors.renderers.values import CellRefused


def drawable(text: str, on_missing: Unencodable, faces: Faces) -> str:
    """The text with line feeds as its only control characters, and nothing that has no glyph.

    Raises `FontsChanged`, and `CellRefused` for NUL and for a character without a glyph unless it
    is replaced."""
    if _ordinary().fullmatch(text):
        return text
    if "\0" in text:
        raise CellRefused(Reason.NUL_CHARACTER)
    if not _NOT_AS_IT_IS.isdisjoint(text):
        text = _LINE_END.sub("\n", text).translate(_WITHOUT_SHAPE)
    missing = faces.lacking(text)
    missing.discard("\n")
    if not missing:
        return text
    if on_missing is Unencodable.REJECT:
        raise CellRefused(Reason.NO_GLYPH)
    return text.translate(dict.fromkeys(map(ord, missing), MISSING_SIGN))


def cut(text: str, limit: int, pen: Pen) -> str:
    """As much of a line as the limit (in thousandths of the font size) allows; what is cut off
    leaves an ellipsis."""
    if pen.measure(text) <= limit:
        return text
    room = limit - pen.measure(ELLIPSIS)
    end = _fitting_complex(text, room, pen) if is_complex(text) else _fitting(text, room, pen)
    return text[:end].rstrip() + ELLIPSIS


def wrapped(text: str, limit: int, pen: Pen) -> list[str]:
    """The text as lines within the limit, broken after spaces and hyphens, between characters of
    scripts without spaces, and within a word only where it is longer than a line. The lines
    together are the text without its line feeds."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        fill = _filled_complex if is_complex(paragraph) else _filled
        lines += fill(paragraph, limit, pen)
    return lines


def first_lines(text: str, limit: int, pen: Pen, most: int) -> list[str]:
    """So many lines at most; the last ends in an ellipsis where more would follow."""
    lines = [line.rstrip(" ") for line in wrapped(text, limit, pen)]
    kept = lines[:most]
    if len(lines) > most:
        kept[-1] = cut(f"{kept[-1]} {lines[most]}", limit, pen)
    return kept


_LINE_ENDS: Final = "\n\r\v\f\x85\u2028\u2029"
_LINE_END: Final = re.compile(f"\r\n|[{_LINE_ENDS}]")
_INVISIBLE: Final = (
    0x61C,
    *range(0xFFF9, 0xFFFC),
    *range(0xE0000, 0xE0080),
    0xAD,
    0x200B,
    0x200E,
    0x200F,
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2070),
    0xFEFF,
)
_WITHOUT_SHAPE: Final = {**dict.fromkeys(_INVISIBLE, None), ord("\t"): " "}
_NOT_AS_IT_IS: Final = frozenset(_LINE_ENDS).union(map(chr, _WITHOUT_SHAPE))
_BREAK_AFTER: Final = re.compile(r"[^ -]{0,200}[ -]{1,200}|[^ -]{1,200}")
_NARROWEST: Final = 60
"""More characters than a room has of these are not tried, or a huge cell would take minutes."""


@cache
def _ordinary() -> re.Pattern[str]:
    """Texts in which there is nothing to do, as most are."""
    characters = "".join(shipped_faces().face.keys() - _NOT_AS_IT_IS)
    return re.compile(f"[{re.escape(characters)}]*")


def _filled(text: str, limit: int, pen: Pen) -> Iterator[str]:
    last = line_end if _breaks_anywhere(text, pen) else _word_end
    ends = list(accumulate(map(pen.faces.width.__getitem__, text), initial=0))
    start = 0
    while True:
        end = bisect_right(ends, ends[start] + limit) - 1
        if end >= len(text):
            yield text[start:]
            return
        end = last(text, start, end)
        yield text[start:end]
        start = end


def _word_end(text: str, start: int, end: int) -> int:
    """See `line_end`."""
    after = max(text.rfind(" ", start, end + 1), text.rfind("-", start, end)) + 1
    return after if after > start else max(end, start + 1)


def _breaks_anywhere(text: str, pen: Pen) -> bool:
    """The few such characters that the shipped faces have, as emoji, are no text."""
    return bool(pen.faces.fonts) and breaks_anywhere(text)


def _filled_complex(text: str, limit: int, pen: Pen) -> Iterator[str]:
    line, width = "", 0
    words = unbroken(text) if _breaks_anywhere(text, pen) else _BREAK_AFTER.findall(text)
    for word in words:
        needed = pen.measure(word.rstrip(" "))
        if line and width + needed > limit:
            yield line
            line, width = "", 0
        while needed > limit and len(word) > 1:
            end = max(1, _fitting_complex(word, limit, pen))
            yield word[:end]
            word = word[end:]
            needed = pen.measure(word.rstrip(" "))
        line += word
        width += pen.measure(word)
    yield line


def _fitting(text: str, room: int, pen: Pen) -> int:
    """How many characters fit."""
    ends = list(accumulate(map(pen.faces.width.__getitem__, text), initial=0))
    return max(0, bisect_right(ends, room) - 1)


def _fitting_complex(text: str, room: int, pen: Pen) -> int:
    """The same for shaped text: halving, as its width grows with every character but roughly."""
    fits, too_long = 0, min(len(text), room // _NARROWEST + 2)
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        if pen.measure(text[:middle]) <= room:
            fits = middle
        else:
            too_long = middle
    return fits
