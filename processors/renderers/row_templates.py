"""Rows from columns, for formats in which something stands around each value: the columns are put
back among each other, and between them what is the same in every row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from processors.renderers.values import Cells


@dataclass(frozen=True, slots=True)
class Slot:
    """A column's cells in the file, and what stands before and after each."""

    cells: Cells
    before: bytes
    after: bytes


def rows_of(slots: Sequence[Slot], flat: Cells, start: bytes, end: bytes) -> bytes:
    """Whole rows, each from `start` to `end`. The list `flat` of all cells is written over."""
    for number, slot in enumerate(slots):
        flat[number :: len(slots)] = slot.cells
    return _joined(_between(slots, start, end), flat, len(flat) // len(slots))


def _between(slots: Sequence[Slot], start: bytes, end: bytes) -> list[bytes]:
    """What stands before each cell of a row, and after the last."""
    ends = [start, *(slot.after for slot in slots)]
    starts = [*(slot.before for slot in slots), end]
    return [each_end + each_start for each_end, each_start in zip(ends, starts, strict=True)]


def _joined(between: list[bytes], flat: Cells, rows: int) -> bytes:
    pieces = [b""] * (2 * len(flat) + 1)
    pieces[1::2] = flat
    row = between[:-1]
    row[0] = between[-1] + between[0]
    pieces[:-1:2] = row * rows
    pieces[0] = between[0]
    pieces[-1] = between[-1]
    return b"".join(pieces)
