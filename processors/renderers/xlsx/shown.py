"""How wide values are as their number format shows them. Excel shows #### instead of a number or a
date that is wider than its column, and only the first rows of a fragment are looked at."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final, assert_never

from domain.datasets import FieldType
from domain.number_formats import LITERALS, Section, Sort, Token, read_number_format
from processors.renderers.copy_text import NULL
from processors.renderers.frames import Column
from processors.renderers.values import Cells
from processors.renderers.xlsx.numbers import DIGITS
from processors.renderers.xlsx.text_widths import cell_width, width

Measure = Callable[[Cells], int]
"""The width of the widest of some cells, as COPY text, in characters."""

GENERAL: Final = "General"
LEAST_DIGITS: Final = 10
"""As many as an integer of 4 bytes has: later rows may have greater numbers than the first."""
NUMERIC: Final = frozenset(FieldType) - {
    FieldType.TEXT,
    FieldType.JSON,
    FieldType.UUID,
    FieldType.BOOLEAN,
}


def measures(columns: Iterable[Column], formats: Iterable[str]) -> list[Measure]:
    return [measure(column.type, code) for column, code in zip(columns, formats, strict=True)]


def measure(type_: FieldType, code: str) -> Measure:
    match type_:
        case FieldType.BOOLEAN:
            return lambda cells: _BOOLEAN if cells else 0
        case FieldType.TEXT | FieldType.JSON | FieldType.UUID:
            return _widest
        case _ if code == GENERAL:  # which shows as many digits as there is room for
            return _widest
        case FieldType.INTEGER | FieldType.DECIMAL:
            return lambda cells: max(_of_numbers(cells, code, DIGITS), _of_texts(cells))
        case FieldType.FLOAT:
            return lambda cells: _of_numbers(cells, code, _MOST_OF_A_FLOAT)
        case FieldType.DATE | FieldType.TIME | FieldType.TIMESTAMP | FieldType.INSTANT:
            return lambda cells: _of_moments(cells, code)
        case _:
            assert_never(type_)


@lru_cache(maxsize=1_000)
def shown_width(code: str, digits: int) -> int:
    """In characters, of a number with so many digits before its point, or of any date."""
    return max(_of_section(section, digits) for section in read_number_format(code))


def digits_of(value: float) -> int:
    """How many it has before its point."""
    return len(f"{abs(value):.0f}")


_BOOLEAN: Final = 9
"""`VERDADERO`: Excel speaks its user's language."""
_DAYS: Final = 7
"""Digits of the number of the last day."""
_GENERAL_WIDTH: Final = 11
_MOST_OF_A_FLOAT: Final = 308
_EXPONENT: Final = re.compile(rb"(-?[0-9.]+)e([+-]?[0-9]{1,4})")


def _widest(cells: Cells) -> int:
    return max(map(cell_width, cells), default=0)


def _of_numbers(cells: Cells, code: str, most: int) -> int:
    """With one digit more than was seen, and with as many as a number can have at most."""
    if not cells:
        return 0
    digits = max(map(_whole_digits, cells)) + 1
    return shown_width(code, min(max(digits, LEAST_DIGITS), most))


def _of_texts(cells: Cells) -> int:
    """What has more digits than Excel keeps is a text with all of them."""
    return max((len(cell) for cell in cells if len(cell) > DIGITS), default=0)


def _whole_digits(cell: bytes) -> int:
    found = _EXPONENT.fullmatch(cell)
    mantissa, more = (cell, 0) if found is None else (found[1], int(found[2]))
    return len(mantissa.partition(b".")[0].lstrip(b"-")) + more


def _of_moments(cells: Cells, code: str) -> int:
    if not cells:
        return 0
    return max(shown_width(code, _DAYS), _widest([cell for cell in cells if _is_text(cell)]))


def _is_text(cell: bytes) -> bool:
    """Roughly: what is no time of day and no date that Excel can count."""
    if cell[2:3] == b":":
        return False
    return cell != NULL and (cell[:2] < b"19" or cell[4:5] != b"-" or cell.endswith(b"BC"))


def _of_section(section: Section, digits: int) -> int:
    literals = sum(_of_literal(token) for token in section.tokens if token.kind in LITERALS)
    match section.sort:
        case Sort.LITERAL | Sort.TEXT:
            return literals
        case Sort.GENERAL:
            return literals + _GENERAL_WIDTH
        case Sort.DATE:
            return literals + sum(map(_of_date, section.tokens))
        case Sort.NUMBER:
            return literals + _of_number(section, digits)
        case _:
            assert_never(section.sort)


def _of_literal(token: Token) -> int:
    match token.kind:
        case "quoted":
            return width(token.text[1:-1])
        case "escaped":
            return width(token.text[1:])
        case "locale":
            return width(token.text[1:].partition("-")[0])
        case "fill":
            return 0
        case _:
            return 1


def _of_date(token: Token) -> int:
    """Names of months and days as they are in most languages: in Portuguese a day is a
    `segunda-feira`, in Polish a month `października`."""
    text = token.text
    match token.kind, text[0]:
        case "elapsed", letter:
            return {"h": 8, "m": 10, "s": 12}[letter]
        case "clock", _:
            return len(text)
        case "date", "y":
            return 2 if len(text) <= 2 else 4
        case "date", "m":
            return {1: 2, 2: 2, 3: 5, 5: 1}.get(len(text), 12)
        case "date", "d":
            return {1: 2, 2: 2, 3: 5}.get(len(text), 13)
        case "date", _:
            return 2
        case (("mark" | "digit"), _):
            return 1
        case _:
            return 0


def _of_number(section: Section, digits: int) -> int:
    """Its sign counts, too."""
    kinds = ("digit", "number", "mark", "exponent")
    shape = "".join(token.text for token in section.tokens if token.kind in kinds)
    percent = shape.count("%")
    mantissa, *exponent = re.split("[Ee][+-]", shape.replace("%", ""))
    whole, point, decimals = mantissa.partition(".")
    if "/" in whole:
        return 1 + digits + len(whole)
    grouped = whole.rstrip(",")
    thousands = len(whole) - len(grouped) + decimals.count(",")
    needed = len(grouped.replace(",", "").lstrip("#"))
    if exponent:
        needed = max(len(grouped.replace(",", "")), 1) + 2 + max(len(exponent[0]), 3)
    else:
        needed = max(digits + 2 * percent - 3 * thousands, needed, 1)
        needed += (needed - 1) // 3 if "," in grouped else 0
    return 1 + needed + len(point) + len(decimals.replace(",", "")) + percent
