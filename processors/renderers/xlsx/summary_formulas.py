"""Formulas of a summary and what they come to, for viewers that don't calculate.

Excel's conditions take some texts for numbers, dates, booleans or patterns, and know no case. A
value that could be taken for another one is compared by EXACT, which takes Excel longer."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Final, assert_never
from unicodedata import normalize

from openpyxl.utils import get_column_letter, quote_sheetname

from domain.xlsx_summaries import Figure
from processors.renderers.xlsx.figures import EXACT, Key, Kind, Total
from processors.renderers.xlsx.numbers import MOST
from processors.renderers.xlsx.titles import printable

Value = int | float | str
"""What a formula comes to."""

TOO_GREAT: Final = "#NUM!"
LONGEST_FORMULA: Final = 8_000
"""Excel takes 8,192 characters, and 255 arguments."""
_MOST_ARGUMENTS: Final = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where data lie: rows from 1, the last one among them."""

    sheet: str
    first: int
    last: int

    def range(self, column: int) -> str:
        letter = get_column_letter(column + 1)
        return f"{quote_sheetname(self.sheet)}!${letter}${self.first}:${letter}${self.last}"


def figure_formula(figure: Figure, places: Sequence[Place], column: int, numeric: bool) -> str:
    ranges = ",".join(place.range(column) for place in places)
    match figure:
        case Figure.SUM:
            return f"=SUM({ranges})"
        case Figure.COUNT:
            return f"=COUNT({ranges})" if numeric else f"=COUNTA({ranges})"
        case Figure.AVERAGE | Figure.MIN | Figure.MAX:
            return f'=IF(COUNT({ranges})=0,"",{figure.upper()}({ranges}))'
        case _:
            assert_never(figure)


def figure_value(figure: Figure, total: Total, numeric: bool) -> Value:
    match figure:
        case Figure.SUM:
            return number(total.sum)
        case Figure.COUNT:
            return total.numbers if numeric else total.cells
        case Figure.AVERAGE:
            return _average(total)
        case Figure.MIN:
            return "" if total.least is None else total.least
        case Figure.MAX:
            return "" if total.greatest is None else total.greatest
        case _:
            assert_never(figure)


def texts_formula(places: Sequence[Place], column: int) -> str:
    ranges = ",".join(place.range(column) for place in places)
    return f"=COUNTA({ranges})-COUNT({ranges})"


class Conditions:
    """How rows with a value are found, given all values of the group."""

    def __init__(self, keys: Collection[Key], places: Sequence[Place], by: int) -> None:
        self._places = places
        self._by = by
        self._texts = Counter(_folded(key.text) for key in keys if key.kind is Kind.TEXT)
        self._risky = any(not self._is_plain(key) for key in keys if key.kind is Kind.TEXT)

    def rows(self, key: Key, cell: str) -> str:
        """`cell` is where the value stands."""
        return "=" + "+".join(
            self._rows(key, cell, place.range(self._by)) for place in self._places
        )

    def sum(self, key: Key, cell: str, column: int) -> str:
        return "=" + "+".join(
            self._sum(key, cell, place.range(self._by), place.range(column))
            for place in self._places
        )

    def _rows(self, key: Key, cell: str, keys: str) -> str:
        criterion = self._criterion(key, cell)
        if criterion is not None:
            return f"COUNTIFS({keys},{criterion})"
        return f"SUMPRODUCT({_exactly(key, cell, keys)})"

    def _sum(self, key: Key, cell: str, keys: str, summed: str) -> str:
        criterion = self._criterion(key, cell)
        if criterion is not None:
            return f"SUMIFS({summed},{keys},{criterion})"
        return f"SUMPRODUCT({_exactly(key, cell, keys)},{summed})"

    def _criterion(self, key: Key, cell: str) -> str | None:
        match key.kind:
            case Kind.EMPTY:
                return '"="'
            case Kind.NUMBER | Kind.BOOLEAN:
                return None if self._risky else cell
            case Kind.TEXT:
                return cell if self._is_plain(key) else None
            case _:
                assert_never(key.kind)

    def _is_plain(self, key: Key) -> bool:
        text = key.text
        return (
            text[:1].isalpha()
            and all(each.isalpha() or each in " _-" for each in text)
            and f" {text.casefold()} " not in _BOOLEANS
            and self._texts[_folded(text)] == 1
        )


def is_showable(key: Key) -> bool:
    """Whether a cell of the summary can hold the value as the data's cells do."""
    return printable(key.text) == key.text and not _LIKE_AN_ESCAPE.search(key.text)


def fits(formula: str) -> bool:
    return len(formula) <= LONGEST_FORMULA and formula.count(",") < _MOST_ARGUMENTS


def number(exact: Decimal) -> Value:
    """As Excel keeps it, or the error that it shows for what it can't keep."""
    found = float(exact)
    if abs(found) > MOST:
        return TOO_GREAT
    return int(found) if found.is_integer() and abs(found) < _WHOLE else found


def _average(total: Total) -> Value:
    if not total.numbers:
        return ""
    with localcontext(EXACT) as exact:
        exact.clear_traps()
        return number(total.sum / total.numbers)


_WHOLE: Final = 2**53
_LIKE_AN_ESCAPE: Final = re.compile("_x[0-9A-Fa-f]{4}_")
_BOOLEANS: Final = (
    " true false wahr falsch vrai faux verdadero falso verdadeiro vero waar onwaar sand falsk sant "
    "usant sann usann tosi epätosi prawda fałsz pravda nepravda igaz hamis adevărat fals истина "
    "ложь doğru yanliş yanlış "
)
"""As Excel says true and false in the languages in which it does."""


def _exactly(key: Key, cell: str, keys: str) -> str:
    if key.kind is Kind.TEXT:
        return f"ISTEXT({keys})*EXACT({keys},{cell})"
    return f"--({keys}={cell})"


def _folded(text: str) -> str:
    return normalize("NFKC", text).casefold()


def headings(figures: Iterable[frozenset[Figure]]) -> list[Figure]:
    """Those that any field has, in their own order."""
    wanted = frozenset[Figure]().union(*figures)
    return [figure for figure in Figure if figure in wanted]
