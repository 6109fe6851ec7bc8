"""Parquet and Arrow by pyarrow."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq

from tests.readers.programs.cells import Rows, main


def parquet_rows(file: str) -> Rows:
    return _rows(pq.read_table(file))


def arrow_rows(file: str) -> Rows:
    return _rows(pa.ipc.open_stream(file).read_all())


def _rows(table: pa.Table) -> Rows:
    table.validate(full=True)
    yield table.column_names
    for batch in table.to_batches():
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


main({"parquet": parquet_rows, "arrow": arrow_rows})
