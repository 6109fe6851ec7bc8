"""The sheet that says what the data come to, by formulas over all of their sheets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, assert_never

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.workbook.properties import CalcProperties
from openpyxl.worksheet.worksheet import Worksheet

from domain.xlsx_summaries import Figure
from processors.renderers.xlsx.counted import Counted
from processors.renderers.xlsx.figures import MOST_VALUES, Figures, Key, Kind, Share
from processors.renderers.xlsx.shown import GENERAL, digits_of, shown_width
from processors.renderers.xlsx.summary_formulas import (
    Conditions,
    Place,
    Value,
    figure_formula,
    figure_value,
    fits,
    headings,
    is_showable,
    number,
    texts_formula,
)
from processors.renderers.xlsx.tally import LONGEST_KEY
from processors.renderers.xlsx.titles import write_text

SUMMARY: Final = "Summary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Summed:
    """What is summed up: where it is, what it comes to, and how its columns are called and
    shown."""

    counted: Counted
    figures: Figures
    places: tuple[Place, ...]
    titles: tuple[str, ...]
    formats: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Where the totals by a field's values are; rows from 1, the headings' among them."""

    by: int
    sums: tuple[int, ...]
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Summarised:
    """What each formula comes to, by its cell."""

    sheet: Worksheet
    values: Mapping[str, Value]
    blocks: tuple[Block, ...]


def add_summary(book: Workbook, place: int, summed: Summed) -> Summarised:
    """As the `place`th sheet, from 0."""
    book.calculation = CalcProperties(calcId=_CALCULATED_BY, fullCalcOnLoad=False)
    page = _Page(book.create_sheet(SUMMARY, place))
    _add_figures(page, summed)
    blocks = [_add_group(page, summed, at) for at in range(len(summed.counted.groups))]
    page.close()
    return Summarised(page.sheet, page.values, tuple(blocks))


_CALCULATED_BY: Final = 191029
"""The engine of Excel 2019 and later, which then has no reason to calculate all anew at opening."""
_BOLD: Final = Font(bold=True)
_ITALIC: Final = Font(italic=True)
_COUNT: Final = "#,##0"
_NAMES: Final = {
    Figure.SUM: "Sum",
    Figure.AVERAGE: "Average",
    Figure.MIN: "Least",
    Figure.MAX: "Greatest",
    Figure.COUNT: "Count",
}
_FIRST_WIDTH, _WIDTH, _WIDEST = 30, 16, 60


class _Page:
    """Cells row by row, and what their formulas come to."""

    def __init__(self, sheet: Worksheet) -> None:
        self.sheet = sheet
        self.row = 1
        self.values: dict[str, Value] = {}
        self._fixed = False
        self._widths: dict[int, int] = {}

    def text(self, column: int, text: str, font: Font | None = None) -> None:
        cell = self.sheet.cell(self.row, column)
        write_text(cell, text)
        if font is not None:
            cell.font = font

    def plain(self, column: int, value: Value | bool, shown: str) -> None:
        self._widen(column, value, shown)
        self.sheet.cell(self.row, column, value).number_format = shown

    def formula(self, column: int, formula: str | None, value: Value, shown: str) -> None:
        """Without a formula, or with one that is too long, the value itself."""
        if formula is None or not fits(formula):
            self._fixed = True
            self.plain(column, value, shown)
            return
        self._widen(column, value, shown)
        cell = self.sheet.cell(self.row, column, formula)
        cell.number_format = shown
        self.values[cell.coordinate] = value

    def _widen(self, column: int, value: Value | bool, shown: str) -> None:
        """For Excel to show what the format makes of the value, and not ####."""
        if isinstance(value, int | float) and shown != GENERAL:
            wide = min(shown_width(shown, digits_of(value)), _WIDEST)
            self._widths[column] = max(self._widths.get(column, 0), wide)

    def close(self) -> None:
        for column in range(1, self.sheet.max_column + 1):
            least = _FIRST_WIDTH if column == 1 else _WIDTH
            wide = max(self._widths.get(column, 0) + 1, least)
            self.sheet.column_dimensions[get_column_letter(column)].width = wide
        if self._fixed:
            self.text(1, _NOT_FORMULAS, _ITALIC)


_NOT_FORMULAS: Final = (
    "Some figures are values and not formulas, as no formula could find their rows again."
)


def _add_figures(page: _Page, summed: Summed) -> None:
    totals = summed.counted.totals
    if not totals:
        return
    wanted = headings(figures for _, figures in totals)
    names = ["Field", *(_NAMES[each] for each in wanted)]
    if any(_left_out(summed, at) for at in range(len(totals))):
        names.append("Texts, left out")
    for column, name in enumerate(names, 1):
        page.text(column, name, _BOLD)
    page.row += 1
    for at in range(len(totals)):
        _add_field(page, summed, at, wanted)
    page.row += 1


def _add_field(page: _Page, summed: Summed, at: int, wanted: Sequence[Figure]) -> None:
    number_, figures = summed.counted.totals[at]
    total = summed.figures.totals[at]
    numeric = number_ in summed.counted.inners
    page.text(1, summed.titles[number_])
    for column, figure in enumerate(wanted, 2):
        if figure in figures:
            page.formula(
                column,
                figure_formula(figure, summed.places, number_, numeric),
                figure_value(figure, total, numeric),
                _COUNT if figure is Figure.COUNT else summed.formats[number_],
            )
    if left_out := _left_out(summed, at):
        formula = texts_formula(summed.places, number_)
        page.formula(len(wanted) + 2, formula, left_out, _COUNT)
    page.row += 1


def _left_out(summed: Summed, at: int) -> int:
    """Cells of a field of numbers that hold something else: what has too many digits, NaN, the
    text for null."""
    total = summed.figures.totals[at]
    return (
        total.cells - total.numbers if summed.counted.totals[at][0] in summed.counted.inners else 0
    )


def _add_group(page: _Page, summed: Summed, at: int) -> Block:
    by, sums = summed.counted.groups[at]
    shares = summed.figures.shares[at]
    first = page.row
    page.text(1, summed.titles[by], _BOLD)
    for column, name in enumerate(["Rows", *(f"Sum of {summed.titles[n]}" for n in sums)], 2):
        page.text(column, name, _BOLD)
    page.row += 1
    if shares is None:
        page.text(1, _TOO_MANY, _ITALIC)
        page.row += 1
    else:
        _add_shares(page, summed, at, shares)
    block = Block(by=by, sums=sums, first=first, last=page.row - 1 if shares else first)
    page.row += 1
    return block


_TOO_MANY: Final = (
    f"No totals: more than {MOST_VALUES} different values, or one of over {LONGEST_KEY} characters."
)


def _add_shares(page: _Page, summed: Summed, at: int, shares: Mapping[Key, Share]) -> None:
    by, sums = summed.counted.groups[at]
    conditions = Conditions(shares, summed.places, by)
    for key in sorted(shares, key=_order):
        share, cell = shares[key], f"$A{page.row}"
        _add_key(page, key, summed.formats[by])
        found = is_showable(key)
        rows = conditions.rows(key, cell) if found else None
        page.formula(2, rows, share.rows, _COUNT)
        for column, (number_, exact) in enumerate(zip(sums, share.sums, strict=True), 3):
            formula = conditions.sum(key, cell, number_) if found else None
            page.formula(column, formula, number(exact), summed.formats[number_])
        page.row += 1


def _order(key: Key) -> tuple[bool, Kind, int, str]:
    """Numbers by their size, texts by their characters, what is empty at the end."""
    size = int(key.text) if key.kind is Kind.NUMBER else 0
    return key.kind is Kind.EMPTY, key.kind, size, key.text


def _add_key(page: _Page, key: Key, shown: str) -> None:
    match key.kind:
        case Kind.EMPTY:
            page.text(1, "(empty)", _ITALIC)
        case Kind.NUMBER:
            page.plain(1, int(key.text), shown)
        case Kind.BOOLEAN:
            page.plain(1, key.text == "1", "General")
        case Kind.TEXT:
            page.text(1, key.text)
        case _:
            assert_never(key.kind)
