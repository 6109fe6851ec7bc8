"""Columns are so wide that Excel shows no #### instead of numbers and dates."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from domain.datasets import FieldType
from domain.formats import XlsxOptions, parse_format
from processors.renderers import Column, Member, RenderPlan, prepare
from processors.renderers.xlsx.shown import digits_of, shown_width
from tests.joined import joined
from tests.unit.processors.renderers.xlsx.sheets import fragment, frame

_INTEGER, _DECIMAL, _FLOAT = FieldType.INTEGER, FieldType.DECIMAL, FieldType.FLOAT


def _sheets(types: list[FieldType], *lines: bytes, **options: Any) -> list[Worksheet]:
    given = parse_format({"format": "xlsx", "options": options}).options
    assert isinstance(given, XlsxOptions)
    made = frame(given, *types)
    file = joined(made, [made.render(fragment(*lines))])
    return [*openpyxl.load_workbook(BytesIO(file)).worksheets]


def _width(type_: FieldType, *lines: bytes, **options: Any) -> float:
    (sheet,) = _sheets([type_], *lines, **options)
    width = sheet.column_dimensions["A"].width
    assert isinstance(width, float)
    return width


@pytest.mark.parametrize(
    ("code", "value", "text"),
    [
        ("0", -2147483648, "-2147483648"),
        ("#,##0", -2147483648, "-2,147,483,648"),
        ('#,##0.00 "EUR"', 123456789, "123,456,789.00 EUR"),
        ("0.00", 0.5, "0.50"),
        ("00000", 7, "00007"),
        ("0.0%", 12.345, "1234.5%"),
        ("#,##0%", 12.345, "1,235%"),
        ('#,##0.0,,"M"', 1234567890, "1,234.6M"),
        ("#,##0,", 1234567890, "1,234,568"),
        ("0.00E+00", 1e300, "1.00E+300"),
        ("##0.0E+0", -123456, "-123.5E+3"),
        ("# ?/?", 1234.5, "1234 1/2"),
        ("# ??/100", 1234.5, "1234 50/100"),
        ("(000) 000-0000", 2125551234, "(212) 555-1234"),
        ('0;"minus "0', -12, "minus 12"),
        ("0_);(0)", -1234, "(1234)"),
        ('0;-0;"none at all"', 0, "none at all"),
        ("[$€-407] #,##0.00", 1234.5, "€ 1,234.50"),
        ("#,##0.00 [$EUR]", 1234.5, "1,234.50 EUR"),
        ('0.0 "億円"', 1, "1.0 ____"),
        ("0.00;General", -1234567, "-1234567"),
    ],
)
def test_the_width_of_a_number_is_that_of_what_is_shown(code: str, value: float, text: str) -> None:
    spare = shown_width(code, digits_of(value)) - len(text)
    assert 0 <= spare <= 5


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("yyyy-mm-dd", "2013-09-25"),
        ("d/m/yy", "25/09/13"),
        ("dddd, d mmmm yyyy", "Wednesday, 25 September 2013"),
        ("[$-416]dddd", "segunda-feira"),
        ("[$-415]d mmmm", "12 października"),
        ("ddd d mmm", "Wed 25 Sept"),
        ("yyyy-mm-dd hh:mm:ss.000", "2013-09-25 23:59:59.999"),
        ("h:mm AM/PM", "12:59 PM"),
        ("[h]:mm:ss", "71003159:59:59"),
        ("[m]", "4260189599"),
        ("[s].00", "255611375999.99"),
        ('yyyy"年"m"月"', "2013__12__"),
        ("0", "2958465"),
    ],
)
def test_the_width_of_a_date_is_that_of_the_longest(code: str, text: str) -> None:
    assert 0 <= shown_width(code, 7) - len(text) <= 12


def test_a_date_with_names_has_room_for_the_longest() -> None:
    width = _width(FieldType.DATE, b"2013-05-01", date_format="dddd, d mmmm yyyy")
    assert width > len(f"{date(2013, 9, 25):%A, %d %B %Y}")
    assert _width(FieldType.DATE, b"2013-05-01") == 11


def test_a_number_among_later_rows_has_room() -> None:
    rows = [*[b"5"] * 100, b"123456789"]
    assert _width(_INTEGER, *rows, integer_format='#,##0.00 "EUR"') > len("123,456,789.00 EUR")
    assert _width(_DECIMAL, *rows, decimal_format='#,##0.00 "EUR"') > len("123,456,789.00 EUR")
    assert _width(_INTEGER, *rows) > len("-2147483648")


def test_great_numbers_have_their_room_and_one_digit_more() -> None:
    assert _width(_DECIMAL, b"123456789012.5", decimal_format="#,##0.00") == len(
        "-1,234,567,890,123.00 "
    )
    assert _width(_FLOAT, b"1e+20", float_format="0") == len("-1000000000000000000000 ")


def test_what_is_a_text_among_numbers_and_dates_has_room() -> None:
    assert _width(_INTEGER, b"1234567890123456789") == 20
    assert _width(FieldType.DATE, b"123456-01-02 BC") == 16
    assert _width(FieldType.TIMESTAMP, b"2013-01-01 00:00:00.123456") == 20
    assert _width(FieldType.TIMESTAMP, b"0044-03-15 00:00:00.123456 BC") == 30


def test_general_goes_by_what_is_there() -> None:
    assert _width(_DECIMAL, b"1234.56", header="names") == 8
    assert _width(_FLOAT, b"1") == 6


def test_a_boolean_has_room_in_any_language() -> None:
    assert _width(FieldType.BOOLEAN, b"f") == len("VERDADERO ")


def test_numbers_and_dates_are_shrunk_rather_than_not_shown() -> None:
    types = [_INTEGER, FieldType.DATE, FieldType.TEXT, _DECIMAL]
    (sheet,) = _sheets(types, b"1\t2013-01-01\tx\t1.5")
    shrunk = [bool(cell.alignment.shrink_to_fit) for cell in sheet[2]]
    assert shrunk == [True, True, False, False]  # General shows what there is room for


def test_a_column_of_a_formula_is_as_wide_as_its_format() -> None:
    formulas = [
        {"name": "eur", "formula": "a * 2", "number_format": '#,##0.00 "EUR"'},
        {"name": "plain", "formula": "a * 2"},
    ]
    (sheet,) = _sheets([_INTEGER], b"1", formulas=formulas)
    assert sheet.column_dimensions["B"].width > len("1,234,567,890.00 EUR")
    assert sheet.column_dimensions["C"].width == 12


def test_the_summary_is_as_wide_as_its_figures() -> None:
    summary = {"figures": {"a": ["sum"]}, "groups": [{"by": "b"}]}
    lines = [b"123456789012\t2013-09-25"] * 3
    formats = {"a": '#,##0.00 "EUR"', "b": "dddd, d mmmm yyyy"}
    first, _ = _sheets([_INTEGER, FieldType.DATE], *lines, summary=summary, field_formats=formats)
    assert first.column_dimensions["B"].width > len("370,370,367,036.00 EUR")
    assert first.column_dimensions["A"].width > len("Wednesday, 25 September 2013")


def test_a_relations_sheet_goes_by_the_same_rules() -> None:
    options = {
        "relation_sheets": {"lines": ["id"]},
        "field_formats": {"lines.amount": '#,##0.00 "EUR"'},
    }
    members = (Member(name="amount", type=_INTEGER),)
    columns = (
        Column(name="id", label="Id", type=_INTEGER),
        Column(name="lines", label="Lines", type=FieldType.JSON, members=members),
    )
    spec = parse_format({"format": "xlsx", "options": options})
    made = prepare(RenderPlan(spec=spec, columns=columns))
    file = joined(made, [made.render(fragment(b'1\t[{"amount": 5}]'))])
    _, sheet = openpyxl.load_workbook(BytesIO(file)).worksheets
    assert sheet.column_dimensions["B"].width > len("1,234,567,890.00 EUR")
    assert sheet["B2"].alignment.shrink_to_fit
