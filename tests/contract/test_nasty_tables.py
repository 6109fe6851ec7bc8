"""Tables of odd shapes and headings through every format, read by programs that are not ours."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pypdfium2
import pytest

from domain.datasets import FieldType
from domain.formats import Compression, Format, FormatSpec, default_format
from domain.ports import Fragment
from processors.renderers import Column, Frame, RenderPlan, prepare
from processors.renderers.pdf.layout import PageTooNarrow
from tests.contract.renderers_cases import decompressed
from tests.joined import joined
from tests.workbooks import check, read_with_openpyxl

_PLAIN = [default_format(name) for name in Format]
_COMPRESSED = [
    FormatSpec(format=spec.format, compression=how, options=spec.options)
    for spec in _PLAIN
    if spec.format in {Format.CSV, Format.NDJSON, Format.JSON}
    for how in (Compression.GZIP, Compression.ZSTD)
]
every_format = pytest.mark.parametrize(
    "spec", [*_PLAIN, *_COMPRESSED], ids=lambda spec: spec.extension
)
_PEOPLE = {Format.CSV, Format.XLSX, Format.PDF}
"""Formats whose columns are named for people; those of the others have the fields' names."""


@every_format
def test_a_table_without_rows_has_its_columns(spec: FormatSpec) -> None:
    headings, rows = _table(spec, ["One", "Two"], [])
    assert rows == []
    if spec.format in {Format.NDJSON, Format.JSON}:
        assert headings == []
    else:
        assert headings == _headings(spec, ["One", "Two"])


@every_format
def test_nulls_and_empty_texts_in_a_lone_column_are_as_many_rows(spec: FormatSpec) -> None:
    """CSV can't tell them apart here without a null text, and paper never can."""
    _, rows = _table(spec, ["Only"], [b"x", b"", rb"\N", b"y"])
    match spec.format:
        case Format.CSV:
            assert rows == [["x"], [""], [""], ["y"]]
        case Format.PDF:
            assert rows == [["x"], ["y"]]
        case _:
            assert rows == [["x"], [""], [None], ["y"]]


@every_format
def test_five_hundred_columns_stay_apart(spec: FormatSpec) -> None:
    labels = [f"L{number}" for number in range(500)]
    line = b"\t".join(b"%d" % number for number in range(500))
    if spec.format is Format.PDF:
        with pytest.raises(PageTooNarrow, match="500 columns"):
            _frame(spec, labels)
        return
    headings, rows = _table(spec, labels, [line] * 3)
    assert headings == _headings(spec, labels)
    assert rows == [[str(number) for number in range(500)]] * 3


@every_format
def test_labels_that_are_the_same_keep_their_columns_apart(spec: FormatSpec) -> None:
    headings, rows = _table(spec, ["Name", "Name", "name", ""], [b"a\tb\tc\td"])
    assert rows == [["a", "b", "c", "d"]]
    if spec.format is Format.XLSX:  # a table wants distinct ones
        assert headings == ["Name", "Name (2)", "name (3)", "Column 4"]
    elif spec.format is Format.PDF:
        assert headings == ["Name", "Name", "name"]
    else:
        assert headings == _headings(spec, ["Name", "Name", "name", ""])


@every_format
def test_a_label_of_ten_thousand_characters_is_kept_or_cut(spec: FormatSpec) -> None:
    label = "very-long-" * 1_000
    headings, rows = _table(spec, [label, "Two"], [b"a\tb"])
    if spec.format is Format.PDF:  # in three lines at most
        shown = " ".join(word for line in (headings, *rows) for word in line)
        assert shown.endswith("… Two a b")
        assert 100 < len(shown) < 1_000
    else:
        kept = label[:240] if spec.format is Format.XLSX else label
        assert (headings, len(rows)) == (_headings(spec, [kept, "Two"]), 1)


def _headings(spec: FormatSpec, labels: Sequence[str]) -> list[str]:
    names = [f"f{number}" for number in range(len(labels))]
    return list(labels) if spec.format in _PEOPLE else names


def _frame(spec: FormatSpec, labels: Sequence[str]) -> Frame:
    columns = tuple(
        Column(name=f"f{number}", label=label, type=FieldType.TEXT)
        for number, label in enumerate(labels)
    )
    return prepare(RenderPlan(spec=spec, columns=columns))


def _table(
    spec: FormatSpec, labels: Sequence[str], lines: Sequence[bytes]
) -> tuple[list[str], list[list[Any]]]:
    """Headings and rows of the file that these rows make, given as COPY text."""
    frame = _frame(spec, labels)
    data = b"".join(line + b"\n" for line in lines)
    part = frame.render(Fragment(rows=len(lines), data=data))
    assert part.rejected == ()
    file = decompressed(spec.compression, joined(frame, [part]))
    match spec.format:
        case Format.CSV:
            headings, *rows = csv.reader(io.StringIO(file.decode(), newline=""))
            return headings, list(map(list, rows))
        case Format.NDJSON:
            return _of_objects([json.loads(line) for line in file.splitlines()])
        case Format.JSON:
            return _of_objects(json.loads(file))
        case Format.XLSX:
            check(file)
            headings, *rows = read_with_openpyxl(file)
            return headings, rows[: len(lines)]  # a table of no rows has an empty one
        case Format.PARQUET:
            return _of_arrow(pq.read_table(io.BytesIO(file)))
        case Format.ARROW:
            return _of_arrow(pa.ipc.open_stream(file).read_all())
        case Format.PDF:
            return _of_pdf(file)


def _of_objects(objects: Sequence[dict[str, Any]]) -> tuple[list[str], list[list[Any]]]:
    headings = list(objects[0]) if objects else []
    assert all(list(each) == headings for each in objects)
    return headings, [list(each.values()) for each in objects]


def _of_arrow(table: pa.Table) -> tuple[list[str], list[list[Any]]]:
    return table.column_names, [list(row.values()) for row in table.to_pylist()]


def _of_pdf(file: bytes) -> tuple[list[str], list[list[Any]]]:
    """By lines and words: what is empty can't be seen."""
    with pypdfium2.PdfDocument(file) as document:
        _cover, page = document
        headings, *rows, _number = page.get_textpage().get_text_range().splitlines()
    return headings.split(), [row.split() for row in rows]
