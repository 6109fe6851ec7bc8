"""CSV, NDJSON and Parquet by DuckDB. NDJSON is read as texts, as a column of it may hold numbers
and texts."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import duckdb

from tests.readers.programs.cells import Rows, main


def csv_rows(file: str) -> Rows:
    return _asked(
        "SELECT * FROM read_csv(?, all_varchar = true, header = false, auto_detect = false,"
        f" columns = {_columns(_headings(file))}, delim = ',', quote = '\"', escape = '\"',"
        " new_line = '\\r\\n', allow_quoted_nulls = false, max_line_size = 10000000)",
        file,
    )


def ndjson_rows(file: str) -> Rows:
    with Path(file).open(encoding="utf-8") as lines:
        names = list(json.loads(next(lines)))
    yield names
    yield from _asked(
        "SELECT * FROM read_json(?, format = 'newline_delimited', maximum_object_size = 10000000,"
        f" columns = {_columns(names)})",
        file,
    )


def parquet_rows(file: str) -> Rows:
    names = _asked("SELECT name FROM parquet_schema(?) WHERE num_children IS NULL", file)
    yield [name for (name,) in names]
    yield from _asked("SELECT * FROM read_parquet(?)", file)


def _headings(file: str) -> list[str]:
    with Path(file).open(newline="", encoding="utf-8") as lines:
        return [f"c{number}" for number, _ in enumerate(next(csv.reader(lines)))]


def _columns(names: list[str]) -> str:
    return "{" + ", ".join(f"'{name}': 'VARCHAR'" for name in names) + "}"


def _asked(query: str, file: str) -> Rows:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    found = connection.execute(query, [file])
    while some := found.fetchmany(10_000):
        yield from some


main({"csv": csv_rows, "ndjson": ndjson_rows, "parquet": parquet_rows})
