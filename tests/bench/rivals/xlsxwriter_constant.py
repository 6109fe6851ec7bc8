"""Rows to a workbook by XlsxWriter in constant memory, over a server-side cursor of psycopg."""

from __future__ import annotations

import sys

import xlsxwriter

from tests.bench.rivals.cursors import rows_of


def main(url: str, query: str, file: str) -> None:
    options = {"constant_memory": True, "default_date_format": "yyyy-mm-dd hh:mm:ss",
               "strings_to_formulas": False, "strings_to_urls": False}  # fmt: skip
    with xlsxwriter.Workbook(file, options) as book:
        sheet = book.add_worksheet("Orders")
        for number, row in enumerate(rows_of(url, query)):
            sheet.write_row(number, 0, row)


if __name__ == "__main__":
    main(*sys.argv[1:])
