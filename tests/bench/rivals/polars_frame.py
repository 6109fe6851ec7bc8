"""Rows to CSV or NDJSON by polars over ADBC: the whole result is one frame in memory.

polars takes neither PostgreSQL's numeric nor its uuid and jsonb from ADBC as they are, so the query
that it is given turns these into text."""

from __future__ import annotations

import sys

import polars as pl


def main(kind: str, url: str, query: str, file: str) -> None:
    frame = pl.read_database_uri(query, url, engine="adbc")
    if kind == "csv":
        frame.write_csv(file)
    else:
        frame.write_ndjson(file)


if __name__ == "__main__":
    main(*sys.argv[1:])
