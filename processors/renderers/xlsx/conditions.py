"""Conditional formats, made by openpyxl over the rows of a sheet (ECMA-376 part 1, 18.3.1.18).

A condition that its field's values can never meet is refused rather than left without effect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, assert_never

from openpyxl.formatting.rule import ColorScaleRule, DataBarRule, Rule
from openpyxl.styles import Font, PatternFill
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from domain.datasets import FieldType
from domain.xlsx_conditions import Bars, Condition, Highlight, Limit, Scale, When
from processors.renderers.frames import Column, PlanUnfit
from processors.renderers.xlsx.numbers import LEAST, MOST
from processors.renderers.xlsx.serials import serial_of_day


class ConditionUnfit(PlanUnfit):
    """A conditional format compares a field with something that its values are not. Give a value of
    the field's type."""


def add_conditions(
    sheet: Worksheet,
    columns: Iterable[Column],
    conditions: Mapping[str, Iterable[Condition]],
    first_row: int,
    rows: int,
) -> None:
    """Over `rows` rows from `first_row` on. Raises `ConditionUnfit`."""
    for number, column in enumerate(columns, 1):
        letter = get_column_letter(number)
        first = f"{letter}{first_row}"
        for each in conditions.get(column.name, ()):
            rule = _rule(each, column, first)
            sheet.conditional_formatting.add(f"{first}:{letter}{first_row + rows - 1}", rule)


def _rule(condition: Condition, column: Column, first: str) -> Rule:
    match condition:
        case Highlight():
            return _highlight(condition, column, first)
        case Scale(scale=colours):
            _check_numeric(column, "a colour scale")
            return _scale([colour[1:].upper() for colour in colours])
        case Bars(bars=colour):
            _check_numeric(column, "data bars")
            return DataBarRule("min", None, "max", None, color=colour[1:].upper())
        case _:
            assert_never(condition)


def _scale(colours: list[str]) -> Rule:
    start, *middle, end = colours
    between: dict[str, Any] = {}
    if middle:
        between = {"mid_type": "percentile", "mid_value": 50, "mid_color": middle[0]}
    return ColorScaleRule("min", None, start, end_type="max", end_color=end, **between)


def _highlight(highlight: Highlight, column: Column, first: str) -> Rule:
    look = _look(highlight)
    match highlight.when:
        case When.EMPTY:
            return Rule("containsBlanks", dxf=look, formula=[f"LEN(TRIM({first}))=0"])
        case When.DUPLICATE:
            return Rule("duplicateValues", dxf=look)
        case When.TOP | When.BOTTOM as when:
            _check_numeric(column, f"the {when}")
            return Rule("top10", dxf=look, rank=highlight.value, bottom=when is When.BOTTOM or None)
        case When.CONTAINS:
            text = str(highlight.value)
            found = f"NOT(ISERROR(SEARCH({_quoted(_no_pattern(text))},{first})))"
            return _text_rule("containsText", look, text, found)
        case When.BEGINS:
            text = str(highlight.value)
            found = f"LEFT({first},{_units(text)})={_quoted(text)}"
            return _text_rule("beginsWith", look, text, found)
        case When.BETWEEN | When.NOT_BETWEEN | When.EQUAL | When.NOT_EQUAL:
            return _compared(highlight, column, look)
        case When.GREATER | When.AT_LEAST | When.LESS | When.AT_MOST:
            return _compared(highlight, column, look)
        case _:
            assert_never(highlight.when)


def _compared(highlight: Highlight, column: Column, look: DifferentialStyle) -> Rule:
    ends = [end for end in (highlight.value, highlight.to) if end is not None]
    formulas = [_literal(end, column) for end in ends]
    return Rule("cellIs", dxf=look, operator=_OPERATORS[highlight.when], formula=formulas)


def _text_rule(kind: str, look: DifferentialStyle, text: str, formula: str) -> Rule:
    return Rule(kind, dxf=look, operator=kind, text=text, formula=[formula])


def _look(highlight: Highlight) -> DifferentialStyle:
    font = fill = None
    if highlight.font is not None or highlight.bold:
        colour = highlight.font[1:].upper() if highlight.font is not None else None
        font = Font(name=None, sz=None, family=None, b=highlight.bold or None, color=colour)
    if highlight.fill is not None:
        fill = PatternFill("solid", bgColor=highlight.fill[1:].upper())
    return DifferentialStyle(font=font, fill=fill)


_OPERATORS = {
    When.GREATER: "greaterThan",
    When.AT_LEAST: "greaterThanOrEqual",
    When.LESS: "lessThan",
    When.AT_MOST: "lessThanOrEqual",
    When.EQUAL: "equal",
    When.NOT_EQUAL: "notEqual",
    When.BETWEEN: "between",
    When.NOT_BETWEEN: "notBetween",
}
_NUMBERS = {FieldType.INTEGER, FieldType.DECIMAL, FieldType.FLOAT}
_MOMENTS = {FieldType.DATE, FieldType.TIMESTAMP, FieldType.INSTANT}


def _check_numeric(column: Column, what: str) -> None:
    if column.type not in _NUMBERS | _MOMENTS | {FieldType.TIME}:
        raise ConditionUnfit(
            f"conditional_formats asks for {what} of {column.name}, which is {column.type}; "
            "only numbers, dates and times have an order there"
        )


def _literal(end: Limit, column: Column) -> str:
    """As it stands in a formula."""
    found = None
    if column.type in _NUMBERS:
        found = _number(end)
    elif column.type in _MOMENTS:
        found = _day(end)
    elif column.type is FieldType.BOOLEAN:
        found = str(end).upper() if isinstance(end, bool) else None
    elif column.type in {FieldType.TEXT, FieldType.UUID, FieldType.JSON}:
        found = _quoted(end) if isinstance(end, str) else None
    if found is None:
        raise ConditionUnfit(
            f"conditional_formats compares {column.name} with {end!r}, but it is {column.type}; "
            f"write {_EXAMPLES.get(column.type, 'a text')}"
        )
    return found


_EXAMPLES = {
    **dict.fromkeys(_NUMBERS, "a number"),
    **dict.fromkeys(_MOMENTS, "a day from 1900-03-01 on, such as 2013-12-31"),
    FieldType.BOOLEAN: "true or false",
    FieldType.TIME: "top, bottom or a scale for times",
}


def _number(end: Limit) -> str | None:
    try:
        number = float(Decimal(str(end)))
    except InvalidOperation:  # a boolean's word too
        return None
    if number and not LEAST <= abs(number) <= MOST:
        return None
    return repr(number).removesuffix(".0").upper()


def _day(end: Limit) -> str | None:
    return serial_of_day(end) if isinstance(end, str) else None


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _no_pattern(text: str) -> str:
    """SEARCH takes some characters for patterns."""
    return "".join(f"~{each}" if each in "~*?" else each for each in text)


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
