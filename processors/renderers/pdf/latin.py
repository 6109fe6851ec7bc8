"""The fast way for texts in PDF's own Latin encoding, which most values are: a byte a character,
measured by its table. Widths here are in 250ths of the font size and rounded up: so each fits in a
byte, and a line is never wider than its column."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, pairwise
from typing import Final

from processors.renderers.copy_text import TAB
from processors.renderers.pdf.faces import ELLIPSIS, shipped_faces

PLAIN: Final = bytes(byte for byte in range(32, 127) if byte not in b"()\\")
"""What stands for itself in a string of a PDF, in ASCII."""


def plain_shapes(cells: list[bytes]) -> list[bytes]:
    """The shapes of UTF-8 cells: one for all texts whose characters have the same widths and that
    break at the same places. In those of texts that aren't plain is `NOT_PLAIN`."""
    shapes = TAB.join(cells).translate(_tables().plain_shapes)
    if shapes.count(TAB) == len(cells) - 1:
        return shapes.split(TAB)
    return [cell.translate(_tables().plain_shapes).replace(TAB, NOT_PLAIN) for cell in cells]


def latin(cell: bytes) -> bytes | None:
    """The UTF-8 cell in WinAnsi; None if that has a character that isn't there, or needs care."""
    if cell.isascii():
        return None
    text = cell.decode()
    return text.encode("cp1252") if _tables().latin.fullmatch(text) else None


def latin_shape(text: bytes) -> bytes:
    """The shape of a text in WinAnsi."""
    return text.translate(_tables().shapes)


NOT_PLAIN: Final = b"\0"


class LatinLines:
    """The lines of texts in a column of a width, by their shapes: most columns have few, as all
    digits are of one width. `fitting` are some of those of one line that isn't cut."""

    def __init__(self, room: int, *, cut: bool) -> None:
        self._room, self._cut = room, cut
        self._ends: dict[bytes, tuple[int, ...]] = {}
        self.fitting: set[bytes] = set()

    def of(self, text: bytes, shape: bytes) -> list[bytes]:
        """Broken after spaces and hyphens where they can be; or as much of one line as fits, with
        an ellipsis where something is cut off."""
        ends = self._ends.get(shape) or self._measured(shape)
        if self._cut:
            fits = text[: ends[1]]
            return [fits if len(fits) == len(text) else fits.rstrip(b" ") + _ELLIPSIS]
        return [text[start:end] for start, end in pairwise(ends)]

    def _measured(self, shape: bytes) -> tuple[int, ...]:
        """The first are kept: values without a common shape, as identifiers, aren't worth more."""
        ends = tuple(_cut(shape, self._room) if self._cut else _wrapped(shape, self._room))
        if len(shape) <= _SHORT and len(self._ends) < _KEPT:
            self._ends[shape] = ends
            if ends == (0, len(shape)):
                self.fitting.add(shape)
        return ends


def _cut(shape: bytes, room: int) -> list[int]:
    ends = list(accumulate(_widths(shape[: room // _NARROWEST + 1]), initial=0))
    if ends[-1] <= room:
        return [0, len(shape)]
    return [0, bisect_right(ends, room - _tables().ellipsis) - 1]


def _wrapped(shape: bytes, room: int) -> list[int]:
    """Where its lines begin, and the end of the last."""
    ends = list(accumulate(_widths(shape), initial=0))
    starts = [0]
    while True:
        start = starts[-1]
        end = bisect_right(ends, ends[start] + room, start) - 1
        if end >= len(shape):
            return [*starts, len(shape)]
        after = max(shape.rfind(_SPACE, start, end + 1), shape.rfind(_HYPHEN, start, end)) + 1
        starts.append(after if after > start else max(end, start + 1))


def _widths(shape: bytes) -> bytes:
    return shape.translate(_tables().widths)


COARSER: Final = 4
"""How many of the other widths go into one of these."""


@dataclass(frozen=True, slots=True)
class _Tables:
    """`shapes` has a character's width, but where lines break what stands for it; `widths` has the
    width of what `shapes` has."""

    shapes: bytes
    plain_shapes: bytes
    widths: bytes
    ellipsis: int
    latin: re.Pattern[str]


@cache
def _tables() -> _Tables:
    """Of the characters that can be measured so; `‰` is too wide."""
    decoded = {byte: bytes([byte]).decode("cp1252", "ignore") for byte in range(32, 256)}
    printed = {byte: each for byte, each in decoded.items() if each and each.isprintable()}
    width = {byte: -(-shipped_faces().width[each] // COARSER) for byte, each in printed.items()}
    known = {byte: each for byte, each in width.items() if each < 256}
    breaks = {_SPACE: known[ord(" ")], _HYPHEN: known[ord("-")]}
    shape = [{**known, **_BREAKS}.get(byte, 0) for byte in range(256)]
    plain = bytes(known).translate(None, b"()\\").decode("cp1252")
    return _Tables(
        shapes=bytes(shape),
        plain_shapes=bytes(shape[byte] if byte in PLAIN + TAB else 0 for byte in range(256)),
        widths=bytes(breaks.get(width, width) for width in range(256)),
        ellipsis=known[_ELLIPSIS[0]],
        latin=re.compile(f"[{re.escape(plain)}]*"),
    )


_ELLIPSIS: Final = ELLIPSIS.encode("cp1252")
_NARROWEST: Final = 50
"""Of the characters that show."""
_SPACE: Final = 1
_HYPHEN: Final = 2
_BREAKS: Final = {ord(" "): _SPACE, ord("-"): _HYPHEN, TAB[0]: TAB[0]}
_SHORT: Final = 200
_KEPT: Final = 5_000
