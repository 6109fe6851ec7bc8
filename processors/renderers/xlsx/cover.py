"""The sheet that says what a workbook is: which rows, for whom, from when, and how many."""

from __future__ import annotations

from typing import Final

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.properties import PageSetupProperties

from processors.renderers.frames import Facts, Totals
from processors.renderers.xlsx.design import Design, Size
from processors.renderers.xlsx.logo import add_logo
from processors.renderers.xlsx.titles import printable, write_text

COVER: Final = "About"


def add_cover(book: Workbook, design: Design, size: Size) -> None:
    """A plan that is only tried has no facts, but rows all the same."""
    sheet = book.create_sheet(COVER)
    logo = design.options.logo
    if logo is not None:
        add_logo(sheet, logo)
    said: list[tuple[str, str | int]] = [
        *_said(design.facts),
        *_which(size.totals),
        *_counted(size.totals),
    ]
    for further, its in zip(design.further, size.further, strict=True):
        said += [("Also", further.title), *_rows(further.facts), *_counted(its.totals)]
    for row, (name, value) in enumerate(said, 1 if logo is None else 2):
        write_text(sheet.cell(row, 1), name)
        sheet.cell(row, 1).font = Font(bold=True)
        sheet.cell(row, 1).alignment = Alignment(vertical="top")
        if isinstance(value, str):
            write_text(sheet.cell(row, 2), value)
            sheet.cell(row, 2).alignment = Alignment(vertical="top", wrap_text=True)
        else:
            sheet.cell(row, 2, value).alignment = Alignment(horizontal="left")
            sheet.cell(row, 2).number_format = "#,##0"
    sheet.column_dimensions["A"].width = 16
    sheet.column_dimensions["B"].width = 80
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)  # on paper, one wide
    sheet.page_setup.fitToHeight = 0


def _said(facts: Facts | None) -> list[tuple[str, str]]:
    if facts is None:
        return []
    return [
        ("Title", facts.title),
        *_rows(facts),
        ("Asked for by", str(facts.requested_by)),
        ("Asked for at", f"{facts.requested_at:%Y-%m-%d %H:%M:%S %Z}"),
        ("Export", str(facts.export_id)),
    ]


def _rows(facts: Facts | None) -> list[tuple[str, str]]:
    if facts is None:
        return []
    masked = [("Masked", facts.masked)] if facts.masked else []
    return [("Rows that", facts.filter or "all of them"), *masked]


def _which(totals: Totals) -> list[tuple[str, str]]:
    which = printable(totals.which).strip()
    return [("This file", which)] if which else []


def _counted(totals: Totals) -> list[tuple[str, int]]:
    counts = [("Rows", totals.rows)]
    return [*counts, ("Rows left out", totals.rejected)] if totals.rejected else counts
