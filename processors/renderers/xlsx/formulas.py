"""Columns that Excel works out from others of their row, with what they come to.

A cell's formula says which fields it needs by names that every data sheet has for its own columns,
as `'Flights'!$B1`: without a dollar, the row is that of the cell (ECMA-376 part 1, 18.2.5). So it
says neither its row nor its sheet, and a fragment needn't know them. A table's own way of saying
"in this row" names the table, and each sheet has another."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from math import inf, isnan, nan
from typing import Final, assert_never

import orjson

from domain.datasets import FieldType
from domain.xlsx_formulas import (
    Call,
    Expression,
    Function,
    Name,
    Negative,
    Number,
    Operation,
    fields_of,
    parse_formula,
)
from domain.xlsx_options import FormulaColumn, XlsxOptions
from processors.renderers.frames import Column, PlanUnfit
from processors.renderers.row_templates import Slot
from processors.renderers.values import Cells
from processors.renderers.xlsx.cells import Inner
from processors.renderers.xlsx.numbers import LEAST, MOST
from processors.renderers.xlsx.numeric import numeric, values

Numbers = list[float]
"""Not a number (NaN) where Excel would have an error."""


class FormulaUnfit(PlanUnfit):
    """A formula doesn't go with the fields that are exported."""


def with_formulas(columns: tuple[Column, ...], options: XlsxOptions) -> tuple[Column, ...]:
    """The columns of the sheets: the fields', then the formulas'. Raises `PlanUnfit`."""
    types = {column.name: column.type for column in columns}
    for each in options.formulas:
        needed = fields_of(parse_formula(each.formula))
        for name in needed:
            if numeric(types[name], options.zone) is None:
                raise FormulaUnfit(
                    f"the formula {each.name} needs {name}, which is {types[name]} and no number"
                )
        if each.name in types:
            raise FormulaUnfit(f"the formula {each.name} is called as a field is; rename it")
    made = tuple(
        Column(name=each.name, label=each.label or each.name, type=FieldType.FLOAT)
        for each in options.formulas
    )
    return columns + made


def local_names(columns: Sequence[Column], options: XlsxOptions) -> dict[str, str]:
    """What a sheet calls the columns that formulas need, by field."""
    needed = {name for each in options.formulas for name in fields_of(parse_formula(each.formula))}
    taken: dict[str, str] = {}
    for number, column in enumerate(columns, 1):
        if column.name in needed:
            plain = "field_" + _NOT_IN_NAMES.sub("_", column.name)[:_LONGEST_NAME]
            clash = plain.lower() in {name.lower() for name in taken.values()}
            taken[column.name] = f"{plain}_{number}" if clash else plain
    return taken


def excel_formula(expression: Expression, called: Mapping[str, str]) -> str:
    """Empty where a field it needs holds no number, or where nothing comes of it; without `=`."""
    needed = [called[name] for name in fields_of(expression)]
    worked_out = _said(expression, called)
    return f'IF(COUNT({",".join(needed)})<{len(needed)},"",IFERROR({worked_out},""))'


class FormulaWriter:
    """Writes one formula's cells."""

    def __init__(
        self, column: FormulaColumn, style: int, columns: Sequence[Column], options: XlsxOptions
    ) -> None:
        self._expression = parse_formula(column.formula)
        needed = fields_of(self._expression)
        self._needed: dict[str, tuple[int, FieldType, Inner]] = {
            each.name: (at, each.type, inner)
            for at, each in enumerate(columns)
            if each.name in needed and (inner := numeric(each.type, options.zone)) is not None
        }
        text = excel_formula(self._expression, local_names(columns, options))
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").encode()
        said = b' s="%d"' % style if style else b""
        self._before = b"<c%b><f>%b</f><v>" % (said, escaped)
        self._empty = b'<c%b t="str"><f>%b</f><v></v></c>' % (said, escaped)

    def write(self, flat: Cells, width: int) -> Slot:
        held = {
            name: values(flat[at::width], inner, type_)
            for name, (at, type_, inner) in self._needed.items()
        }
        whole = [None not in row for row in zip(*held.values(), strict=True)]
        dense = {
            name: [
                float(n) for n, every in zip(numbers, whole, strict=True) if every and n is not None
            ]
            for name, numbers in held.items()
        }
        found = evaluate(self._expression, dense, sum(whole))
        written = orjson.dumps(found)[1:-1].split(b",") if found else []
        if all(whole) and b"null" not in written:
            return Slot(written, self._before, _AFTER)
        following = iter(written)
        return Slot([self._cell(next(following) if w else b"null") for w in whole], b"", b"")

    def _cell(self, number: bytes) -> bytes:
        return self._empty if number == b"null" else self._before + number + _AFTER


def evaluate(expression: Expression, columns: Mapping[str, Numbers], rows: int) -> Numbers:
    """What it comes to in each row."""
    match expression:
        case Number(digits):
            return [float(digits)] * rows
        case Name(field):
            return columns[field]
        case Negative(of):
            return [-x for x in evaluate(of, columns, rows)]
        case Operation(sign, left, right):
            work_out = _SIGNS[sign]
            pairs = zip(evaluate(left, columns, rows), evaluate(right, columns, rows), strict=True)
            return _kept([work_out(x, y) for x, y in pairs])
        case Call(function, arguments):
            given = zip(*(evaluate(each, columns, rows) for each in arguments), strict=True)
            of_row = _FUNCTIONS[function]
            return [nan if any(map(isnan, row)) else of_row(*row) for row in given]
        case _:
            assert_never(expression)


_AFTER: Final = b"</v></c>"
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9_.]")
_LONGEST_NAME: Final = 200
_ROUNDING: Final = Context(prec=400)


def _divided(x: float, y: float) -> float:
    return x / y if y else nan


def _rounded(x: float, places: float) -> float:
    """Half away from zero, of the 15 digits that Excel shows."""
    step = Decimal(1).scaleb(-int(places))
    return float(Decimal(f"{x:.15g}").quantize(step, ROUND_HALF_UP, _ROUNDING))


_SIGNS: Final[Mapping[str, Callable[[float, float], float]]] = {
    "+": float.__add__,
    "-": float.__sub__,
    "*": float.__mul__,
    "/": _divided,
}
_FUNCTIONS: Final[Mapping[Function, Callable[..., float]]] = {
    Function.ABS: abs,
    Function.MIN: lambda *row: min(row),
    Function.MAX: lambda *row: max(row),
    Function.ROUND: _rounded,
}


def _kept(numbers: Numbers) -> Numbers:
    """Excel has no greater numbers, and no smaller ones than zero's neighbours."""
    sizes = [abs(x) for x in numbers]
    if max(sizes, default=0) <= MOST and min(filter(None, sizes), default=inf) >= LEAST:
        return numbers
    return [(x if abs(x) >= LEAST else 0.0) if abs(x) <= MOST else nan for x in numbers]


def _said(expression: Expression, called: Mapping[str, str]) -> str:
    match expression:
        case Number(digits):
            return digits
        case Name(field):
            return called[field]
        case Negative(of):
            return f"-{_bracketed(of, called)}"
        case Operation(sign, left, right):
            return f"{_bracketed(left, called)}{sign}{_bracketed(right, called)}"
        case Call(function, arguments):
            return f"{function.upper()}({','.join(_said(each, called) for each in arguments)})"
        case _:
            assert_never(expression)


def _bracketed(expression: Expression, called: Mapping[str, str]) -> str:
    said = _said(expression, called)
    return f"({said})" if isinstance(expression, Negative | Operation) else said
