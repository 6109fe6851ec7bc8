"""References to cells within formulas (ECMA-376 part 1, 18.17.2), and which of them grow with the
rows: those whose last row is the row of placeholders, or lies below it, as if Excel had inserted
rows there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

LAST_ROW: Final = 1_048_576
"""That a sheet can have."""


@dataclass(frozen=True, slots=True)
class LastRow:
    """The number of the last row that the export fills, and so many more."""

    beyond: int = 0


@dataclass(frozen=True, slots=True)
class Anchor:
    """The row of placeholders. `sheet` is the name of its sheet."""

    sheet: str
    row: int


class CantGrow(Exception):
    """A reference can't follow the rows. `reference` is its text, `why` reads on from it."""

    def __init__(self, reference: str, why: str) -> None:
        super().__init__(f"{reference} {why}")
        self.reference = reference
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """How references in a formula are meant. `sheet` is the one of those that name none. With
    `single` a cell of the row of placeholders is a range of one cell, as in a chart. With
    `relative` those whose last row has no `$` move with the cell that the formula is applied to.
    `height` is how many rows below its own cell the formula is shared with."""

    sheet: str
    single: bool = False
    relative: bool = False
    height: int = 0


Grown = tuple[str | LastRow, ...]


def grown(formula: str, anchor: Anchor, ways: Ways) -> Grown | None:
    """The formula with what depends on the last row apart; None where nothing does. Raises
    `CantGrow`."""
    pieces: list[str | LastRow] = []
    done = 0
    for found in _TOKEN.finditer(formula):
        if found["cells"] is None or not _is_on(found["sheet"], anchor, ways):
            continue
        change = _change(found, anchor, ways)
        if change is not None:
            pieces += [formula[done : change.start], *change.pieces]
            done = change.end
    return (*pieces, formula[done:]) if pieces else None


def rows_of_area(area: str) -> tuple[int, int]:
    """The first and the last row of `A1`, `A1:B2`, `A:B` or `1:2`."""
    numbers = [int(number) for number in re.findall("[0-9]+", area)]
    return (min(numbers), max(numbers)) if numbers else (1, LAST_ROW)


_SHEET: Final = r"(?:'(?:[^']|'')++'|(?:\[\d+\])?[^\W\d][\w.]*+(?::[\w.]++)?)!"
_CELL: Final = r"\$?[A-Za-z]{1,3}\$?[1-9]\d{0,6}"
_ROW: Final = r"\$?[1-9]\d{0,6}"
_COLUMN: Final = r"\$?[A-Za-z]{1,3}"
_TOKEN: Final = re.compile(
    rf"""
    "(?:[^"]|"")*+"?                                # a text
    | (?P<sheet>{_SHEET})?
      (?P<cells>{_CELL} (?: : (?:{_SHEET})?{_CELL})? | {_ROW}:{_ROW} | {_COLUMN}:{_COLUMN})
      (?![\w.(!\[\\?])
    | \[(?:[^\[\]']|'.|\[(?:[^\[\]']|'.)*+\])*+\]   # what a table's brackets name
    | {_SHEET}
    | [^\W\d][\w.\\?]*+ | \d[\w.]*+                # names, functions, numbers
    | '(?:[^']|'')*+'? | \[[^\]]*+\]?                # what is never closed, at once
    """,
    re.VERBOSE,
)
_NUMBER: Final = re.compile(r"(\$?)([0-9]+)(?=:|$)")
_UNNUMBERED: Final = re.compile(r"[^0-9]*")


@dataclass(frozen=True, slots=True)
class _Change:
    """What stands between two places of the formula instead."""

    start: int
    end: int
    pieces: tuple[str | LastRow, ...]


def _is_on(sheet: str | None, anchor: Anchor, ways: Ways) -> bool:
    """Whether it may be the sheet of the anchor; one of several sheets may be."""
    if sheet is None:
        return ways.sheet.casefold() == anchor.sheet.casefold()
    name = sheet[:-1]
    if name.startswith("'"):
        name = name[1:-1].replace("''", "'")
    return ":" in name or name.casefold() == anchor.sheet.casefold()


def _change(found: re.Match[str], anchor: Anchor, ways: Ways) -> _Change | None:
    start, cells = found.start("cells"), found["cells"]
    numbers = list(_NUMBER.finditer(cells))
    if not numbers:
        return None  # whole columns
    bottom = max(reversed(numbers), key=lambda each: int(each[2]))
    first, last = min(int(each[2]) for each in numbers), int(bottom[2])
    moves = any(not each[1] for each in numbers)
    if last + (ways.height if moves else 0) < anchor.row or last >= LAST_ROW:
        return None
    if ways.relative and not bottom[1]:
        return None
    _check(found, first > anchor.row, moves=moves and ways.height > 0)
    if len(numbers) == 2:
        place = start + bottom.start(2), start + bottom.end(2)
        return _Change(*place, (LastRow(last - anchor.row),))
    if not ways.single:
        return None
    column = _UNNUMBERED.match(cells)
    return _Change(found.end(), found.end(), (":", column[0] if column else "", LastRow()))


def _check(found: re.Match[str], below: bool, *, moves: bool) -> None:
    if ":" in (found["sheet"] or ""):
        raise CantGrow(found[0], "is of several sheets")
    if moves:
        raise CantGrow(found[0], "is in a formula that several cells share; write it in each")
    if below:
        raise CantGrow(found[0], "is below the row of placeholders")
