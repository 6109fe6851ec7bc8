"""Workbooks by calamine."""

from __future__ import annotations

from python_calamine import load_workbook

from tests.readers.programs.cells import Rows, main


def xlsx_rows(file: str) -> Rows:
    return load_workbook(file).get_sheet_by_index(0).to_python(skip_empty_area=False)


main({"xlsx": xlsx_rows})
