"""Rows with what stands around them: where groups begin, the totals of each stretch of rows, links.
What a fragment can't know - whether its first group began before it, what the rest of its last one
comes to - is decided when the file is put together."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator
from typing import NamedTuple

from domain.datasets import FieldType
from domain.formats import PdfOptions
from domain.pdf_options import Total
from processors.renderers.frames import Column
from processors.renderers.pdf.faces import Glyph
from processors.renderers.pdf.group_pens import GroupPens, Run
from processors.renderers.pdf.links import Linked, addresses
from processors.renderers.pdf.marks import GOES_ON, Key, Kind, entry, in_common
from processors.renderers.pdf.rows import PdfRows, RowPens
from processors.renderers.pdf.tallies import Tally


class Totalled(NamedTuple):
    """A field with totals: its place in a row."""

    number: int
    type: FieldType
    wanted: tuple[Total, ...]


def totalled(columns: tuple[Column, ...], options: PdfOptions) -> list[Totalled]:
    """In the order of the columns."""
    wanted = dict(options.totals)
    return [
        Totalled(number, column.type, wanted[column.name])
        for number, column in enumerate(columns)
        if column.name in wanted
    ]


class ReportParts(NamedTuple):
    """What rows are looked at for, beside being drawn."""

    groups: GroupPens
    totals: list[Totalled]
    links: list[Linked]


class _Inserted(NamedTuple):
    """Entries before a row, and their data."""

    row: int
    entries: list[int]
    data: list[bytes]


class ReportRows:
    """Writes the rows of one fragment; `finish` must be called behind the last."""

    compiled = None

    def __init__(self, pens: RowPens, parts: ReportParts) -> None:
        self._rows = PdfRows(pens)
        self._groups, self._totals, self._links = parts
        self._width = len(pens.fields)
        self.fields = pens.fields
        self.entries = array("I")
        self.glyphs: set[Glyph] = self._rows.glyphs
        self.first: Key | None = None
        self.last: Key | None = None
        self._tallies: list[Tally] = []
        self._count = 0

    def write(self, flat: list[bytes]) -> bytes:
        runs = self._groups.runs(flat)
        content = self._rows.write(flat)
        entries = array("I", self._rows.lines)
        del self._rows.lines[:]
        # The links of a row stand before what begins below it, as sorting keeps their order.
        inserted = sorted([*self._linked(flat), *self._marks(runs, flat)], key=_row)
        if not inserted:
            self.entries += entries
            return content
        return self._interleaved(content, entries, inserted)

    def try_cell(self, column: int, cell: bytes) -> None:
        if column in self._groups.numbers:
            self._groups.try_cell(column, cell)
        else:
            self._rows.try_cell(column, cell)

    def finish(self) -> bytes:
        """What is behind the last row."""
        ended = self._ended()
        self.entries.extend(ended.entries)
        return b"".join(ended.data)

    def _marks(self, runs: list[Run], flat: list[bytes]) -> Iterator[_Inserted]:
        rows = len(flat) // self._width
        ends = [run.first for run in runs[1:]] + [rows]
        columns = [flat[each.number :: self._width] for each in self._totals]
        for run, end in zip(runs, ends, strict=True):
            if run.key != self.last:
                yield self._ended(run.first)
                yield self._begun(run)
            self._count += end - run.first
            for tally, column, each in zip(self._tallies, columns, self._totals, strict=True):
                tally.merge(Tally.of(column[run.first : end], each.type, each.wanted))

    def _linked(self, flat: list[bytes]) -> Iterator[_Inserted]:
        for each in self._links:
            for row, uri in addresses(flat[each.number :: self._width]):
                yield _Inserted(row + 1, [entry(Kind.LINK)], [_json([each.at, uri])])

    def _begun(self, run: Run) -> _Inserted:
        common = 0 if self.last is None else in_common(self.last, run.key)
        headers = list(self._groups.headers(run.key, common))
        self.glyphs.update(*(strip.glyphs for _, strip in headers))
        self.first = run.key if self.first is None else self.first
        self.last = run.key
        self._count, self._tallies = 0, [Tally() for _ in self._totals]
        return _Inserted(
            run.first,
            [
                entry(Kind.BEGIN, common),
                *(entry(Kind.HEADER, level, strip.lines) for level, strip in headers),
            ],
            [_json(run.key), *(strip.content for _, strip in headers)],
        )

    def _ended(self, row: int = 0) -> _Inserted:
        if not self._count or not self._totals:
            return _Inserted(row, [], [])
        parts = [self._count, *(tally.parts() for tally in self._tallies)]
        return _Inserted(row, [entry(Kind.END)], [_json(parts)])

    def _interleaved(self, content: bytes, rows: array[int], inserted: list[_Inserted]) -> bytes:
        strips = content.splitlines(keepends=True)
        starts = _starts(rows)
        pieces: list[bytes] = []
        at = 0
        for each in inserted:
            upto = starts[each.row]
            pieces += strips[at:upto]
            self.entries += rows[at:upto]
            pieces += each.data
            self.entries.extend(each.entries)
            at = upto
        self.entries += rows[at:]
        return b"".join([*pieces, *strips[at:]])


def _starts(entries: array[int]) -> list[int]:
    """Where each row begins among the strips, as tall rows have several."""
    return [0, *(number for number, each in enumerate(entries, 1) if not each & GOES_ON)]


def _row(inserted: _Inserted) -> int:
    return inserted.row


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"
