"""A workbook's summary as it is asked for in JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from domain.formats import FormatInvalid, XlsxOptions, parse_format, to_json
from domain.xlsx_summaries import Chart, ChartKind, Figure, Group, Summary

_ASKED: dict[str, Any] = {
    "figures": {"amount": ["sum", "max"]},
    "groups": [{"by": "status", "sums": ["amount"]}, {"by": "day"}],
    "charts": [{"kind": "pie", "by": "status", "of": "amount"}, {"kind": "bar", "by": "day"}],
}


def _problems(summary: object) -> dict[str, str]:
    with pytest.raises(FormatInvalid) as refused:
        parse_format({"format": "xlsx", "options": {"summary": summary}})
    return {p.at.removeprefix("/options/summary"): p.text for p in refused.value.problems}


def test_a_summary_comes_back_from_its_json() -> None:
    spec = parse_format({"format": "xlsx", "options": {"summary": _ASKED}})
    assert isinstance(spec.options, XlsxOptions)
    summary = spec.options.summary
    assert isinstance(summary, Summary)
    assert summary.figures == (("amount", (Figure.SUM, Figure.MAX)),)
    assert summary.groups == (Group(by="status", sums=("amount",)), Group(by="day"))  # type: ignore[arg-type]  # equal to it
    assert summary.charts[0] == Chart(kind=ChartKind.PIE, by="status", of="amount")
    assert parse_format(json.loads(json.dumps(to_json(spec)))) == spec
    assert hash(spec)


def test_without_a_summary_the_option_is_null() -> None:
    assert to_json(parse_format({"format": "xlsx"}))["options"]["summary"] is None


@pytest.mark.parametrize(
    ("change", "at", "problem"),
    [
        ({"figures": {}, "groups": [], "charts": []}, "/figures", "ask for one of them"),
        ({"figures": {"a": []}}, "/figures", "must name some of sum"),
        ({"figures": {"a": ["total"]}}, "/figures/a/0", "Use sum, average"),
        ({"figures": {"a": ["sum", "sum"]}}, "/figures", "names something twice"),
        ({"figures": ["a"]}, "/figures", "must be an object such as"),
        ({"groups": [{"sums": []}]}, "/groups/0/by", "is missing"),
        ({"groups": [{"by": ""}]}, "/groups/0/by", "must be the name"),
        ({"groups": [{"by": "a", "sums": [5]}]}, "/groups/0/sums/0", "not a number"),
        ({"groups": [{"by": "a", "sums": ["b", "b"]}]}, "/groups/0/sums", "twice"),
        ({"groups": [{"by": "day"}, {"by": "day"}]}, "/groups/1/by", "grouped by already"),
        ({"groups": [{"by": "a"}] * 5}, "/groups", "at most 4"),
        ({"charts": [{"kind": "pie", "by": "zip"}]}, "/charts/0/by", "names no group"),
        (
            {"charts": [{"kind": "pie", "by": "day", "of": "amount"}]},
            "/charts/0/of",
            "names no sum of that group",
        ),
        ({"charts": [{"kind": "radar", "by": "day"}]}, "/charts/0/kind", "Use bar"),
        ({"chart": []}, "/chart", "Did you mean charts?"),
    ],
)
def test_a_mistake_is_said_with_its_place(change: dict[str, Any], at: str, problem: str) -> None:
    assert problem in _problems({**_ASKED, **change})[at]


@pytest.mark.parametrize("summary", [[], True, "all"])
def test_a_summary_is_an_object_or_null(summary: object) -> None:
    assert "must be an object" in _problems(summary)[""]
