"""The small grammar of formula columns."""

from __future__ import annotations

from typing import Any

import pytest

from domain.formats import FormatInvalid, XlsxOptions, parse_format, to_json
from domain.json_reading import ValueRefused
from domain.xlsx_formulas import Call, Function, Name, Negative, Number, Operation, parse_formula
from domain.xlsx_options import FormulaColumn

_A, _B = Name("a"), Name("b")


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("a", _A),
        ("a - b - 1.5", Operation("-", Operation("-", _A, _B), Number("1.5"))),
        ("a + b * 2", Operation("+", _A, Operation("*", _B, Number("2")))),
        ("(a+b)/2", Operation("/", Operation("+", _A, _B), Number("2"))),
        ("--a", Negative(Negative(_A))),
        ("carrier.size", Name("carrier.size")),
        ("Round(a, 2)", Call(Function.ROUND, (_A, Number("2")))),
        ("max(a, b, 0)", Call(Function.MAX, (_A, _B, Number("0")))),
        ("abs * 2", Operation("*", Name("abs"), Number("2"))),
    ],
)
def test_a_formula_is_read_as_arithmetic(text: str, expression: object) -> None:
    assert parse_formula(text) == expression


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "ends too early"),
        ("a +", "ends too early"),
        ("a b", "can't be read at 'b'"),
        ("1 + 2", "names no field"),
        ("a & b", "can't be read at '&'"),
        ('a + "x"', "can't be read at '\"'"),
        ("Sheet1!A1", "can't be read at '!'"),
        ("a ^ 2", "can't be read at '^'"),
        ("=a", "can't be read at '='"),
        ("(a", "lacks a ')'"),
        ("hyperlink(a)", "knows no function 'hyperlink'; use abs"),
        ("round(a)", "round(x, 2)"),
        ("round(a, b)", "round(x, 2)"),
        ("round(a, 11)", "round(x, 2)"),
        ("abs(a, b)", "gives abs 2 values"),
        ("(" * 30 + "a" + ")" * 30, "nested more than 20"),
        ("-" * 30 + "a", "nested more than 20"),
        ("a + 1234567890123456", "can't be read"),
        ("é", "can't be read at 'é'"),
    ],
)
def test_what_is_no_such_formula_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ValueRefused) as refused:
        parse_formula(text)
    assert problem in str(refused.value)


def _spec(*formulas: dict[str, Any]) -> Any:
    return parse_format({"format": "xlsx", "options": {"formulas": list(formulas)}})


def test_formula_columns_come_back_from_their_json() -> None:
    spec = _spec(
        {"name": "net", "formula": "a - b", "label": "Net €", "number_format": "0.00"},
        {"name": "twice", "formula": "a*2"},
    )
    assert isinstance(spec.options, XlsxOptions)
    assert spec.options.formulas[1] == FormulaColumn(name="twice", formula="a*2")
    assert parse_format(to_json(spec)) == spec


@pytest.mark.parametrize(
    ("formulas", "problem"),
    [
        ([{"name": "x"}], "/formulas/0/formula is missing"),
        ([{"name": "x", "formula": 5}], "/formulas/0/formula must be a formula"),
        ([{"name": "x", "formula": "a" * 301}], "at most 300"),
        ([{"name": "x", "formula": "a", "label": "a\nb"}], "/formulas/0/label must be 1 to"),
        ([{"name": "x", "formula": "a", "number_format": "?x"}], "/number_format is no"),
        ([{"name": "x", "formula": "a"}] * 2, "/formulas two have the same name"),
        ([{"name": "x", "formula": "a"}] * 21, "at most 20"),
    ],
)
def test_mistakes_are_said_with_their_places(formulas: list[Any], problem: str) -> None:
    with pytest.raises(FormatInvalid) as refused:
        _spec(*formulas)
    assert problem in str(refused.value)
