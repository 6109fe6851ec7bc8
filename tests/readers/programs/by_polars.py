"""CSV, NDJSON, Parquet and Arrow by polars. NDJSON is read as texts, as a column of it may hold
numbers and texts."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from tests.readers.programs.cells import Rows, main


def csv_rows(file: str) -> Rows:
    frame = pl.read_csv(file, has_header=False, infer_schema=False, empty_string_is_null=False)
    yield from frame.rows()


def ndjson_rows(file: str) -> Rows:
    with Path(file).open(encoding="utf-8") as lines:
        names = list(json.loads(next(lines)))
    yield names
    yield from pl.read_ndjson(file, schema=dict.fromkeys(names, pl.String)).rows()


def parquet_rows(file: str) -> Rows:
    return _rows(pl.read_parquet(file))


def arrow_rows(file: str) -> Rows:
    return _rows(pl.read_ipc_stream(file))


def _rows(frame: pl.DataFrame) -> Rows:
    yield frame.columns
    yield from frame.rows()


main({"csv": csv_rows, "ndjson": ndjson_rows, "parquet": parquet_rows, "arrow": arrow_rows})
