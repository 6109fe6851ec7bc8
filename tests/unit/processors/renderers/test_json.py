"""A JSON file is one array of the objects that NDJSON has, however its parts came about."""

from __future__ import annotations

import gzip
import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.datasets import FieldType
from domain.formats import Compression, Format, FormatSpec, JsonOptions, NdjsonOptions, Nulls
from domain.ports import Fragment
from processors.renderers import Column, Frame, RenderPlan, prepare
from tests.contract.renderers_cases import decompressed
from tests.contract.renderers_rows import COLUMNS, fragment, ordinary_rows
from tests.joined import joined

_COLUMNS = (
    Column(name="n", label="N", type=FieldType.INTEGER),
    Column(name="t", label="T", type=FieldType.TEXT),
)
_PLAIN = JsonOptions()


def _frame(
    options: JsonOptions = _PLAIN,
    compression: Compression = Compression.NONE,
    columns: tuple[Column, ...] = _COLUMNS,
) -> Frame:
    spec = FormatSpec(format=Format.JSON, compression=compression, options=options)
    return prepare(RenderPlan(spec=spec, columns=columns))


def _rows(*lines: bytes) -> Fragment:
    return Fragment(rows=len(lines), data=b"".join(line + b"\n" for line in lines))


def test_rows_are_an_array_one_a_line() -> None:
    part = _frame().render(_rows(b"1\tx", rb"2" + b"\t" + rb"\N"))
    assert joined(_frame(), [part]) == b'[\n{"n":1,"t":"x"},\n{"n":2,"t":null}\n]\n'


@pytest.mark.parametrize("compression", Compression)
def test_without_rows_the_array_is_empty(compression: Compression) -> None:
    assert decompressed(compression, joined(_frame(compression=compression))) == b"[\n]\n"


@pytest.mark.parametrize("compression", Compression)
@given(shares=st.lists(st.lists(st.sampled_from([0, 1, 3, -1]), max_size=3), max_size=4))
def test_empty_and_rejected_parts_leave_no_comma_behind(
    compression: Compression, shares: list[list[int]]
) -> None:
    """Each number is so many rows; -1 is a fragment of which none can be written."""
    frame = _frame(compression=compression)
    parts = [
        [frame.render(_rows(*[b"7\t\xff"] if rows < 0 else [b"7\tx"] * rows)) for rows in share]
        for share in shares
    ]
    count = sum(max(rows, 0) for share in shares for rows in share)
    file = decompressed(compression, joined(frame, *parts))
    assert json.loads(file) == orjson.loads(file) == [{"n": 7, "t": "x"}] * count


def test_blocks_of_a_fragment_and_rows_left_out_leave_no_comma_behind() -> None:
    lines = [b"%d\t%b" % (number, b"x" * 30_000) for number in range(30)]
    for damaged in (0, 3, 29):
        lines[damaged] = b"0\t\xff"
    file = joined(_frame(), [_frame().render(_rows(*lines))])
    assert [row["n"] for row in orjson.loads(file)] == [
        number for number in range(30) if number not in (0, 3, 29)
    ]


@pytest.mark.parametrize("nulls", Nulls)
def test_the_objects_are_those_of_ndjson(nulls: Nulls) -> None:
    rows = fragment(ordinary_rows(300))
    spec = FormatSpec(format=Format.NDJSON, options=NdjsonOptions(nulls=nulls))
    lines = prepare(RenderPlan(spec=spec, columns=COLUMNS)).render(rows).data
    frame = _frame(JsonOptions(nulls=nulls), columns=COLUMNS)
    found = joined(frame, [frame.render(rows)])
    assert found == b"[\n" + lines[:-1].replace(b"\n", b",\n") + b"\n]\n"


def test_a_compressed_file_opens_with_what_opens_such_files() -> None:
    frame = _frame(compression=Compression.GZIP)
    parts = [frame.render(_rows(b"1\tx")), frame.render(_rows(b"2\ty"))]
    assert [row["n"] for row in orjson.loads(gzip.decompress(joined(frame, parts)))] == [1, 2]
