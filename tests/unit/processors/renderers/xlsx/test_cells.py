"""What a cell of a workbook holds for each kind of value."""

from __future__ import annotations

import pytest

from domain.datasets import FieldType
from domain.formats import LongText, XlsxOptions
from processors.renderers import Reason
from tests.unit.processors.renderers.xlsx.sheets import cells, fragment, frame, inflated, workbook
from tests.workbooks import read_with_calamine, read_with_openpyxl

_TEXT = FieldType.TEXT


def _text(escaped: str) -> str:
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escaped}</t></is></c>'


def _number(digits: str) -> str:
    return f"<c><v>{digits}</v></c>"


@pytest.mark.parametrize(
    ("value", "escaped"),
    [
        (b"plain", "plain"),
        (b"", ""),
        (b" both ends ", " both ends "),
        (b"<a> & ]]>", "&lt;a&gt; &amp; ]]&gt;"),
        (rb"two\nlines", "two&#10;lines"),
        (rb"two\r\nlines", "two&#13;&#10;lines"),
        (rb"a\tb", "a&#9;b"),
        (rb"\\N", r"\N"),
        (rb"C:\\new\\table", r"C:\new\table"),
        (rb"a\bb\fc\vd", "a_x0008_b_x000C_c_x000B_d"),
        (b"a\x01b", "a_x0001_b"),
        (b"_x0041_", "_x005F_x0041_"),
        (b"_x004_", "_x004_"),
        (b"_x0041\x01", "_x005F_x0041_x0001_"),
        (rb"_x0041\b", "_x005F_x0041_x0008_"),
        ("\ufffe_x0041\uffff".encode(), "_xFFFE__x005F_x0041_xFFFF_"),
        (b"=1+1", "=1+1"),
        (b"@SUM(A1)", "@SUM(A1)"),
        (b"-5", "-5"),
        (b"007", "007"),
        (b"1234567890123456789", "1234567890123456789"),
        ("李小龍 😀 مرحبا".encode(), "李小龍 😀 مرحبا"),
    ],
)
def test_a_text_stays_what_it_is(value: bytes, escaped: str) -> None:
    assert cells(_TEXT, value) == [_text(escaped)]
    assert cells(_TEXT, b"x", value, rb"\N") == [_text("x"), _text(escaped), "<c/>"]


@pytest.mark.parametrize("type_", FieldType)
def test_null_is_an_empty_cell_or_the_text_for_it(type_: FieldType) -> None:
    assert cells(type_, rb"\N", rb"\N") == ["<c/>", "<c/>"]
    assert cells(type_, rb"\N", null_text="<none>") == [_text("&lt;none&gt;")]


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        (FieldType.INTEGER, b"0"),
        (FieldType.INTEGER, b"-5"),
        (FieldType.INTEGER, b"-999999999999999"),
        (FieldType.DECIMAL, b"-0.10"),
        (FieldType.DECIMAL, b"12345678901234.5"),
        (FieldType.DECIMAL, b"123456789012345.00"),
        (FieldType.DECIMAL, b"0.0000000000000000123"),
        (FieldType.FLOAT, b"0.30000000000000004"),
        (FieldType.FLOAT, b"1e-05"),
        (FieldType.FLOAT, b"-0"),
        (FieldType.FLOAT, b"1e+300"),
    ],
)
def test_numbers_that_excel_keeps_are_numbers(type_: FieldType, value: bytes) -> None:
    assert cells(type_, value) == [_number(value.decode())]
    assert cells(type_, value, b"7", rb"\N") == [_number(value.decode()), _number("7"), "<c/>"]


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        (FieldType.INTEGER, b"1234567890123456"),
        (FieldType.INTEGER, b"-1000000000000000000"),
        (FieldType.INTEGER, b"007"),
        (FieldType.DECIMAL, b"0.1234567890123456"),
        (FieldType.DECIMAL, b"1234567890123456.00"),
        (FieldType.DECIMAL, b"0." + b"0" * 400 + b"1"),
        (FieldType.DECIMAL, b"NaN"),
        (FieldType.DECIMAL, b"-Infinity"),
        (FieldType.FLOAT, b"NaN"),
        (FieldType.FLOAT, b"Infinity"),
        (FieldType.FLOAT, b"5e-324"),
        (FieldType.FLOAT, b"1.7976931348623157e+308"),
        (FieldType.INTEGER, b"2013-01-01"),
        (FieldType.INTEGER, b"1-2"),
        (FieldType.BOOLEAN, b"tt"),
        (FieldType.BOOLEAN, b""),
        (FieldType.DATE, b"1900-02-28"),
        (FieldType.DATE, b"0001-01-01"),
        (FieldType.DATE, b"infinity"),
        (FieldType.DATE, b"0044-03-15 BC"),
        (FieldType.DATE, b"10000-01-01"),
        (FieldType.DATE, b"2013-02-30"),
        (FieldType.DATE, b"20130101"),
        (FieldType.TIME, b"05:00:00+01"),
        (FieldType.TIME, b"25:00:00"),
        (FieldType.TIMESTAMP, b"-infinity"),
        (FieldType.TIMESTAMP, b"1900-02-28 23:59:59"),
        (FieldType.TIMESTAMP, b"2013-01-01 00:61:00"),
        (FieldType.TIMESTAMP, b"0044-03-15 12:00:00 BC"),
        (FieldType.INSTANT, b"0001-01-01 00:00:00+00"),
        (FieldType.INSTANT, b"10000-01-01 00:00:00+00"),
        (FieldType.UUID, b"not one"),
    ],
)
def test_what_excel_has_no_value_for_is_a_text(type_: FieldType, value: bytes) -> None:
    assert cells(type_, value) == [_text(value.decode())]
    assert cells(type_, rb"\N", value) == ["<c/>", _text(value.decode())]


def test_booleans_are_booleans() -> None:
    one, zero = '<c t="b"><v>1</v></c>', '<c t="b"><v>0</v></c>'
    assert cells(FieldType.BOOLEAN, b"t", b"f") == [one, zero]
    assert cells(FieldType.BOOLEAN, b"t", rb"\N", b"f") == [one, "<c/>", zero]


@pytest.mark.parametrize(
    ("type_", "value", "serial"),
    [
        (FieldType.DATE, b"1900-03-01", "61"),
        (FieldType.DATE, b"2013-01-01", "41275"),
        (FieldType.DATE, b"9999-12-31", "2958465"),
        (FieldType.TIME, b"00:00:00", "0.0"),
        (FieldType.TIME, b"18:00:00", "0.75"),
        (FieldType.TIME, b"24:00:00", "1.0"),
        (FieldType.TIMESTAMP, b"2013-01-01 06:00:00", "41275.25"),
        (FieldType.TIMESTAMP, b"2013-01-01 00:00:00.5", "41275.000005787035"),
        (FieldType.INSTANT, b"2013-01-01 12:00:00+00", "41275.5"),
    ],
)
def test_dates_and_times_are_days_since_1899(type_: FieldType, value: bytes, serial: str) -> None:
    assert cells(type_, value) == [_number(serial)]


def test_the_last_microsecond_of_a_day_stays_in_it() -> None:
    file = workbook(XlsxOptions(), [FieldType.TIMESTAMP], b"2013-01-01 23:59:59.999999")
    for read in (read_with_openpyxl, read_with_calamine):
        [[moment]] = read(file)[1:]
        assert moment.isoformat(timespec="milliseconds") == "2013-01-01T23:59:59.999"


@pytest.mark.parametrize(
    ("zone", "instant", "clock"),
    [
        ("Europe/Madrid", b"2013-03-31 00:59:59+00", "2013-03-31T01:59:59"),
        ("Europe/Madrid", b"2013-03-31 01:00:00+00", "2013-03-31T03:00:00"),
        ("Europe/Madrid", b"2013-10-27 00:30:00+00", "2013-10-27T02:30:00"),
        ("Europe/Madrid", b"2013-10-27 01:30:00+00", "2013-10-27T02:30:00"),
        ("Asia/Kolkata", b"2013-12-31 18:45:00.25+00", "2014-01-01T00:15:00.250000"),
        ("America/New_York", b"2013-01-01 00:00:00.123456+00", "2012-12-31T19:00:00.123000"),
        ("Africa/Monrovia", b"1960-01-01 00:00:00+00", "1959-12-31T23:15:30"),
    ],
)
def test_an_instant_shows_what_the_clocks_showed(zone: str, instant: bytes, clock: str) -> None:
    file = workbook(XlsxOptions(zone=zone), [FieldType.INSTANT], instant)
    [[moment]] = read_with_openpyxl(file)[1:]
    assert moment.isoformat() == clock


def test_an_instant_that_has_no_serial_keeps_its_offset() -> None:
    old = b"1850-01-01 00:00:00+00"
    assert cells(FieldType.INSTANT, old, zone="Europe/Madrid") == [_text(old.decode())]


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (b"x" * 32_767, "x" * 32_767),
        (b"x" * 32_768, "x" * 32_763 + " […]"),
        ("𝔘".encode() * 16_384, "𝔘" * 16_381 + " […]"),
        ("é".encode() * 32_767, "é" * 32_767),
        (rb"a\n" * 16_384, ("a&#10;" * 16_382)[:-5] + " […]"),
        (b"a" * 32_766 + rb"\\", "a" * 32_766 + "\\"),
        (rb"\\N" * 20_000, "\\N" * 16_381 + "\\ […]"),
    ],
)
def test_a_text_longer_than_a_cell_is_cut_with_a_mark_when_asked(value: bytes, kept: str) -> None:
    found = cells(_TEXT, b"short", value, on_long_text=LongText.CUT)
    assert found[1] == _text(kept)
    assert found[0] == _text("short")


def test_a_text_longer_than_a_cell_rejects_its_row() -> None:
    rows = fragment(b"short\t1", b"x" * 100_000 + b"\t2", b"short\t3")
    part = frame(XlsxOptions(), _TEXT, FieldType.INTEGER).render(rows)
    assert [(each.row, each.field, each.reason) for each in part.rejected] == [
        (1, "a", Reason.CELL_TOO_LONG)
    ]
    assert part.rows == inflated(part).count("<row>") == 2


def test_cells_have_the_style_of_their_column() -> None:
    options = XlsxOptions(decimal_format="0.00", field_formats=(("c", "@"),))
    made = frame(options, _TEXT, FieldType.DECIMAL, _TEXT)
    xml = inflated(made.render(fragment(b"x\t1\ty", rb"\N" + b"\tNaN\t")))
    assert xml.count('<c s="') == 4
    assert '<row><c t="inlineStr">' in xml
