"""Lines of their own between rows: headers of groups, and totals. They are strips as rows are, in
dark grey, so that a reader tells them from rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from processors.renderers.pdf.faces import Glyph
from processors.renderers.pdf.furniture import strong
from processors.renderers.pdf.layout import CELL_PADDING, Layout
from processors.renderers.pdf.rows import line_start
from processors.renderers.pdf.shaping import Line, Pen
from processors.renderers.pdf.texts import cut, wrapped

INK: Final = b".25 g"


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """`content` is one line of bytes; `lines` is how many it takes on the page."""

    content: bytes
    lines: int
    glyphs: frozenset[Glyph]


@dataclass(frozen=True, slots=True)
class Placed:
    """A text on a line, from `left` on; `shift` is how far before that, in thousandths of the font
    size, and `scale` how wide it is drawn, in hundredths."""

    left: int
    line: Line
    shift: int = 0
    scale: int = 100


class Banners:
    """Draws them for one layout."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._start = line_start(layout.places[0])
        self._left = layout.places[0].left + CELL_PADDING
        self._right = layout.places[-1].left + layout.places[-1].width - CELL_PADDING
        self._pen = Pen(layout.font_size, layout.faces)

    def header(self, text: str, level: int) -> Iterable[Strip]:
        """As many lines as the text needs, in several strips if it is taller than a page."""
        left = self._left + (level - 1) * _INDENT
        lines = wrapped(text, self._room(left, self._right), self._pen)
        most = self._layout.most_lines
        for first in range(0, len(lines), most):
            yield self.strip([[self._put(left, line)] for line in lines[first : first + most]])

    def line(self, text: str, before: int | None = None) -> Placed:
        """What fits of it on one line, before a point of the page or its right edge."""
        room = self._room(self._left, self._right if before is None else before)
        return self._put(self._left, cut(text, room, self._pen))

    def number(self, text: str, column: int) -> Placed:
        """In its column, and narrower where it has no room: a number is never cut."""
        place = self._layout.places[column]
        line = strong(text, self._pen)
        scale = min(100, max(1, place.limit * 100 // max(1, line.width)))
        return Placed(line_start(place), line, line.width if place.right else 0, scale)

    def strip(self, lines: Sequence[Sequence[Placed]]) -> Strip:
        drawn, at = [INK], self._start
        for number, placed in enumerate(lines):
            if number:
                drawn.append(b"T*")
            for each in placed:
                drawn += _operators(each, each.left - at)
                at = each.left
        down = self._layout.row_height(len(lines)) - (len(lines) - 1) * self._layout.leading
        drawn.append(b"0 g %d %d Td\n" % (self._start - at, -down))
        glyphs = [each.line.glyphs for placed in lines for each in placed]
        return Strip(content=b" ".join(drawn), lines=len(lines), glyphs=frozenset().union(*glyphs))

    def _put(self, left: int, text: str) -> Placed:
        return Placed(left, strong(text.rstrip(" "), self._pen))

    def _room(self, left: int, right: int) -> int:
        return int((right - left) * 1000 // self._layout.font_size * _ROOM_FOR_BOLD)


_INDENT: Final = 10
_ROOM_FOR_BOLD: Final = 0.92


def _operators(placed: Placed, move: int) -> list[bytes]:
    narrow = placed.scale < 100
    return [
        b"%d 0 Td" % move,
        *([b"%d Tz" % placed.scale] if narrow else []),
        *([b"[%d]TJ" % placed.shift] if placed.shift else []),
        placed.line.operators,
        *([b"100 Tz"] if narrow else []),
    ]
