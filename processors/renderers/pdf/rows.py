"""Rows as strips: each row's operators with relative moves only, from the left end of its first
line to that of the row below, one row a line of bytes. So a strip can be put on any page, and the
same rows give the same strips in whatever chunks they come."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from domain.formats import PdfOptions
from processors.renderers.frames import Column
from processors.renderers.pdf.columns import ColumnPen, Drawn
from processors.renderers.pdf.faces import Glyph
from processors.renderers.pdf.layout import CELL_PADDING, Layout, Place, has_column
from processors.renderers.pdf.marks import GOES_ON


class RowPens:
    """What rows are drawn with; made once a plan."""

    def __init__(self, columns: tuple[Column, ...], layout: Layout, options: PdfOptions) -> None:
        self.fields = tuple(column.name for column in columns)
        self.layout = layout
        shown = [number for number, each in enumerate(columns) if has_column(each, options)]
        self.by_number = {
            number: ColumnPen(columns[number], place, layout, options)
            for number, place in zip(shown, layout.places, strict=True)
        }
        pens = self.by_number.values()
        starts = [line_start(place) for place in layout.places]
        moves = [b" %d 0 Td" % (b - a) for a, b in pairwise(starts)]
        openings = [pen.opening for pen in pens]
        closings = [pen.closing for pen in pens]
        self.first = openings[0]
        self.between = [
            closing + move + opening
            for closing, move, opening in zip(closings, moves, openings[1:], strict=False)
        ]
        self._last, self._back = closings[-1], starts[0] - starts[-1]

    def end(self, lines: int) -> bytes:
        """What ends a strip."""
        return b"%b %d %d Td\n" % (self._last, self._back, -self.layout.row_height(lines))


class PdfRows:
    """Writes the rows of one fragment, and notes their heights and glyphs."""

    compiled = None

    def __init__(self, pens: RowPens) -> None:
        self._pens = pens
        self.fields = pens.fields
        self.lines = array("I")
        self.glyphs: set[Glyph] = set()

    def write(self, flat: list[bytes]) -> bytes:
        width = len(self.fields)
        drawn = [pen.draw(flat[number::width]) for number, pen in self._pens.by_number.items()]
        lines = _lines(drawn, len(flat) // width)
        content = self._joined(drawn, lines, flat)
        self.glyphs.update(*(column.glyphs for column in drawn))
        return content

    def try_cell(self, column: int, cell: bytes) -> None:
        self._pens.by_number[column].draw([cell])

    def _joined(self, drawn: list[Drawn], lines: array[int], flat: list[bytes]) -> bytes:
        """A cell and what follows it by turns."""
        pens, rows, width = self._pens, len(lines), len(drawn)
        end = pens.end(1)
        pieces = [b""] * (2 * width * rows)
        for number, column in enumerate(drawn):
            pieces[2 * number :: 2 * width] = column.cells
        for number, between in enumerate(pens.between):
            pieces[2 * number + 1 :: 2 * width] = [between] * rows
        follows = [end if count == 1 else pens.end(count) for count in lines]
        pieces[2 * width - 1 :: 2 * width] = [each + pens.first for each in follows]
        most = pens.layout.most_lines
        if max(lines, default=0) <= most:
            self.lines += lines
            return pens.first + b"".join(pieces)[: -len(pens.first)] if rows else b""
        return b"".join(
            self._row(self._cells(drawn, row, flat), count, most) for row, count in enumerate(lines)
        )

    def _cells(self, drawn: list[Drawn], row: int, flat: list[bytes]) -> list[_Cell]:
        start = row * len(self.fields)
        return [
            _Cell(
                pen,
                column.cells[row],
                pen.lines(flat[start + number]) if row in column.tall else (),
            )
            for column, (number, pen) in zip(drawn, self._pens.by_number.items(), strict=True)
        ]

    def _row(self, row: list[_Cell], lines: int, most: int) -> bytes:
        """A row alone, in as many strips as it needs pages."""
        pens = self._pens
        strips = []
        for start in range(0, lines, most):
            count = min(most, lines - start)
            cells = [cell.cut(start, start + count) for cell in row]
            strips.append(
                pens.first + b"".join(_alternate(cells, [*pens.between, pens.end(count)]))
            )
            self.lines.append(count | (GOES_ON if start + count < lines else 0))
        return b"".join(strips)


class _Cell(NamedTuple):
    """A cell of a row alone; `lines` if it has several."""

    pen: ColumnPen
    drawn: bytes
    lines: Sequence[bytes]

    def cut(self, start: int, end: int) -> bytes:
        if not self.lines:
            return self.drawn if start == 0 else self.pen.empty
        lines = self.lines[start:end]
        return self.pen.between(lines) if lines else self.pen.empty


def line_start(place: Place) -> int:
    """Where the lines of a column begin."""
    return place.left + (place.width - CELL_PADDING if place.right else CELL_PADDING)


def _lines(drawn: list[Drawn], rows: int) -> array[int]:
    """How many lines each row has."""
    lines = array("I", [1]) * rows
    for column in drawn:
        for row, several in column.tall.items():
            lines[row] = max(lines[row], several)
    return lines


def _alternate(cells: list[bytes], follows: list[bytes]) -> Iterator[bytes]:
    for cell, following in zip(cells, follows, strict=True):
        yield cell
        yield following
