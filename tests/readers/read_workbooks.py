"""Workbooks with all that they can have, by Microsoft's validator and by LibreOffice, which works
every formula out anew: what it comes to is what PostgreSQL says."""

from __future__ import annotations

import json
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from openpyxl import load_workbook

from tests.readers.libreoffice import by_libreoffice
from tests.readers.prepare import VALIDATOR
from tests.readers.workbooks import TEMPLATE
from tests.stacks import Client
from tests.workbooks import check

made = pytest.mark.parametrize("name", ["styled", "relations"])


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
    shown = _numbers(workbooks["styled"], "Summary", tmp_path)
    figures = "sum(amount), min(amount), max(amount), count(amount)"
    (whole,) = _said(client, f"SELECT {figures} FROM demo.orders")
    groups = _said(client, "SELECT count(*), sum(amount) FROM demo.orders GROUP BY status")
    assert {*whole, *(number for group in groups for number in group)} <= shown


def test_a_relations_sheet_has_all_of_its_rows(
    client: Client, workbooks: dict[str, Path], tmp_path: Path
) -> None:
    header, *rows = _cells(workbooks["relations"], "Orders", tmp_path)
    wanted = _said(
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
    ((count, whole),) = _said(client, "SELECT count(*), sum(amount) FROM demo.orders")
    assert shown[2][0] == str(count)
    assert [Decimal(shown[row][1]) for row in (0, 1, 3)] == [whole] * 3
    assert shown[2][1] == f"{count} of C6:C6"


def _faults(file: Path) -> list[tuple[str, str]]:
    """Where, and what. The validator ends badly where it finds something."""
    done = subprocess.run(
        [str(VALIDATOR.absolute()), str(file)], capture_output=True, text=True, check=False
    )
    return [(each["xPath"], each["id"]) for each in json.loads(done.stdout)["errors"]]


def _cells(file: Path, sheet: str, folder: Path) -> list[list[str]]:
    number = load_workbook(file, read_only=True).sheetnames.index(sheet) + 1
    rows = by_libreoffice(file, folder, sheet=number, anew=True)
    return [[cell[1] if cell else "" for cell in row] for row in rows]


def _numbers(file: Path, sheet: str, folder: Path) -> set[Decimal]:
    found = set()
    for row in _cells(file, sheet, folder):
        for text in row:
            if text.replace("-", "").replace(".", "").replace(",", "").isdigit():
                found.add(Decimal(text.replace(",", "")))
    return found


def _said(client: Client, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(client.stack.database_url) as connection:
        return connection.execute(query.encode()).fetchall()
