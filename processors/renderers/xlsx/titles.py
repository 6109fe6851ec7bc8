"""Names that Excel accepts: of sheets, of columns, of tables."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from itertools import chain
from itertools import count as counting
from typing import Final

from openpyxl.cell import Cell

from domain.xlsx_rules import LONGEST_SHEET_NAME, RESERVED_SHEET_NAMES, SHEET_NAME_TABOO
from processors.renderers.xlsx.cells import cut_to_cell


def column_titles(wanted: Iterable[str]) -> list[str]:
    """A table's headings differ from each other whatever their case, are not empty and have at
    most 255 characters."""
    taken: set[str] = set()
    titles = []
    for number, title in enumerate(wanted, 1):
        shown = printable(title)[:_LONGEST_TITLE].strip() or f"Column {number}"
        titles.append(_unlike(taken, shown))
        taken.add(titles[-1].casefold())
    return titles


def sheet_names(wanted: str, count: int) -> list[str]:
    """The names of one dataset's sheets: `Flights`, `Flights (2)`, …"""
    clean = SHEET_NAME_TABOO.sub(" ", printable(wanted)).strip().strip("'")
    units = clean.encode("utf-16-le")[: 2 * LONGEST_SHEET_NAME]
    name = units.decode("utf-16-le", errors="ignore").strip().strip("'") or "Rows"
    if name.lower() in RESERVED_SHEET_NAMES:
        name += " rows"
    return [name, *(f"{name} ({number})" for number in range(2, count + 1))]


def more_sheet_names(wanted: str, count: int, taken: Collection[str]) -> list[str]:
    """Of another dataset's sheets, which are unlike those that are taken, whatever their case:
    `Lines`, `Lines (2)`, …, or with a number before that."""
    others = {name.casefold() for name in taken}
    tried = chain([wanted], (f"{wanted[:_NUMBERED]} {number}" for number in counting(2)))
    every = (sheet_names(each, count) for each in tried)
    return next(names for names in every if others.isdisjoint(map(str.casefold, names)))


def table_names(count: int, first: str = "Rows") -> list[str]:
    """Names that are no cells: `Rows`, `Rows_2`, …"""
    return [first, *(f"{first}_{number}" for number in range(2, count + 1))]


def write_text(cell: Cell, text: str) -> None:
    """Whatever it looks like: openpyxl would make a formula of some texts."""
    cell.value = cut_to_cell(printable(text))
    cell.data_type = "s"


def printable(text: str) -> str:
    """Without what XML can't hold or a heading can't show."""
    return _UNPRINTABLE.sub(" ", text)


_LONGEST_TITLE: Final = 240
_NUMBERED: Final = LONGEST_SHEET_NAME - 4
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]+")


def _unlike(taken: set[str], title: str) -> str:
    return next(each for each in _numbered(title) if each.casefold() not in taken)


def _numbered(title: str) -> Iterator[str]:
    yield title
    number = 2
    while True:
        yield f"{title} ({number})"
        number += 1
