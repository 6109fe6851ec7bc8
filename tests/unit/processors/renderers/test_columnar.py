"""What Parquet and Arrow files hold, what has no place in them, and how a file becomes of parts."""

from __future__ import annotations

import io
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from domain.columnar_options import ColumnarOptions
from domain.datasets import FieldType
from domain.formats import (
    ArrowOptions,
    Decimals,
    Format,
    FormatSpec,
    OutOfRange,
    ParquetOptions,
)
from domain.ports import Fragment
from processors.renderers import Column, Frame, Reason, RenderPlan, prepare
from processors.renderers.columnar.thrift import read_struct, write_struct
from tests.joined import joined


def _frame(options: ColumnarOptions, *types: FieldType) -> Frame:
    kind = Format.PARQUET if isinstance(options, ParquetOptions) else Format.ARROW
    columns = tuple(
        Column(name=f"r.{number}", label="", type=type_) for number, type_ in enumerate(types)
    )
    return prepare(RenderPlan(spec=FormatSpec(format=kind, options=options), columns=columns))


def _rows(*lines: bytes) -> Fragment:
    return Fragment(rows=len(lines), data=b"".join(line + b"\n" for line in lines))


def _column(type_: FieldType, *cells: bytes, **options: object) -> list[object]:
    frame = _frame(ParquetOptions(**options), type_)  # type: ignore[arg-type]  # by name
    part = frame.render(_rows(*cells))
    assert not part.rejected
    table = pq.read_table(io.BytesIO(joined(frame, [part])))
    found: list[object] = table.column(0).to_pylist()
    return found


@pytest.mark.parametrize(
    ("type_", "cell"),
    [
        (FieldType.DATE, b"infinity"),
        (FieldType.DATE, b"0044-03-15 BC"),
        (FieldType.TIMESTAMP, b"-infinity"),
        (FieldType.INSTANT, b"12013-01-01 00:00:00+00"),
        (FieldType.TIME, b"24:00:00"),
        (FieldType.INTEGER, b"9223372036854775808"),
        (FieldType.BOOLEAN, b"maybe"),
    ],
)
def test_what_has_no_place_rejects_its_row_or_is_null(type_: FieldType, cell: bytes) -> None:
    rows = _rows(rb"\N", cell, rb"\N")
    for kind in (ParquetOptions, ArrowOptions):
        rejected = _frame(kind(), type_).render(rows)
        assert [(r.row, r.field, r.reason) for r in rejected.rejected] == [
            (1, "r.0", Reason.OUT_OF_RANGE)
        ]
        assert rejected.rows == 2
        nulled = _frame(kind(on_out_of_range=OutOfRange.NULL), type_).render(rows)
        assert (nulled.rows, nulled.rejected) == (3, ())


def test_decimals_are_texts_unless_asked_for_otherwise() -> None:
    cells = (b"1.10", b"-0.000000001", b"NaN")
    assert _column(FieldType.DECIMAL, *cells) == ["1.10", "-0.000000001", "NaN"]
    assert _column(
        FieldType.DECIMAL, *cells, decimals=Decimals.DECIMALS, on_out_of_range=OutOfRange.NULL
    ) == [Decimal("1.100000000"), Decimal("-0.000000001"), None]


@pytest.mark.parametrize(
    ("cell", "fits"),
    [
        (b"1" * 29, True),
        (b"1" * 30, False),
        (b"1" * 400, False),
        (b"-" + b"9" * 39, False),
        (b"1." + b"5" + b"0" * 60, True),
        (b"0." + b"0" * 60, True),
        (b"0.0000000001", False),
    ],
)
def test_no_digit_of_a_decimal_is_lost_in_silence(cell: bytes, fits: bool) -> None:
    found = _column(
        FieldType.DECIMAL, cell, decimals=Decimals.DECIMALS, on_out_of_range=OutOfRange.NULL
    )
    assert found == [Decimal(cell.decode()) if fits else None]


def test_a_decimal_beyond_doubles_is_out_of_range_and_infinity_is_not() -> None:
    found = _column(
        FieldType.DECIMAL,
        b"1" * 400,
        b"Infinity",
        b"0.1",
        decimals=Decimals.DOUBLES,
        on_out_of_range=OutOfRange.NULL,
    )
    assert found == [None, float("inf"), 0.1]


def test_texts_are_what_the_source_said() -> None:
    cells = ("", "\ufeffmarked", r"a\tb\nc\\N\\", "007", "مرحبا 🎉", "a\0b", r"\N")
    found = _column(FieldType.TEXT, *(cell.encode() for cell in cells))
    assert found == ["", "\ufeffmarked", "a\tb\nc\\N\\", "007", "مرحبا 🎉", "a\0b", None]


def test_a_mark_at_the_start_of_a_fragment_stays() -> None:
    assert _column(FieldType.TEXT, "\ufeff".encode(), b"x") == ["\ufeff", "x"]


def test_a_row_group_a_fragment_with_statistics() -> None:
    frame = _frame(ParquetOptions(), FieldType.INTEGER, FieldType.TEXT)
    parts = [frame.render(_rows(b"%d\tx" % first, b"%d\ty" % (first + 1))) for first in (1, 3, 5)]
    file = pq.ParquetFile(io.BytesIO(joined(frame, parts[:1], parts[1:])))
    assert file.metadata.num_rows == 6
    groups = [file.metadata.row_group(number).column(0) for number in range(3)]
    assert [(each.statistics.min, each.statistics.max) for each in groups] == [
        (1, 2),
        (3, 4),
        (5, 6),
    ]
    assert {each.compression for each in groups} == {"ZSTD"}
    assert file.read_row_group(2).to_pylist() == [
        {"r.0": 5, "r.1": "x"},
        {"r.0": 6, "r.1": "y"},
    ]


def test_a_table_of_many_columns() -> None:
    frame = _frame(ParquetOptions(), *[FieldType.INTEGER] * 500)
    part = frame.render(_rows(b"\t".join(b"%d" % number for number in range(500))))
    (row,) = pq.read_table(io.BytesIO(joined(frame, [part]))).to_pylist()
    assert list(row.values()) == list(range(500))


def test_an_arrow_stream_has_a_batch_a_fragment() -> None:
    frame = _frame(ArrowOptions(), FieldType.INTEGER)
    parts = [frame.render(_rows(b"1", b"2")), frame.render(_rows(b"3"))]
    batches = list(pa.ipc.open_stream(joined(frame, parts)))
    assert [batch.column(0).to_pylist() for batch in batches] == [[1, 2], [3]]


def test_metadata_that_is_read_and_written_is_the_same() -> None:
    sink = pa.BufferOutputStream()
    table = pa.table({"a": [1, None], "b": ["x", "y"], "c": [[True], [False, None]]})
    pq.write_table(table, sink, row_group_size=1, compression="zstd")
    file = sink.getvalue().to_pybytes()
    footer = file[-8 - int.from_bytes(file[-8:-4], "little") : -8]
    assert write_struct(read_struct(footer)) == footer
