"""What programs that are not ours find in files of nasty values, by every format's defaults."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, time
from typing import Any

import pytest

from domain.datasets import FieldType
from domain.formats import (
    ArrowOptions,
    Compression,
    CsvOptions,
    Format,
    JsonOptions,
    NdjsonOptions,
    ParquetOptions,
    XlsxOptions,
)
from domain.pdf_options import PdfOptions, Widths
from processors.renderers import Rejection
from tests.contract.nasty_clocks import BEYOND, CLOCKS, ZONE
from tests.contract.nasty_values import NASTY, Fate, Nasty, Outcome, Reads
from tests.contract.renderers_cases import (
    Case,
    Number,
    columnar_case,
    csv_case,
    json_case,
    ndjson_case,
    pdf_case,
    xlsx_case,
)
from tests.contract.renderers_rows import COLUMNS, Row, fragment
from tests.joined import joined


def _cases(zone: str) -> list[Case]:
    """Every format with its defaults, and every compression. The cover and the widths of a PDF are
    what its reader needs."""
    pdf = PdfOptions(zone=zone, cover=False, widths=Widths.EQUAL)
    return [
        *(csv_case("", CsvOptions(zone=zone), how) for how in Compression),
        *(ndjson_case("", NdjsonOptions(zone=zone), how) for how in Compression),
        *(json_case("", JsonOptions(zone=zone), how) for how in Compression),
        xlsx_case("", XlsxOptions(zone=zone), "openpyxl"),
        pdf_case("", pdf),
    ]


COLUMNAR = [
    columnar_case(Format.PARQUET, "", ParquetOptions()),
    columnar_case(Format.ARROW, "", ArrowOptions()),
]
_NAMES = {Format.NDJSON: "json", Format.PARQUET: "columnar", Format.ARROW: "columnar"}
_PLACES = {column.type: place for place, column in enumerate(COLUMNS)}


@pytest.mark.parametrize("case", [*_cases("UTC"), *COLUMNAR], ids=lambda case: case.name)
def test_every_format_does_with_a_value_what_is_written_down(case: Case) -> None:
    assert _found(case, NASTY) == {each.name: _written_down(case, each) for each in NASTY}


@pytest.mark.parametrize("case", _cases(ZONE), ids=lambda case: case.name)
def test_an_instant_has_the_clock_and_the_offset_of_its_zone(case: Case) -> None:
    table = (*CLOCKS, *BEYOND)
    assert _found(case, table) == {each.name: _written_down(case, each) for each in table}


def test_every_name_is_said_once() -> None:
    for table in (NASTY, (*CLOCKS, *BEYOND)):
        assert len({each.name for each in table}) == len(table)


def _written_down(case: Case, nasty: Nasty) -> Outcome:
    found: Outcome = getattr(nasty, _NAMES.get(case.spec.format, case.spec.format.value))
    if isinstance(found, Reads) and case.spec.format is Format.PDF:
        return Reads(_text(case, found.text))  # as far as its reader tells spaces and the like
    return found


def _found(case: Case, table: Sequence[Nasty]) -> dict[str, Outcome]:
    """The outcome of each value by its name, from a file that has them all."""
    frame = case.frame()
    part = frame.render(fragment([_row(each) for each in table]))
    rejected = {rejection.row: rejection for rejection in part.rejected}
    rows = iter(case.table(joined(frame, [part])))
    outcomes: dict[str, Outcome] = {}
    for number, nasty in enumerate(table):
        if number in rejected:
            outcomes[nasty.name] = _refusal(nasty, rejected[number])
        else:
            outcomes[nasty.name] = _outcome(case, nasty, next(rows))
    assert next(rows, None) is None
    return outcomes


def _row(nasty: Nasty) -> Row:
    """The value in its column, and a mark in another: a CSV of nulls alone is a line of commas."""
    return [nasty.value if column.type is nasty.type else None for column in COLUMNS]


def _refusal(nasty: Nasty, rejection: Rejection) -> Outcome:
    assert rejection.field == nasty.type.value
    return rejection.reason


def _outcome(case: Case, nasty: Nasty, row: Sequence[Any]) -> Outcome:
    found = row[_PLACES[nasty.type]]
    if nasty.value is None:
        return Fate.KEPT if found == case.expect(nasty.type, None) else Reads(str(found))
    if _same(found, _own(case, nasty.type)(nasty.value)):
        return Fate.KEPT
    if _same(found, _text(case, nasty.value)):
        return Fate.TEXT
    return Reads(str(found))


def _same(found: Any, wanted: Any) -> bool:
    """Equal and of one type: a JSON number is not the string of its digits."""
    if type(found) is int and type(wanted) is float:  # a sheet has but one type of numbers
        return float(found) == wanted
    return type(found) is type(wanted) and found == wanted


def _text(case: Case, value: str) -> Any:
    return case.expect(FieldType.TEXT, value)


def _own(case: Case, type_: FieldType) -> Callable[[str], Any]:
    """What the format's own type for such a field makes of a text of PostgreSQL's."""
    match case.spec.format:
        case Format.NDJSON | Format.JSON:
            return _IN_JSON.get(type_, lambda value: case.expect(type_, value))
        case Format.XLSX:
            return _IN_XLSX.get(type_, str)
        case _:
            return lambda value: case.expect(type_, value)


def _json_number(value: str) -> Any:
    return Number(value) if re.fullmatch("[-0-9.e+]+", value) else None


_IN_JSON: dict[FieldType, Callable[[str], Any]] = {
    FieldType.INTEGER: _json_number,
    FieldType.DECIMAL: _json_number,
    FieldType.FLOAT: _json_number,
    FieldType.TIMESTAMP: lambda value: _rfc_3339(value, ""),
    FieldType.INSTANT: lambda value: _rfc_3339(value, "Z"),
}


def _rfc_3339(value: str, offset: str) -> str | None:
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d) ([\d:.]+)(\+00)?", value)
    return found and f"{found[1]}T{found[2]}{offset}"


def _moment(value: str) -> datetime | None:
    found = re.fullmatch(r"\d{4}-\d\d-\d\d( [\d:.]+)?", value.removesuffix("+00"))
    return found and datetime.fromisoformat(found[0])


_IN_XLSX: dict[FieldType, Callable[[str], Any]] = {
    FieldType.INTEGER: int,
    FieldType.DECIMAL: float,
    FieldType.FLOAT: float,
    FieldType.BOOLEAN: lambda value: value == "t",
    FieldType.DATE: _moment,
    FieldType.TIME: lambda value: None if value.startswith("24") else time.fromisoformat(value),
    FieldType.TIMESTAMP: _moment,
    FieldType.INSTANT: _moment,
}
