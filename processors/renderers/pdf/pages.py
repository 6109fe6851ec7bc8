"""Rows put on pages: how many go on each, and what a page then draws."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from itertools import accumulate, pairwise

from domain.formats import PdfOptions
from processors.renderers.pdf.furniture import page_number, rgb
from processors.renderers.pdf.layout import Layout
from processors.renderers.pdf.rows import GOES_ON, line_start


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
        return b"".join(
            [
                b"/H Do\n",
                self._stripes_at(lower) if self._stripes else b"",
                self._rules_at(lower[1:], lines),
                self._begin,
                strips,
                b"ET\n",
                page_number(number, pages, layout),
            ]
        )

    def _rules_at(self, heights: list[int], lines: array[int]) -> bytes:
        """A rule below each row that ends on the page."""
        return b".4 w .75 G %bS\n" % b"".join(
            [
                b"%d %d m %d %d l " % (self._left, height, self._right, height)
                for height, count in zip(heights, lines, strict=True)
                if not count & GOES_ON
            ]
        )

    def _stripes_at(self, edges: list[int]) -> bytes:
        """Behind every other row of the page."""
        width = self._right - self._left
        boxes = [
            b"%d %d %d %d re " % (self._left, lower, width, upper - lower)
            for upper, lower in zip(edges[1::2], edges[2::2], strict=False)
        ]
        return b"%b rg %bf\n" % (self._tint, b"".join(boxes)) if boxes else b""


def _tinted(colour: str) -> bytes:
    """The colour, so light that text is read on it."""
    parts = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    light = [255 - (255 - part) // 12 for part in parts]
    return rgb("#" + "".join(f"{part:02x}" for part in light))
