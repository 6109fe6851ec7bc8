"""Workbooks with all that they can have, by Microsoft's validator and by LibreOffice, which works
every formula out anew: what it comes to is what PostgreSQL says."""

from __future__ import annotations

import json
import subprocess
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook

from tests.readers.libreoffice import by_libreoffice
from tests.readers.prepare import VALIDATOR
from tests.readers.sources import said
from tests.readers.workbooks import TEMPLATE
from tests.stacks import Client
from tests.workbooks import check

made = pytest.mark.parametrize("name", ["styled", "relations", "several"])


@made
def test_microsofts_validator_finds_nothing(name: str, workbooks: dict[str, Path]) -> None:
    assert _faults(workbooks[name]) == []


def test_an_uploaded_workbook_has_no_other_faults_than_before(
    workbooks: dict[str, Path], tmp_path: Path
) -> None:
    """openpyxl writes what a font is in another order than the standard has it."""
    before = tmp_path / "before.xlsx"
    before.write_bytes(TEMPLATE)
    assert _faults(workbooks["uploaded"]) == _faults(before)


@made
def test_what_the_validator_misses_is_right(name: str, workbooks: dict[str, Path]) -> None:
    check(workbooks[name].read_bytes())


def test_a_summary_that_is_calculated_anew_is_what_postgresql_says(
    client: Client, workbooks: dict[str, Path], tmp_path: Path
) -> None:
    shown = {row[0]: row[1:] for row in _cells(workbooks["styled"], "Summary", tmp_path)}
    assert shown["Field"] == ["Sum", "Average", "Least", "Greatest", "Count"]
    figures = "sum(amount), avg(amount), min(amount), max(amount), count(amount)"
    groups = "SELECT status, count(*), sum(amount) FROM demo.orders GROUP BY status"
    wanted = {
        "Amount, EUR": said(client, f"SELECT {figures} FROM demo.orders")[0],
        **{status: rest for status, *rest in said(client, groups)},
    }
    for title, values in wanted.items():
        assert [_as_shown(*pair) for pair in zip(values, shown[title], strict=False)] == [
            _number(text) for text in shown[title] if text
        ], title


@pytest.mark.parametrize(
    ("name", "sheet"), [("styled", "Summary"), ("styled", "Orders"), ("several", "Again")]
)
def test_what_is_calculated_anew_is_what_stands_in_the_file(
    name: str, sheet: str, workbooks: dict[str, Path], tmp_path: Path
) -> None:
    """Each formula of the summary, each link and each formula column."""
    folders = [tmp_path / name for name in ("anew", "kept")]
    for folder in folders:
        folder.mkdir()
    anew, kept = (
        _cells(workbooks[name], sheet, folder, anew=folder.name == "anew") for folder in folders
    )
    assert anew == kept


def test_a_column_of_formulas_is_what_postgresql_says(
    client: Client, workbooks: dict[str, Path], tmp_path: Path
) -> None:
    header, *rows = _cells(workbooks["styled"], "Orders", tmp_path)
    wanted = said(client, "SELECT round(amount * 1.21, 2) FROM demo.orders ORDER BY id")
    gross = header.index("gross")
    assert [Decimal(row[gross]) for row in rows] == [value for (value,) in wanted]


def test_each_dataset_has_all_of_its_rows(
    client: Client, workbooks: dict[str, Path], tmp_path: Path
) -> None:
    tables = {"Customers": "customers", "Again": "orders", "Customers 2": "customers"}
    rows = {}
    for sheet in (*tables, "Orders", "Orders 2"):
        folder = tmp_path / sheet
        folder.mkdir()
        _, *rows[sheet] = _cells(workbooks["several"], sheet, folder)
    for sheet, table in tables.items():
        wanted = said(client, f"SELECT id FROM demo.{table} ORDER BY id")
        assert [int(row[0]) for row in rows[sheet]] == [number for (number,) in wanted]
    wanted = said(client, "SELECT customer_id, id FROM demo.orders ORDER BY customer_id, id")
    assert [[int(row[0]), int(row[1])] for row in rows["Orders"]] == [*map(list, wanted)]
    assert rows["Orders 2"] == []


def test_a_relations_sheet_has_all_of_its_rows(
    client: Client, workbooks: dict[str, Path], tmp_path: Path
) -> None:
    header, *rows = _cells(workbooks["relations"], "Orders", tmp_path)
    wanted = said(
        client,
        "SELECT o.customer_id, o.id, c.country, o.amount FROM demo.orders o "
        "JOIN demo.customers c ON c.id = o.customer_id ORDER BY o.customer_id, o.id",
    )
    places = [header.index(title) for title in ("Number", "id", "Country", "amount")]
    found = [[row[place] for place in places] for row in rows]
    assert [[int(a), int(b), c, Decimal(d)] for a, b, c, d in found] == [*map(list, wanted)]


def test_an_uploaded_workbook_that_is_calculated_is_what_postgresql_says(
    client: Client, workbooks: dict[str, Path], tmp_path: Path
) -> None:
    shown = _cells(workbooks["uploaded"], "Front", tmp_path)
    ((count, whole),) = said(client, "SELECT count(*), sum(amount) FROM demo.orders")
    assert shown[2][0] == str(count)
    assert [Decimal(shown[row][1]) for row in (0, 1, 3)] == [whole] * 3
    assert shown[2][1] == f"{count} of C6:C6"


def _faults(file: Path) -> list[tuple[str, str]]:
    """Where, and what. The validator ends badly where it finds something."""
    done = subprocess.run(
        [str(VALIDATOR.absolute()), str(file)], capture_output=True, text=True, check=False
    )
    return [(each["xPath"], each["id"]) for each in json.loads(done.stdout)["errors"]]


def _cells(file: Path, sheet: str, folder: Path, *, anew: bool = True) -> list[list[str]]:
    number = load_workbook(file, read_only=True).sheetnames.index(sheet) + 1
    rows = by_libreoffice(file, folder, sheet=number, anew=anew)
    return [[cell[1] if cell else "" for cell in row] for row in rows]


def _number(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))


def _as_shown(value: Decimal | int, text: str) -> Decimal:
    """A number to as many places as a sheet shows of it."""
    return Decimal(value).quantize(_number(text), ROUND_HALF_UP)
