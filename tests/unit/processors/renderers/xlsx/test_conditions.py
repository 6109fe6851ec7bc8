"""Conditional formats as they stand in a workbook."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import openpyxl
import pytest

from domain.datasets import FieldType
from domain.formats import XlsxOptions, parse_format
from processors.renderers.frames import FieldNotThere
from processors.renderers.xlsx import frame as frames
from processors.renderers.xlsx.conditions import ConditionUnfit
from tests.joined import joined
from tests.unit.processors.renderers.xlsx.sheets import fragment, frame
from tests.workbooks import check


def _options(**by_field: list[dict[str, Any]]) -> XlsxOptions:
    asked = {"format": "xlsx", "options": {"conditional_formats": by_field}}
    options = parse_format(asked).options
    assert isinstance(options, XlsxOptions)
    return options


def _rules(type_: FieldType, *conditions: dict[str, Any]) -> list[Any]:
    made = frame(_options(a=list(conditions)), type_)
    file = joined(made, [made.render(fragment(rb"\N"))])
    check(file)
    sheet = openpyxl.load_workbook(BytesIO(file)).active
    return [rule for each in sheet.conditional_formatting for rule in each.rules]


def test_conditions_reach_over_the_rows_of_each_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "SHEET_FRAGMENTS", 2)
    made = frame(_options(b=[{"bars": "#638ec6"}]), FieldType.TEXT, FieldType.INTEGER)
    rendered = [made.render(fragment(b"x\t%d" % n, b"y\t2", b"\xff\t1")) for n in range(3)]
    book = openpyxl.load_workbook(BytesIO(joined(made, rendered)))
    ranges = [[str(each.sqref) for each in sheet.conditional_formatting] for sheet in book]
    assert ranges == [["B2:B5"], ["B2:B3"]]


def test_a_sheet_without_rows_has_its_conditions_over_the_empty_one() -> None:
    made = frame(_options(a=[{"bars": "#638ec6"}]), FieldType.INTEGER)
    sheet = openpyxl.load_workbook(BytesIO(joined(made))).active
    assert [str(each.sqref) for each in sheet.conditional_formatting] == ["A2"]


@pytest.mark.parametrize(
    ("type_", "when", "value", "formula"),
    [
        (FieldType.INTEGER, "greater", 5, "5"),
        (FieldType.DECIMAL, "less", "-0.10", "-0.1"),
        (FieldType.FLOAT, "equal", 1e300, "1E+300"),
        (FieldType.DATE, "at-least", "2013-12-31", "41639"),
        (FieldType.INSTANT, "less", "1900-03-01", "61"),
        (FieldType.BOOLEAN, "equal", True, "TRUE"),
        (FieldType.TEXT, "equal", '=1+"x"', '"=1+""x"""'),
    ],
)
def test_values_are_written_as_excel_reads_them(
    type_: FieldType, when: str, value: object, formula: str
) -> None:
    (rule,) = _rules(type_, {"when": when, "value": value, "fill": "#ffc7ce"})
    assert rule.type == "cellIs"
    assert rule.formula == [formula]
    assert rule.dxf.fill.bgColor.rgb == "00FFC7CE"


def test_texts_are_found_without_patterns_and_quotes_are_doubled() -> None:
    holds, begins = _rules(
        FieldType.TEXT,
        {"when": "contains", "value": 'a*"', "font": "#9c0006", "bold": True},
        {"when": "begins", "value": "😀x", "bold": True},
    )
    assert holds.formula == ['NOT(ISERROR(SEARCH("a~*""",A2)))']
    assert begins.formula == ['LEFT(A2,3)="😀x"']
    assert holds.dxf.font.color.rgb == "009C0006"
    assert holds.dxf.font.b
    assert begins.dxf.font.color is None


def test_every_other_kind_is_there() -> None:
    rules = _rules(
        FieldType.DECIMAL,
        {"when": "between", "value": 1, "to": 2.5, "bold": True},
        {"when": "not-between", "value": 1, "to": 2, "bold": True},
        {"when": "top", "value": 10, "bold": True},
        {"when": "bottom", "value": 3, "bold": True},
        {"when": "duplicate", "bold": True},
        {"when": "empty", "bold": True},
        {"scale": ["#ffffff", "#63be7b"]},
        {"scale": ["#f8696b", "#ffeb84", "#63be7b"]},
        {"bars": "#638ec6"},
    )
    assert [(r.type, r.operator, r.rank, r.bottom) for r in rules[:4]] == [
        ("cellIs", "between", None, None),
        ("cellIs", "notBetween", None, None),
        ("top10", None, 10, None),
        ("top10", None, 3, True),
    ]
    assert rules[0].formula == ["1", "2.5"]
    assert [rule.type for rule in rules[4:]] == [
        "duplicateValues", "containsBlanks", "colorScale", "colorScale", "dataBar",
    ]  # fmt: skip
    assert [len(rule.colorScale.color) for rule in rules[6:8]] == [2, 3]
    assert [rule.priority for rule in rules] == list(range(1, 10))


@pytest.mark.parametrize(
    ("type_", "condition", "problem"),
    [
        (FieldType.INTEGER, {"when": "less", "value": "many", "bold": True}, "write a number"),
        (FieldType.INTEGER, {"when": "less", "value": "NaN", "bold": True}, "write a number"),
        (FieldType.FLOAT, {"when": "less", "value": "1e308", "bold": True}, "write a number"),
        (FieldType.INTEGER, {"when": "less", "value": True, "bold": True}, "write a number"),
        (FieldType.DATE, {"when": "less", "value": 41639, "bold": True}, "write a day from"),
        (FieldType.DATE, {"when": "less", "value": "1900-02-28", "bold": True}, "write a day"),
        (FieldType.BOOLEAN, {"when": "equal", "value": 1, "bold": True}, "write true or false"),
        (FieldType.TEXT, {"when": "equal", "value": 1, "bold": True}, "write a text"),
        (FieldType.TIME, {"when": "equal", "value": "10:00", "bold": True}, "top, bottom"),
        (FieldType.TEXT, {"bars": "#638ec6"}, "data bars of a"),
        (FieldType.UUID, {"scale": ["#ffffff", "#638ec6"]}, "a colour scale of a"),
        (FieldType.BOOLEAN, {"when": "top", "value": 1, "bold": True}, "the top of a"),
    ],
)
def test_what_values_can_never_be_is_refused(
    type_: FieldType, condition: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ConditionUnfit, match=problem):
        frame(_options(a=[condition]), type_)


def test_conditions_of_a_field_that_is_not_there_are_refused() -> None:
    with pytest.raises(FieldNotThere, match="conditional_formats names 'b'"):
        frame(_options(b=[{"bars": "#638ec6"}]), FieldType.INTEGER)


def test_rows_are_the_same_bytes_with_conditions_or_without() -> None:
    dressed = frame(_options(a=[{"bars": "#638ec6"}]), FieldType.INTEGER)
    plain = frame(XlsxOptions(), FieldType.INTEGER)
    assert dressed.render(fragment(b"5")) == plain.render(fragment(b"5"))
