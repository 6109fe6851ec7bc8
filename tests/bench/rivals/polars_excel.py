"""Rows to a workbook by polars over ADBC and XlsxWriter, all of them in memory. Spreadsheets know
no time zones."""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl
from polars import selectors


def main(url: str, query: str, file: str) -> None:
    frame = pl.read_database_uri(query, url, engine="adbc")
    plain = frame.with_columns(selectors.datetime().dt.replace_time_zone(None))
    with Path(file).open("wb") as out:
        plain.write_excel(out)


if __name__ == "__main__":
    main(*sys.argv[1:])
