"""Conditional formats as they are asked for in JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from domain.formats import FormatInvalid, XlsxOptions, parse_format, to_json
from domain.xlsx_conditions import Bars, Highlight, Scale, When


def _asked(*conditions: object) -> dict[str, Any]:
    return {"format": "xlsx", "options": {"conditional_formats": {"a/b": list(conditions)}}}


def _problems(*conditions: object) -> dict[str, str]:
    with pytest.raises(FormatInvalid) as refused:
        parse_format(_asked(*conditions))
    start = "/options/conditional_formats"
    return {p.at.removeprefix(start): p.text for p in refused.value.problems}


def test_conditions_come_back_from_their_json() -> None:
    spec = parse_format(
        _asked(
            {"when": "less", "value": 0.5, "font": "#9C0006"},
            {"when": "between", "value": "2013-01-01", "to": "2013-12-31", "bold": True},
            {"when": "duplicate", "fill": "#ffc7ce"},
            {"scale": ["#ffffff", "#63be7b"]},
            {"bars": "#638ec6"},
        )
    )
    assert isinstance(spec.options, XlsxOptions)
    ((name, (less, between, duplicate, scale, bars)),) = spec.options.conditional_formats
    assert name == "a/b"
    assert less == Highlight(when=When.LESS, value="0.5", font="#9c0006")
    assert between == Highlight(when=When.BETWEEN, value="2013-01-01", to="2013-12-31", bold=True)
    assert duplicate == Highlight(when=When.DUPLICATE, fill="#ffc7ce")
    assert scale == Scale(scale=("#ffffff", "#63be7b"))  # type: ignore[arg-type]  # equal to it
    assert bars == Bars(bars="#638ec6")
    assert parse_format(json.loads(json.dumps(to_json(spec)))) == spec
    assert hash(spec)


def test_signed_json_has_no_fractions_so_that_they_are_texts() -> None:
    spec = parse_format(_asked({"when": "less", "value": 0.1, "bold": True}))
    said = to_json(spec)["options"]["conditional_formats"]["a/b"][0]
    assert said == {
        "when": "less", "value": "0.1", "to": None, "font": None, "fill": None, "bold": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("condition", "at", "problem"),
    [
        ("red", "", "must be an object such as"),
        ({"bold": True}, "", "must be an object such as"),
        ({"when": "greatr", "value": 1, "bold": True}, "/when", "Did you mean greater?"),
        ({"when": "less", "bold": True}, "/value", "say what to compare with"),
        ({"when": "empty", "value": 1, "bold": True}, "/value", "leave it out"),
        ({"when": "between", "value": 1, "bold": True}, "/to", "give the upper end"),
        ({"when": "less", "value": 1, "to": 2, "bold": True}, "/to", "leave it out"),
        ({"when": "top", "value": 0, "bold": True}, "/value", "from 1 to 1000"),
        ({"when": "top", "value": True, "bold": True}, "/value", "from 1 to 1000"),
        ({"when": "contains", "value": 5, "bold": True}, "/value", "must be a text"),
        ({"when": "less", "value": 1}, "/fill", "set one of them"),
        ({"when": "less", "value": [1], "bold": True}, "/value", "not an array"),
        ({"when": "less", "value": 10**15, "bold": True}, "/value", "must be a number"),
        ({"when": "less", "value": float("nan"), "bold": True}, "/value", "must be a number"),
        ({"when": "equal", "value": "x" * 101, "bold": True}, "/value", "1 to 100"),
        ({"when": "equal", "value": "a\nb", "bold": True}, "/value", "printable"),
        ({"when": "less", "value": 1, "fill": "red"}, "/fill", "must be a colour"),
        ({"when": "less", "value": 1, "bold": True, "colour": "#fff"}, "/colour", "is unknown"),
        ({"scale": ["#ffffff"]}, "/scale", "must have 2 or 3 colours"),
        ({"scale": ["#ffffff"] * 4}, "/scale", "at most 3"),
        ({"scale": ["#ffffff", "white"]}, "/scale/1", "must be a colour"),
        ({"scale": "#ffffff"}, "/scale", "must be an array"),
        ({"bars": None}, "/bars", "must be a colour"),
    ],
)
def test_a_mistake_is_said_with_its_place(condition: object, at: str, problem: str) -> None:
    first = {"bars": "#638ec6"}
    assert problem in _problems(first, condition)[f"/a~1b/1{at}"]


def test_conditions_are_an_array_of_some_by_field() -> None:
    assert "at most 20" in _problems(*[{"bars": "#638ec6"}] * 21)[""]
    with pytest.raises(FormatInvalid, match="must be an object such as"):
        parse_format({"format": "xlsx", "options": {"conditional_formats": []}})
