"""Rows to a workbook by openpyxl's write-only mode, over a server-side cursor of psycopg."""

from __future__ import annotations

import sys

import openpyxl

from tests.bench.rivals.cursors import rows_of


def main(url: str, query: str, file: str) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Orders")
    for row in rows_of(url, query):
        sheet.append(row)
    book.save(file)


if __name__ == "__main__":
    main(*sys.argv[1:])
