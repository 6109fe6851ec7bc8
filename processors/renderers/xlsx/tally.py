"""Counts a fragment's rows as they are written, column by column, for the summary. A row that is
left out of the file is not counted: only what was written gets here."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from decimal import Decimal, localcontext
from typing import Final

from domain.datasets import FieldType
from domain.xlsx_summaries import Figure
from processors.renderers.compiled import Compiled
from processors.renderers.copy_text import NULL, cells, unescape
from processors.renderers.fragments import Rows
from processors.renderers.values import Cells
from processors.renderers.xlsx.counted import Counted
from processors.renderers.xlsx.figures import (
    EXACT,
    MOST_VALUES,
    Figures,
    Key,
    Kind,
    Share,
    Shares,
    Total,
    shares_of,
)
from processors.renderers.xlsx.numbers import integers
from processors.renderers.xlsx.numeric import values
from processors.renderers.xlsx.serials import serial_of_day

LONGEST_KEY: Final = 255
"""UTF-16 units; Excel compares no longer texts in its conditions."""


class TalliedRows:
    """Writes rows as `rows` does, and counts what was written. For one fragment."""

    def __init__(self, rows: Rows, counted: Counted) -> None:
        self._rows = rows
        self._counted = counted
        self._totals = [_Running(figures) for _, figures in counted.totals]
        self._groups = [_Grouping(len(sums)) for _, sums in counted.groups]
        self._filled = {at for at, _ in counted.totals}
        self._valued = self._filled | {at for _, sums in counted.groups for at in sums}
        self._grouped = {by for by, _ in counted.groups}
        self.compiled = None if rows.compiled is None else _Counting(rows.compiled, self)

    @property
    def fields(self) -> tuple[str, ...]:
        return self._rows.fields

    def write(self, flat: list[bytes]) -> bytes:
        columns = self._columns(flat)
        content = self._rows.write(flat)
        self._count(columns)
        return content

    def count(self, block: bytes) -> None:
        """Of rows that were written already."""
        self._count(self._columns(cells(block, len(self._rows.fields))))

    def _columns(self, flat: list[bytes]) -> dict[int, Cells]:
        width = len(self._rows.fields)
        return {at: flat[at::width] for at in self._valued | self._grouped}

    def try_cell(self, column: int, cell: bytes) -> None:
        self._rows.try_cell(column, cell)

    def figures(self) -> Figures:
        types = [self._counted.columns[by].type for by, _ in self._counted.groups]
        with localcontext(EXACT):
            return Figures(
                totals=tuple(running.total() for running in self._totals),
                shares=tuple(
                    grouping.shares(type_, self._counted.null_text)
                    for grouping, type_ in zip(self._groups, types, strict=True)
                ),
            )

    def _count(self, columns: dict[int, Cells]) -> None:
        with localcontext(EXACT):
            self._add(columns)

    def _add(self, columns: dict[int, Cells]) -> None:
        numbers = {at: self._numbers(at, columns[at]) for at in self._valued}
        for running, (at, _) in zip(self._totals, self._counted.totals, strict=True):
            running.add(self._cells(columns[at]), numbers[at])
        for grouping, (by, sums) in zip(self._groups, self._counted.groups, strict=True):
            grouping.add(columns[by], [numbers[at] for at in sums])

    def _numbers(self, at: int, column: Cells) -> list[int | Decimal | None]:
        inner = self._counted.inners.get(at)
        return values(column, inner, self._counted.columns[at].type) if inner else []

    def _cells(self, column: Cells) -> int:
        return len(column) if self._counted.null_text else len(column) - column.count(NULL)


def key_of(type_: FieldType, cell: bytes, null_text: str) -> Key | None:
    """What the cell holds; None for a text that is too long to be compared."""
    if cell == NULL:
        return Key(Kind.TEXT, null_text) if null_text else Key(Kind.EMPTY, "")
    match type_:
        case FieldType.INTEGER if integers([cell]) is not None:
            return Key(Kind.NUMBER, str(int(cell)))
        case FieldType.BOOLEAN if cell in (b"t", b"f"):
            return Key(Kind.BOOLEAN, "1" if cell == b"t" else "0")
        case FieldType.DATE if (serial := serial_of_day(cell.decode())) is not None:
            return Key(Kind.NUMBER, serial)
        case _:
            text = unescape(cell).decode()
            fits = len(text.encode("utf-16-le")) <= 2 * LONGEST_KEY
            return Key(Kind.TEXT, text) if fits else None


class _Counting:
    """Writes rows by compiled code, and has them counted."""

    def __init__(self, rows: Compiled, tallied: TalliedRows) -> None:
        self._rows = rows
        self._tallied = tallied

    def write(self, block: bytes, start: int) -> tuple[bytes, int, int]:
        content, rows, end = self._rows.write(block, start)
        if rows:
            self._tallied.count(block[start:end])
        return content, rows, end


class _Running:
    """A column's total so far; only what is wanted is counted."""

    def __init__(self, figures: frozenset[Figure]) -> None:
        self._sums = bool(figures & {Figure.SUM, Figure.AVERAGE})
        self._ends = bool(figures & {Figure.MIN, Figure.MAX})
        self._cells = self._count = 0
        self._sum = Decimal(0)
        self._least: list[int | Decimal] = []
        self._greatest: list[int | Decimal] = []

    def add(self, cells: int, numbers: Sequence[int | Decimal | None]) -> None:
        present = [number for number in numbers if number is not None]
        self._cells += cells
        self._count += len(present)
        if self._sums:
            self._sum += sum(present)
        if self._ends and present:
            self._least = [min([*self._least, *present])]
            self._greatest = [max([*self._greatest, *present])]

    def total(self) -> Total:
        return Total(
            cells=self._cells,
            numbers=self._count,
            sum=self._sum,
            least=float(self._least[0]) if self._least else None,
            greatest=float(self._greatest[0]) if self._greatest else None,
        )


class _Grouping:
    """A group's rows and sums so far, by the source's text of a cell."""

    def __init__(self, sums: int) -> None:
        self._rows: Counter[bytes] = Counter()
        self._sums: list[defaultdict[bytes, int | Decimal]] = [
            defaultdict(int) for _ in range(sums)
        ]

    def add(self, column: Cells, summed: Sequence[Sequence[int | Decimal | None]]) -> None:
        if self._is_too_long():
            return
        self._rows.update(column)
        for sums, numbers in zip(self._sums, summed, strict=True):
            for cell, number in zip(column, numbers, strict=True):
                if number is not None:
                    sums[cell] += number

    def shares(self, type_: FieldType, null_text: str) -> Shares:
        if self._is_too_long():
            return None
        return shares_of(self._share(cell, type_, null_text) for cell in self._rows)

    def _is_too_long(self) -> bool:
        """Null and the text for it are two here, and one value in the file."""
        return len(self._rows) > MOST_VALUES + 1

    def _share(self, cell: bytes, type_: FieldType, null_text: str) -> Shares:
        key = key_of(type_, cell, null_text)
        sums = tuple(Decimal(each[cell]) for each in self._sums)
        return None if key is None else {key: Share(self._rows[cell], sums)}
