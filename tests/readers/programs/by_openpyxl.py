"""Workbooks by openpyxl, row by row."""

from __future__ import annotations

import openpyxl

from tests.readers.programs.cells import Rows, main


def xlsx_rows(file: str) -> Rows:
    sheet = openpyxl.load_workbook(file, read_only=True).worksheets[0]
    return (list(row) for row in sheet.iter_rows(values_only=True))


main({"xlsx": xlsx_rows})
