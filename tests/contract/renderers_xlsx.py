"""What readers find in a workbook for a value of the source, and the choices that the contract's
workbooks are made with."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from domain.datasets import FieldType
from domain.formats import Header, XlsxOptions
from tests.contract.renderers_rows import COLUMNS, Value
from tests.uploaded_workbooks import in_base64, sheet_workbook
from tests.workbooks import (
    Table,
    check,
    parts,
    read_with_calamine,
    read_with_openpyxl,
    sheet_rows,
)

LONGEST_CELL = 32_767
_FIRST = datetime.fromisoformat("1900-03-01")

READERS = {"openpyxl": read_with_openpyxl, "calamine": read_with_calamine}
PLAIN = XlsxOptions()
CHOICES = {
    ("plain", "openpyxl"): PLAIN,
    ("plain", "calamine"): PLAIN,
    ("dressed", "openpyxl"): XlsxOptions(
        header=Header.NAMES,
        sheet_name="李's <rows> & more",
        table_style=None,
        freeze_columns=1,
        auto_widths=False,
        integer_format="#,##0",
        decimal_format="#,##0.00;[Red]-#,##0.00",
        instant_format="[$-409]d mmm yyyy h:mm:ss.000 AM/PM",
        field_formats=(("float", "0.00E+00"), ("text", "@")),
        zone="Europe/Madrid",
    ),
    ("bare", "calamine"): XlsxOptions(
        header=Header.NONE, table_style=None, autofilter=False, freeze_header=False
    ),
}


UPLOADED = XlsxOptions(
    workbook=in_base64(
        sheet_workbook(
            ["<c r='B1' t='inlineStr'><is><t>{{waybill.rows}}</t></is></c>"],
            [],
            [
                "<c r='B3'><v>7</v></c>",
                *(
                    f"<c t='inlineStr'><is><t>{{{{{column.name}}}}}</t></is></c>"
                    for column in reversed(COLUMNS)
                ),
                "<c t='inlineStr'><is><t>the same</t></is></c>",
            ],
        )
    ),
    zone="Europe/Madrid",
)
"""Its columns are in another order, beside what is the same in every row."""


def uploaded_reader(read: Callable[[bytes], Table]) -> Callable[[bytes], Table]:
    def rows(file: bytes) -> Table:
        check(file)
        (_, count, *_), *table = read(file)
        found = [row + [None] * (len(COLUMNS) + 3 - len(row)) for row in table[1 : int(count) + 1]]
        assert all(row[1] == 7 and row[-1] == "the same" for row in found)
        return [row[-2:1:-1] for row in found]

    return rows


def reader(options: XlsxOptions, read: Callable[[bytes], Table]) -> Callable[[bytes], Table]:
    def rows(file: bytes) -> Table:
        check(file)
        written = len(list(sheet_rows(parts(file)["xl/worksheets/sheet1.xml"])))
        table = read(file)[:written]  # a table of no rows has an empty one
        table += [[]] * (written - len(table))  # rows of nulls are not seen as rows at the end
        if options.header is not Header.NONE:
            labels = options.header is Header.LABELS
            assert table.pop(0) == [column.label if labels else column.name for column in COLUMNS]
        return [_padded(row) for row in table]

    return rows


def expects(options: XlsxOptions, reader_name: str) -> Callable[[FieldType, Value], Any]:
    return partial(_expected, ZoneInfo(options.zone), tells_empty=reader_name == "openpyxl")


def _padded(row: list[Any]) -> list[Any]:
    return row + [None] * (len(COLUMNS) - len(row))


def _expected(zone: ZoneInfo, type_: FieldType, value: Value, *, tells_empty: bool) -> Any:
    if value is None or (value == "" and not tells_empty):
        return None
    match type_:
        case FieldType.INTEGER:
            return int(value) if len(value.lstrip("-")) <= 15 else value
        case FieldType.DECIMAL:
            return _decimal(value)
        case FieldType.FLOAT:
            return _float(value)
        case FieldType.BOOLEAN:
            return value == "t"
        case FieldType.DATE:
            return _kept(_moment(f"{value} 00:00:00"), value)
        case FieldType.TIME:
            return _in_milliseconds(
                datetime.combine(date(2000, 1, 1), time.fromisoformat(value))
            ).time()
        case FieldType.TIMESTAMP:
            return _kept(_moment(value), value)
        case FieldType.INSTANT:
            return _kept(_local(_moment(value.removesuffix("+00")), zone), value)
        case _:
            return value


def _decimal(value: str) -> float | str:
    number = Decimal(value)
    if not number.is_finite():
        return value
    whole, _, fraction = value.lstrip("-").partition(".")
    exact = len((whole + fraction.rstrip("0")).lstrip("0")) <= 15
    return float(value) if exact and (not number or abs(number) > Decimal("1e-300")) else value


def _float(value: str) -> float | str:
    number = float(value)
    if number == 0 or 2.2250738585072014e-308 <= abs(number) <= 9.99999999999999e307:
        return number
    return value


def _moment(value: str) -> datetime | None:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}(\.[0-9]+)?", value):
        return None
    return _in_milliseconds(datetime.fromisoformat(value))


def _local(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    if moment is None:
        return None
    try:
        return moment.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
    except OverflowError:  # a day before the first or after the last
        return None


def _kept(moment: datetime | None, value: str) -> datetime | str:
    """Excel's days begin in March 1900."""
    return value if moment is None or moment < _FIRST else moment


def _in_milliseconds(moment: datetime) -> datetime:
    return moment - timedelta(microseconds=moment.microsecond % 1000)
