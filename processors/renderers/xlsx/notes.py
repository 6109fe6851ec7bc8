"""What the workbook must know of a fragment beside its rows: the sum that a zip wants, how wide its
columns look, and what they come to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from processors.renderers.values import Cells
from processors.renderers.xlsx.beside import Beside, beside_from_json
from processors.renderers.xlsx.figures import Figures, figures_from_json
from processors.renderers.xlsx.shown import Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """`size` and `crc` are of the rows before deflation; `widths` are in characters, by column.
    `figures` are there if there is a summary, until the note is written: see `figures_of`. `beside`
    has a value for each relation with a sheet of its own. `sheet` tells the datasets of a workbook
    apart: the first one is 0."""

    size: int
    crc: int
    widths: tuple[int, ...]
    figures: Figures | None = None
    beside: tuple[Beside, ...] = ()
    sheet: int = 0

    def to_bytes(self) -> bytes:
        said: list[Any] = [self.size, self.crc, self.widths]
        if self.figures is not None or self.beside or self.sheet:
            said.append(None if self.figures is None else self.figures.to_json())
        if self.beside or self.sheet:
            said.append([each.to_json() for each in self.beside])
        if self.sheet:
            said.append(self.sheet)
        return json.dumps(said, separators=(",", ":")).encode()


def note_from_bytes(note: bytes) -> Note:
    """But for its figures: the notes of a huge file are all kept at once."""
    size, crc, widths, *more = json.loads(note)
    beside = tuple(beside_from_json(each) for each in more[1]) if more[1:] else ()
    sheet = more[2] if more[2:] else 0
    return Note(size=size, crc=crc, widths=tuple(widths), beside=beside, sheet=sheet)


def figures_of(note: bytes) -> Figures:
    """Of a note that has some."""
    return figures_from_json(json.loads(note)[3])


def widths_of(rows: bytes, columns: Sequence[Measure]) -> tuple[int, ...]:
    """Of a fragment's first rows, as COPY text."""
    whole = [row for row in _first_rows(rows) if len(row) == len(columns)]
    return widths_of_cells([cell for row in whole for cell in row], columns)


def widths_of_cells(flat: Cells, columns: Sequence[Measure]) -> tuple[int, ...]:
    """Of rows' cells, row after row, as COPY text."""
    return tuple(measure(flat[at :: len(columns)]) for at, measure in enumerate(columns))


def widest(widths: Iterable[tuple[int, ...]], columns: int) -> tuple[int, ...]:
    """How wide each column is over all fragments."""
    return tuple(map(max, zip((0,) * columns, *widths, strict=True)))


LOOKED_AT: Final = 64
"""Rows a fragment: to look at all would cost as much as to write them."""


def _first_rows(rows: bytes) -> list[list[bytes]]:
    end = 0
    for _ in range(LOOKED_AT):
        end = rows.find(b"\n", end) + 1
        if not end:
            return [row.split(b"\t") for row in rows.split(b"\n")[:-1]]
    return [row.split(b"\t") for row in rows[: end - 1].split(b"\n")]
