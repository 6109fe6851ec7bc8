"""The first rows as the file that an export would make of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from domain.access import Scope
from domain.formats import Format, default_format
from domain.ports import RowsUnavailable
from domain.previews import (
    NoPreviews,
    Preview,
    PreviewAsked,
    PreviewsBusy,
    PreviewsNotHere,
    PreviewTooSlow,
)
from tests.fakes_api import Site, problem
from tests.uploaded_workbooks import in_base64, sheet_workbook, text_cell

PATH = "/v1/datasets/things/preview"
_FIRST_TWO = [(0, "name 0"), (1, "name 1")]


def _csv(file: bytes) -> list[tuple[Any, ...]]:
    lines = [line.split(",") for line in file.decode().splitlines()[1:]]
    return [(int(number), name) for number, name in lines]


def _ndjson(file: bytes) -> list[tuple[Any, ...]]:
    return [tuple(json.loads(line).values()) for line in file.splitlines()]


def _workbook(file: bytes) -> list[tuple[Any, ...]]:
    [*_, sheet] = openpyxl.load_workbook(BytesIO(file)).worksheets
    return [(int(row[0]), row[1]) for row in sheet.iter_rows(values_only=True) if row[1] != "Name"]


READERS: dict[Format, Callable[[bytes], list[tuple[Any, ...]]]] = {
    Format.CSV: _csv,
    Format.NDJSON: _ndjson,
    Format.JSON: lambda file: [tuple(row.values()) for row in json.loads(file)],
    Format.XLSX: _workbook,
    Format.PDF: lambda file: _FIRST_TWO if file.startswith(b"%PDF-") else [],
    Format.PARQUET: lambda file: [
        tuple(r.values()) for r in pq.read_table(BytesIO(file)).to_pylist()
    ],
    Format.ARROW: lambda file: [
        tuple(row.values()) for row in pa.ipc.open_stream(file).read_all().to_pylist()
    ],
}


@pytest.mark.parametrize("name", list(Format))
def test_a_preview_with_a_format_is_the_file_of_the_first_rows(site: Site, name: Format) -> None:
    answer = site.post(PATH, {"rows": 2, "format": name.value})
    assert answer.status_code == 200, answer.text
    spec = default_format(name)
    headers = answer.headers
    assert headers["content-type"] == spec.media_type
    assert (
        f'attachment; filename="things-preview.{spec.extension}"'
        in (headers["content-disposition"])
    )
    assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")
    assert (headers["waybill-rows"], headers["waybill-rejected"]) == ("2", "0")
    assert "waybill-rejections" not in headers
    assert READERS[name](answer.content) == _FIRST_TWO


def test_a_preview_is_the_export_of_these_rows(site: Site) -> None:
    del site.world.rows.lines[2:]
    for asked in ({"format": "csv", "compression": "gzip"}, {"format": "json"}, "ndjson"):
        export_id = site.finished(asked)
        [file] = site.get(f"/v1/exports/{export_id}/files").json()
        whole = site.get(file["links"]["download"]).content
        assert site.post(PATH, {"format": asked}).content == whole


def test_a_preview_has_the_fields_and_headings_asked_for(site: Site) -> None:
    asked = {"fields": [{"name": "id", "label": "No."}], "rows": 1, "format": "csv"}
    site.world.rows.lines[:] = [b"0"]
    assert site.post(PATH, asked).content == b"No.\r\n0\r\n"


def test_rows_that_the_file_cant_have_are_told(site: Site) -> None:
    site.world.rows.lines[1] = "1\t\u0416".encode()
    latin = {"format": "csv", "options": {"encoding": "iso-8859-1"}}
    answer = site.post(PATH, {"format": latin})
    assert answer.status_code == 200
    assert (answer.headers["waybill-rows"], answer.headers["waybill-rejected"]) == ("4", "1")
    assert answer.headers["waybill-rejections"] == '1;field="name";reason=unencodable'


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ("pdf2", "/format/format"),
        ({"format": "csv", "options": {"delimiter": "x"}}, "/format/options/delimiter"),
        ({"format": "csv", "split": {"by": "name"}}, "/format/split/by"),
        (
            {"format": "xlsx", "options": {"field_formats": {"x": "0"}}},
            "/format/options/field_formats",
        ),
        ([], "/format"),
    ],
)
def test_a_format_that_cant_be_is_refused_by_its_place(
    site: Site, asked: object, pointer: str
) -> None:
    found = problem(site.post(PATH, {"format": asked}), "invalid-format")
    assert [each["pointer"] for each in found["errors"]] == [pointer]


def test_rows_go_into_an_uploaded_workbook(site: Site) -> None:
    cells = [text_cell("{{name}}"), text_cell("{{id}}")]
    file = sheet_workbook([text_cell("{{waybill.title}}")], cells)
    asked = {"format": "xlsx", "options": {"workbook": in_base64(file)}}
    answer = site.post(PATH, {"rows": 2, "format": asked})
    sheet = openpyxl.load_workbook(BytesIO(answer.content)).active
    assert [*sheet.iter_rows(values_only=True)] == [
        ("Things", None), ("name 0", 0), ("name 1", 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        (["{{id}}"], "has no placeholder for name. Write {{name}} in row 1 of Data"),
        (["{{id}}", "{{name}}", "{{x}}"], "has {{x}}, which is not exported"),
        (["{{id}} {{name}}"], "within a longer text in Data!A1"),
    ],
)
def test_a_workbook_that_doesnt_suit_the_fields_is_refused_when_it_is_sent(
    site: Site, cells: list[str], says: str
) -> None:
    file = sheet_workbook([text_cell(each) for each in cells])
    asked = {"format": "xlsx", "options": {"workbook": in_base64(file)}}
    (error,) = problem(site.post(PATH, {"format": asked}), "invalid-format")["errors"]
    assert error["pointer"] == "/format/options/workbook"
    assert says in error["detail"]


def test_a_split_file_can_be_looked_at(site: Site) -> None:
    order = [{"field": "name", "direction": "asc"}]
    asked = {"format": "csv", "split": {"by": "name"}}
    answer = site.post(PATH, {"rows": 2, "format": asked, "order": order})
    assert answer.headers["content-type"] == "application/zip"
    with ZipFile(BytesIO(answer.content)) as file:
        assert file.namelist() == ["name=name 0.csv", "name=name 1.csv", "index.json"]


def test_a_files_sentence_doesnt_tell_values_of_personal_data(site: Site) -> None:
    seen: list[PreviewAsked] = []

    class Noting(NoPreviews):
        def render(self, asked: PreviewAsked) -> Preview:
            seen.append(asked)
            return Preview(file=b"", rows=0, rejected=())

    object.__setattr__(site.ports, "previews", Noting())
    site.post(PATH, {"format": "pdf", "filter": {"field": "name", "op": "eq", "value": "Anna"}})
    assert "Anna" not in seen[0].filter
    assert not site.world.vault.texts


@pytest.mark.parametrize(
    ("error", "slug", "status"),
    [
        (PreviewsBusy, "previews-busy", 503),
        (PreviewTooSlow, "preview-too-slow", 504),
        (PreviewsNotHere, "previews-not-here", 501),
    ],
)
def test_who_renders_no_preview_now_says_so(
    site: Site, error: type[Exception], slug: str, status: int
) -> None:
    class Failing(NoPreviews):
        def render(self, asked: PreviewAsked) -> Preview:
            raise error

    object.__setattr__(site.ports, "previews", Failing())
    assert problem(site.post(PATH, {"format": "csv"}), slug)["status"] == status
    assert site.post(PATH, {}).status_code == 200


def test_a_preview_needs_its_scope_and_its_source(site: Site) -> None:
    reader = site.key(Scope.EXPORTS_READ)
    problem(site.post(PATH, {"format": "csv"}, secret=reader), "scope-missing")
    site.world.rows.failing = RowsUnavailable("The database doesn't answer.")
    problem(site.post(PATH, {"format": "csv"}), "source-unavailable")
    problem(site.post(PATH, {"format": "csv", "rows": 101}), "invalid-request")
