"""Readers of Parquet and Arrow that are not ours, or not the writer's own, and what they should
find: Python's values, times as texts, floats by their shortest text so that NaN equals itself."""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Context, Decimal
from typing import Any

import duckdb
import polars
import pyarrow as pa
import pyarrow.parquet as pq

from domain.columnar_options import ColumnarOptions, Decimals
from domain.datasets import FieldType
from tests.contract.renderers_rows import COLUMNS, Value

Table = list[list[Any]]


def _parquet_by_pyarrow(file: bytes) -> Table:
    return _of_arrow(pq.read_table(io.BytesIO(file), use_threads=False))


def _parquet_by_polars(file: bytes) -> Table:
    return _of_polars(polars.read_parquet(io.BytesIO(file)))


def _parquet_by_duckdb(file: bytes) -> Table:
    with tempfile.NamedTemporaryFile(suffix=".parquet") as place, duckdb.connect() as reader:
        place.write(file)
        place.flush()
        reader.execute("SET TimeZone = 'UTC'")
        instant = FieldType.INSTANT.value
        wanted = f'SELECT * REPLACE ("{instant}"::timestamp AS "{instant}") FROM read_parquet(?)'
        found = reader.execute(wanted, [place.name])
        assert [column[0] for column in found.description or ()] == _NAMES
        rows = [list(map(_plain, row)) for row in found.fetchall()]
    at = _NAMES.index(instant)
    for row in rows:
        row[at] = row[at] and row[at] + "+00:00"
    return rows


def _arrow_by_pyarrow(file: bytes) -> Table:
    return _of_arrow(pa.ipc.open_stream(file).read_all())


def _arrow_by_polars(file: bytes) -> Table:
    return _of_polars(polars.read_ipc_stream(io.BytesIO(file)))


_READERS: dict[str, list[Callable[[bytes], Table]]] = {
    "parquet": [_parquet_by_pyarrow, _parquet_by_polars, _parquet_by_duckdb],
    "arrow": [_arrow_by_pyarrow, _arrow_by_polars],
}


def columnar_reader(kind: str) -> Callable[[bytes], Table]:
    """What every reader of this format finds."""

    def read(file: bytes) -> Table:
        first, *others = (each(file) for each in _READERS[kind])
        assert all(found == first for found in others)
        return first

    return read


def columnar_expects(options: ColumnarOptions) -> Callable[[FieldType, Value], Any]:
    """With what has no place in a column being null."""

    def expect(type_: FieldType, value: Value) -> Any:
        return None if value is None else _expected(type_, value, options)

    return expect


_EXACTLY = Context(prec=2_000)
_NAMES = [column.name for column in COLUMNS]


def _of_arrow(table: pa.Table) -> Table:
    assert table.column_names == _NAMES
    table.validate(full=True)
    columns = [map(_plain, column.to_pylist()) for column in table.columns]
    return [list(row) for row in zip(*columns, strict=True)]


def _of_polars(frame: polars.DataFrame) -> Table:
    assert frame.columns == _NAMES
    return [list(map(_plain, row)) for row in frame.rows()]


def _plain(value: Any) -> Any:
    match value:
        case date() | time() | datetime():
            return value.isoformat()
        case float():
            return repr(value)
        case _:
            return value


def _expected(type_: FieldType, value: str, options: ColumnarOptions) -> Any:
    match type_:
        case FieldType.INTEGER:
            return int(value)
        case FieldType.DECIMAL if options.decimals is Decimals.DECIMALS:
            return _decimal(value, options.decimal_scale)
        case FieldType.DECIMAL if options.decimals is Decimals.DOUBLES:
            return _double(value)
        case FieldType.FLOAT:
            return repr(float(value))
        case FieldType.BOOLEAN:
            return value == "t"
        case FieldType.TIME:
            return time.fromisoformat(value).isoformat()
        case FieldType.DATE | FieldType.TIMESTAMP | FieldType.INSTANT:
            return _moment(type_, value) if re.fullmatch(r"\d{4}-[^B]*", value) else None
        case _:
            return value


def _decimal(text: str, scale: int) -> Decimal | None:
    number = Decimal(text)
    if not number.is_finite() or abs(number) >= Decimal(10) ** (38 - scale):
        return None
    _, _, exponent = number.normalize(_EXACTLY).as_tuple()
    return number if isinstance(exponent, int) and exponent >= -scale else None


def _double(text: str) -> str | None:
    number = float(text)
    overflown = abs(number) == float("inf") and "Infinity" not in text
    return None if overflown else repr(number)


def _moment(type_: FieldType, value: str) -> str:
    match type_:
        case FieldType.DATE:
            return date.fromisoformat(value).isoformat()
        case FieldType.TIMESTAMP:
            return datetime.fromisoformat(value).isoformat()
        case _:
            return datetime.fromisoformat(value).astimezone(UTC).isoformat()
