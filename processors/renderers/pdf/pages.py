"""Rows put on pages: how many go on each, and what a page then draws."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from itertools import accumulate, pairwise

from domain.formats import PdfOptions
from processors.renderers.pdf.furniture import page_number, rgb
from processors.renderers.pdf.layout import Layout
from processors.renderers.pdf.marks import GOES_ON
from processors.renderers.pdf.rows import line_start


def page_starts(lines: array[int], layout: Layout) -> array[int]:
    """The first strip of each page, and the end of the last; a page without rows if there are
    none at all."""
    room = layout.top - layout.bottom
    heights = {count: layout.row_height(count & ~GOES_ON) for count in set(lines)}
    starts, left = array("Q", [0]), room
    for strip, count in enumerate(lines):
        height = heights[count]
        if height > left:
            starts.append(strip)
            left = room
        left -= height
    starts.append(len(lines))
    return starts


def by_page(strips: Iterable[bytes], starts: array[int]) -> Iterator[bytes]:
    """The strips of each page, joined."""
    source = iter(strips)
    for start, end in pairwise(starts):
        yield b"".join([next(source) for _ in range(end - start)])


class Pages:
    """Draws pages."""

    def __init__(self, layout: Layout, options: PdfOptions) -> None:
        self._layout = layout
        self._stripes = options.stripes
        last = layout.places[-1]
        self._left, self._right = layout.margin, last.left + last.width
        self._tint = _tinted(options.colour)
        start = line_start(layout.places[0])
        self._begin = b"BT 0 g /A %d Tf %d TL %d %d Td\n" % (
            *(layout.font_size, layout.leading),
            *(start, layout.top - layout.first_baseline),
        )

    def content(self, strips: bytes, lines: array[int], number: int, pages: int) -> bytes:
        layout = self._layout
        heights = [layout.row_height(count & ~GOES_ON) for count in lines]
        lower = list(accumulate(heights, lambda at, height: at - height, initial=layout.top))
        ends = [
            height for height, count in zip(lower[1:], lines, strict=True) if not count & GOES_ON
        ]
        striped = zip(lower[1::2], lower[2::2], strict=False) if self._stripes else ()
        return self.drawn(strips, self.tinted(striped), ends, number, pages)

    def drawn(
        self, strips: bytes, behind: bytes, ends: Iterable[int], number: int, pages: int
    ) -> bytes:
        """A page of these strips, with a rule at the end of each row."""
        return b"".join(
            [
                b"/H Do\n",
                behind,
                self._rules_at(ends),
                self._begin,
                strips,
                b"ET\n",
                page_number(number, pages, self._layout),
            ]
        )

    def tinted(self, boxes: Iterable[tuple[int, int]]) -> bytes:
        """The upper and lower edges of what is on a tint of the colour."""
        width = self._right - self._left
        drawn = [
            b"%d %d %d %d re " % (self._left, lower, width, upper - lower) for upper, lower in boxes
        ]
        return b"%b rg %bf\n" % (self._tint, b"".join(drawn)) if drawn else b""

    def lined(self, heights: Iterable[int]) -> bytes:
        """Dark lines at these heights; filled, so that a reader doesn't take them for rules."""
        width = self._right - self._left
        drawn = [b"%d %d %d .6 re " % (self._left, height, width) for height in heights]
        return b".5 g %bf\n" % b"".join(drawn) if drawn else b""

    def _rules_at(self, heights: Iterable[int]) -> bytes:
        return b".4 w .75 G %bS\n" % b"".join(
            [b"%d %d m %d %d l " % (self._left, height, self._right, height) for height in heights]
        )


def _tinted(colour: str) -> bytes:
    """The colour, so light that text is read on it."""
    parts = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    light = [255 - (255 - part) // 12 for part in parts]
    return rgb("#" + "".join(f"{part:02x}" for part in light))
