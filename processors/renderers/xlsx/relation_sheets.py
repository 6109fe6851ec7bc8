"""Rows of relations beside those that they belong to: a part has the first sheet's rows, and behind
them those of each relation, piece by piece."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from domain.json_shapes import EMPTY
from domain.xlsx_options import XlsxOptions
from processors.renderers.fragments import Rows
from processors.renderers.frames import Made, Verbatim
from processors.renderers.values import Cells
from processors.renderers.xlsx.beside import Beside, Rowed
from processors.renderers.xlsx.design import number_formats
from processors.renderers.xlsx.nested_rows import MOST_ROWS, NestedRows, Relation
from processors.renderers.xlsx.notes import LOOKED_AT, widths_of_cells
from processors.renderers.xlsx.rows import Styles, XlsxRows
from processors.renderers.xlsx.shown import Measure, measures
from processors.renderers.zipped import Piece, Stream

SHEET_ROWS: Final = 1_048_575
"""Below a header."""


def relation_options(options: XlsxOptions) -> XlsxOptions:
    """For a relation's sheet: without what is the first one's alone."""
    return replace(options, formulas=EMPTY, links=EMPTY, freeze_columns=0)


class Placed(NamedTuple):
    """A piece, where it is in its part."""

    part: int
    start: int
    rowed: Rowed

    def verbatim(self, made: Sequence[Made]) -> Verbatim:
        left = made[self.part].size - self.start - self.rowed.piece.stored
        return Verbatim(first=self.part, last=self.part + 1, skipped=self.start, left=left)


def sheets_of(placed: Iterator[Placed]) -> Iterator[list[Placed]]:
    """As many rows on each as it has room for; one at least."""
    sheet: list[Placed] = []
    rows = 0
    for each in placed:
        if sheet and rows + each.rowed.rows > SHEET_ROWS:
            yield sheet
            sheet, rows = [], 0
        sheet.append(each)
        rows += each.rowed.rows
    yield sheet


class RelationWriter:
    """Writes rows of one relation, for every fragment."""

    def __init__(self, relation: Relation, options: XlsxOptions, styles: tuple[int, ...]) -> None:
        self._nested = NestedRows(relation)
        self.measures = measures(relation.columns, number_formats(relation.columns, options))
        self._rows = XlsxRows(
            relation.columns, relation_options(options), Styles(columns=styles, links={})
        )
        self.at = relation.at
        self.width = len(relation.columns)

    def written(self, columns: Sequence[Cells]) -> _Written:
        """Those that belong to some rows, given the columns of these."""
        return self._written(self._nested.flat(columns))

    def try_cell(self, cell: bytes) -> None:
        self._written(self._nested.of_one(cell))

    def _written(self, flat: list[bytes]) -> _Written:
        first = flat[: LOOKED_AT * self.width]
        rows = len(flat) // self.width
        return _Written(first, self._rows.write(flat) if rows else b"", rows)


class RowsWithRelations:
    """Writes rows as `rows` does, which has no relations, and theirs beside them. For one
    fragment."""

    compiled = None

    def __init__(
        self, fields: tuple[str, ...], rows: Rows, writers: Sequence[RelationWriter]
    ) -> None:
        self.fields = fields
        self._rows = rows
        self._writers = {writer.at: writer for writer in writers}
        self._own = [at for at in range(len(fields)) if at not in self._writers]
        self._beside = [_Pieces(writer.measures) for writer in writers]

    def write(self, flat: list[bytes]) -> bytes:
        width = len(self.fields)
        columns = [flat[at::width] for at in range(width)]
        written = [writer.written(columns) for writer in self._writers.values()]
        own = [b""] * (len(columns[0]) * len(self._own))
        for number, at in enumerate(self._own):
            own[number :: len(self._own)] = columns[at]
        content = self._rows.write(own)
        for pieces, each in zip(self._beside, written, strict=True):  # now none is refused any more
            pieces.add(each)
        return content

    def try_cell(self, column: int, cell: bytes) -> None:
        writer = self._writers.get(column)
        if writer is not None:
            writer.try_cell(cell)
        else:
            self._rows.try_cell(self._own.index(column), cell)

    def end(self) -> tuple[bytes, list[Beside]]:
        """Their data, one relation's behind the other's."""
        ended = [pieces.end() for pieces in self._beside]
        return b"".join(data for data, _ in ended), [beside for _, beside in ended]


class _Written(NamedTuple):
    """`first` are the cells of the first rows, as COPY text."""

    first: Cells
    content: bytes
    rows: int


class _Pieces:
    """A relation's rows so far, in pieces that a sheet has room for."""

    def __init__(self, measures: Sequence[Measure]) -> None:
        self._measures = measures
        self._looked_at: Cells = []
        self._data: list[bytes] = []
        self._pieces: list[Rowed] = []
        self._stream, self._rows = Stream(), 0

    def add(self, written: _Written) -> None:
        if self._rows and self._rows + written.rows > MOST_ROWS:
            self._end_piece()
        self._looked_at += written.first[: LOOKED_AT * len(self._measures) - len(self._looked_at)]
        self._stream.add(written.content)
        self._rows += written.rows

    def end(self) -> tuple[bytes, Beside]:
        if self._rows:
            self._end_piece()
        widths = widths_of_cells(self._looked_at, self._measures)
        return b"".join(self._data), Beside(widths=widths, pieces=tuple(self._pieces))

    def _end_piece(self) -> None:
        data = self._stream.end()
        piece = Piece(len(data), self._stream.size, self._stream.crc)
        self._data.append(data)
        self._pieces.append(Rowed(piece, self._rows))
        self._stream, self._rows = Stream(), 0
