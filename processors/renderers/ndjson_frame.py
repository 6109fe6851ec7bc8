"""NDJSON: one JSON object a line, its members named and ordered as the plan's columns."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import ClassVar

from domain.format_options import NdjsonOptions, Nulls
from domain.ports import Fragment
from processors.renderers.compiled import compiled
from processors.renderers.compression import compress
from processors.renderers.copy_text import NULL
from processors.renderers.fragments import render
from processors.renderers.frames import Column, Part, RenderPlan, TextFrame, Totals
from processors.renderers.json_types import column_writer, compilable
from processors.renderers.row_templates import Slot, rows_of
from processors.renderers.values import Cells


class NdjsonFrame(TextFrame):
    """An NDJSON plan made ready."""

    def __init__(self, plan: RenderPlan, options: NdjsonOptions) -> None:
        self._compression = plan.spec.compression
        self._rows = NdjsonRows(plan.columns, options)

    def head(self) -> bytes:
        return compress(self._compression, b"")

    def render(self, fragment: Fragment) -> Part:
        return render(self._rows, fragment, self._compression)

    def tail(self, totals: Totals) -> bytes:
        return b""


class NdjsonRows:
    """How NDJSON writes rows."""

    start: ClassVar[bytes] = b"{"
    end: ClassVar[bytes] = b"}\n"

    def __init__(self, columns: tuple[Column, ...], options: NdjsonOptions) -> None:
        self.fields = tuple(column.name for column in columns)
        names = [_name(column.name) for column in columns]
        self._keys = [b"," + name for name in names]
        self._writers = [column_writer(column, options) for column in columns]
        self._omit = options.nulls is Nulls.OMIT
        self.compiled = compiled(
            [
                compilable(column, options, name)
                for column, name in zip(columns, names, strict=True)
            ],
            start=self.start,
            between=b",",
            end=self.end,
        )

    def write(self, flat: list[bytes]) -> bytes:
        width = len(self.fields)
        members = [self._member(number, flat[number::width]) for number in range(width)]
        first = members[0]
        members[0] = replace(first, before=first.before.removeprefix(b","))
        content = rows_of(members, flat, self.start, self.end)
        return content if first.before else _without_first_commas(content)

    def try_cell(self, column: int, cell: bytes) -> None:
        self._writers[column]([cell])

    def _member(self, number: int, column: Cells) -> Slot:
        """With a comma in front of the name."""
        cells, bare = self._writers[number](column)
        before, after = (self._keys[number] + b'"', b'"') if bare else (self._keys[number], b"")
        if self._omit and NULL in column:
            return Slot(_without_nulls(column, cells, before, after), b"", b"")
        return Slot(cells, before, after)


def _name(name: str) -> bytes:
    return json.dumps(name, ensure_ascii=False).encode() + b":"


def _without_nulls(column: Cells, cells: Cells, before: bytes, after: bytes) -> Cells:
    return [
        b"" if source == NULL else before + cell + after
        for source, cell in zip(column, cells, strict=True)
    ]


def _without_first_commas(content: bytes) -> bytes:
    # Raw line breaks are between rows only, so that this can't be within a value.
    return (b"\n" + content).replace(b"\n{,", b"\n{")[1:]
