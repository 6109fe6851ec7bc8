"""Charts of a summary's totals."""

from __future__ import annotations

import re
from typing import Any

import pytest

from domain.datasets import FieldType
from domain.formats import XlsxOptions, parse_format
from tests.joined import joined
from tests.unit.processors.renderers.xlsx.sheets import fragment, frame
from tests.workbooks import check, parts


def _file(
    charts: list[dict[str, Any]], *lines: bytes, more: dict[str, Any] | None = None
) -> dict[str, bytes]:
    groups: list[dict[str, Any]] = [{"by": "a", "sums": ["b", "c"]}, {"by": "b"}, {"by": "d"}]
    given = {"summary": {"groups": groups, "charts": charts}, **(more or {})}
    options = parse_format({"format": "xlsx", "options": given}).options
    assert isinstance(options, XlsxOptions)
    types = [FieldType.TEXT, FieldType.INTEGER, FieldType.DECIMAL, FieldType.DATE]
    made = frame(options, *types)
    file = joined(made, [made.render(fragment(*lines))] if lines else [])
    check(file)
    return parts(file)


_LINES = (b"x\t1\t0.5\t2013-01-02", b"=y\t2\t0.25\t2013-01-01", b"x\t4\t1\tinfinity")


@pytest.mark.parametrize(
    ("kind", "drawn"),
    [
        ("bar", b'<barChart><barDir val="bar"/>'),
        ("column", b'<barChart><barDir val="col"/>'),
        ("line", b"<lineChart>"),
        ("pie", b"<pieChart>"),
    ],
)
def test_a_chart_shows_a_group_and_carries_its_values(kind: str, drawn: bytes) -> None:
    chart = _file([{"kind": kind, "by": "a", "of": "c"}], *_LINES)["xl/charts/chart1.xml"]
    assert drawn in chart
    assert re.findall(rb"<f>(.*?)</f>", chart) == [
        b"'Summary'!$A$2:$A$3", b"'Summary'!$D$2:$D$3",
    ]  # fmt: skip
    assert re.findall(rb"<v>(.*?)</v>", chart) == [b"=y", b"x", b"0.25", b"1.5"]
    assert b"<a:t>Sum of C</a:t>" in chart


def test_a_chart_without_a_sum_shows_rows_and_days_as_days() -> None:
    chart = _file([{"kind": "line", "by": "d"}], *_LINES)["xl/charts/chart1.xml"]
    assert re.findall(rb"<v>(.*?)</v>", chart) == [
        b"2013-01-01", b"2013-01-02", b"infinity", b"1", b"1", b"1",
    ]  # fmt: skip
    assert b"<a:t>Rows</a:t>" in chart


@pytest.mark.filterwarnings("ignore:Cell .* is marked as a date")
@pytest.mark.parametrize("kind", ["bar", "column", "line", "pie"])
def test_integers_that_look_like_dates_are_integers(kind: str) -> None:
    integers = [b"-5", b"0", b"59", b"41542", b"99999999"]
    lines = [b"x\t%b\t1\t2013-01-01" % integer for integer in integers]
    more = {"integer_format": "yyyy", "date_format": "0"}
    charts = [{"kind": kind, "by": "b"}, {"kind": kind, "by": "d"}]
    made = _file(charts, *lines, more=more)
    assert re.findall(rb"<v>(.*?)</v>", made["xl/charts/chart1.xml"]) == [*integers, *[b"1"] * 5]
    assert b"<v>2013-01-01</v>" in made["xl/charts/chart2.xml"]


def test_charts_stand_below_each_other_right_of_the_figures() -> None:
    wanted = [{"kind": "pie", "by": "a"}, {"kind": "bar", "by": "d"}]
    drawing = _file(wanted, *_LINES)["xl/drawings/drawing1.xml"]
    assert re.findall(rb"<(?:xdr:)?col>(\d+)</", drawing) == [b"5", b"5"]
    assert re.findall(rb"<(?:xdr:)?row>(\d+)</", drawing) == [b"0", b"17"]


def test_a_group_without_totals_has_no_chart() -> None:
    many = [b"v%d\t1\t1\t2013-01-01" % number for number in range(257)]
    assert "xl/charts/chart1.xml" not in _file([{"kind": "pie", "by": "a"}], *many)
    assert "xl/charts/chart1.xml" not in _file([{"kind": "pie", "by": "a"}])
