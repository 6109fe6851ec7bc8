"""Whole documents by the programs that people open them with, and by their checkers."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.readers.asked import Asked
from tests.readers.libreoffice import by_libreoffice
from tests.readers.prepare import VALIDATOR, run
from tests.readers.read_tables import Reader, differences
from tests.readers.sources import said
from tests.stacks import Client
from tests.workbooks import check

both = pytest.mark.parametrize("dataset", ["orders", "nasty"])


@both
def test_microsofts_validator_finds_nothing(dataset: str, files: dict[str, Asked]) -> None:
    found = json.loads(run(VALIDATOR.absolute(), files[dataset].files["xlsx"]))
    assert (found["ok"], found["errors"]) == (True, [])


@both
def test_what_the_validator_misses_is_right(dataset: str, files: dict[str, Asked]) -> None:
    check(files[dataset].files["xlsx"].read_bytes())


@both
def test_libreoffice_shows_every_cell_of_a_workbook(
    dataset: str, files: dict[str, Asked], tmp_path: Path
) -> None:
    asked = files[dataset]
    shown = by_libreoffice(asked.files["xlsx"], tmp_path)
    reader = Reader(
        name="soffice",
        file="xlsx",
        kind="xlsx",
        texts=True,
        blind=True,
        coarse=True,
        simplified=_by_itself,
    )
    headings = next(shown)
    assert len(headings) == len(asked.fields)
    wrong = list(differences(reader, asked, shown))
    assert not wrong, "\n".join(wrong[:40])


@both
def test_libreoffice_reads_every_text_of_a_csv(
    dataset: str, files: dict[str, Asked], tmp_path: Path
) -> None:
    asked = files[dataset]
    columns = "/".join(f"{number}/2" for number in range(1, len(asked.fields) + 1))  # as texts
    shown = by_libreoffice(asked.files["csv"], tmp_path, reading=f"CSV:44,34,76,1,{columns}")
    reader = Reader(
        name="soffice", file="csv", kind="csv", texts=True, blind=True, simplified=_by_itself
    )
    next(shown)
    wrong = list(differences(reader, asked, shown))
    assert not wrong, "\n".join(wrong[:40])


@both
@pytest.mark.parametrize("kind", ["csv", "ndjson", "json"])
@pytest.mark.parametrize(("program", "ending"), [("gzip", "gz"), ("zstd", "zst")])
def test_compressed_files_hold_the_plain_ones(
    program: str, ending: str, kind: str, dataset: str, files: dict[str, Asked]
) -> None:
    made = files[dataset].files
    assert run(program, "-dc", made[f"{kind}.{ending}"]) == made[kind].read_bytes()


@both
def test_qpdf_finds_nothing_wrong(dataset: str, files: dict[str, Asked]) -> None:
    _check(files[dataset].files["pdf"])


def test_qpdf_finds_nothing_wrong_in_a_report(report: Path) -> None:
    _check(report)


def test_a_reports_groups_have_what_postgresql_says(client: Client, report: Path) -> None:
    text = run("pdftotext", "-layout", report, "-").decode()
    figures = "sum(amount), round(avg(amount), 4), min(amount), max(amount), count(amount)"
    for scope in ("GROUP BY status", ""):
        for row in said(client, f"SELECT {figures} FROM demo.orders {scope}"):
            for value in row:
                assert re.search(rf"(?<![\d.]){re.escape(str(value))}(?![\d.])", text), value
    assert "(continued)" in text
    ids = re.findall(r"(?m)^ *(\d+) +\d{4}-\d\d-\d\d ", text)
    wanted = said(client, "SELECT id FROM demo.orders ORDER BY status, id")
    assert list(map(int, ids)) == [each for (each,) in wanted]


def test_a_reports_outline_names_each_group(client: Client, report: Path) -> None:
    outline = json.loads(run("qpdf", "--json", "--json-key=outlines", report))["outlines"]
    wanted = said(client, "SELECT DISTINCT status FROM demo.orders ORDER BY status")
    assert [each["title"] for each in outline] == [f"Status: {status}" for (status,) in wanted]


def _check(file: Path) -> None:
    assert b"No syntax or stream encoding errors" in run("qpdf", "--check", file)


def test_pdftotext_finds_every_order(files: dict[str, Asked]) -> None:
    """By the first line of each, where whatever isn't wrapped stands in order."""
    asked = files["orders"]
    text = run("pdftotext", "-layout", asked.files["pdf"], "-").decode()
    found = re.findall(_ORDER, text)
    assert len(found) == len(asked.rows)
    names = [name for name, _ in asked.fields]
    places = [names.index(name) for name in _IN_ONE_LINE]
    for line, row in zip(found, asked.rows, strict=True):
        wanted = [row[place] or "" for place in places]
        assert list(line) == [wanted[0], wanted[1][:24], *wanted[2:]]


def test_pages_are_drawn(files: dict[str, Asked], report: Path, kept: Path) -> None:
    """READERS_OUT keeps them, to be looked at."""
    made = {name: asked.files["pdf"] for name, asked in files.items()}
    for name, file in {**made, "report": report}.items():
        run("pdftoppm", "-r", "90", "-l", "4", "-png", file, kept / f"{name}-page")
        assert list(kept.glob(f"{name}-page*.png"))


_ORDER = (
    r"(?m)^ *(\d+) +([0-9a-f-]{24}) +(\d+) +\S+ +(-?\d+\.\d\d) +(true|false) +(\d{4}-\d\d-\d\d) +"
    r"\S+ +(\w+) +(\d{5}) "
)
_IN_ONE_LINE = (
    *("id", "reference", "customer_id", "amount"),
    *("paid", "ordered_on", "status", "postcode"),
)


def _by_itself(text: str) -> str:
    """LibreOffice has one kind of line end in cells, and no room for more."""
    return re.sub("\r\n?", "\n", text)[:_MOST]


_MOST = 65_535
