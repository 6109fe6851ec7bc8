"""The workbook but for its rows. It is made twice by the same code: with no rows to learn which
styles the cells will have, and with the true counts once all rows are rendered, so that every
reference in it is openpyxl's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, NamedStyle, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.table import Table, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from domain.datasets import FieldType
from domain.format_options import Header
from domain.xlsx_options import XlsxOptions
from processors.renderers.frames import Column, Facts, Totals
from processors.renderers.xlsx.conditions import add_conditions
from processors.renderers.xlsx.cover import add_cover
from processors.renderers.xlsx.notes import width
from processors.renderers.xlsx.titles import (
    column_titles,
    printable,
    sheet_names,
    table_names,
    write_text,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """What the workbook is made of."""

    options: XlsxOptions
    columns: tuple[Column, ...]
    facts: Facts | None

    @property
    def first_sheet(self) -> int:
        """Of the data, from 1."""
        return 2 if self.options.cover else 1

    @property
    def first_row(self) -> int:
        """Of the data, from 1."""
        return 1 if self.options.header is Header.NONE else 2


def build(design: Design, counts: Sequence[int], widths: Sequence[int], totals: Totals) -> Workbook:
    """A workbook with a sheet for each count of rows, behind the cover if there is one; `widths`
    are the columns', in characters."""
    book = Workbook()
    book.remove(book.active)
    _describe(book, design)
    book.add_named_style(_header_style(design))
    if design.options.cover:
        add_cover(book, design.facts, totals)
    title = design.facts.title if design.facts is not None else "Rows"
    names = sheet_names(design.options.sheet_name or title, len(counts))
    for name, table, rows in zip(names, table_names(len(counts)), counts, strict=True):
        sheet = book.create_sheet(name)
        _fill(sheet, design, widths)
        _add_table(sheet, design, table, rows)
        add_conditions(
            sheet,
            design.columns,
            dict(design.options.conditional_formats),
            design.first_row,
            max(rows, 1),
        )
    return book


_UNDATED: Final = datetime(1980, 1, 1, tzinfo=UTC)
_HEADER: Final = "Waybill header"
_NARROW, _WIDE = 6, 60
_FILTER_BUTTON: Final = 3


def _describe(book: Workbook, design: Design) -> None:
    book.properties.creator = "Waybill"
    book.properties.created = _UNDATED
    if design.facts is not None:
        book.properties.title = printable(design.facts.title)
        book.properties.created = design.facts.requested_at


def _header_style(design: Design) -> NamedStyle:
    return NamedStyle(
        _HEADER,
        font=Font(bold=True, color="FFFFFF"),
        fill=PatternFill("solid", fgColor=design.options.header_colour[1:].upper()),
        alignment=Alignment(vertical="center", wrap_text=True),
    )


def _fill(sheet: Worksheet, design: Design, widths: Sequence[int]) -> None:
    options = design.options
    titles = _titles(design)
    for number, column in enumerate(design.columns, 1):
        if titles:
            write_text(sheet.cell(1, number), titles[number - 1])
            sheet.cell(1, number).style = _HEADER
        sheet.cell(design.first_row, number).number_format = _number_format(column, options)
        if options.auto_widths:
            heading = width(titles[number - 1]) + _FILTER_BUTTON if titles else 0
            wanted = max(widths[number - 1], heading)
            letter = get_column_letter(number)
            sheet.column_dimensions[letter].width = min(max(wanted + 1, _NARROW), _WIDE)
    sheet.freeze_panes = sheet.cell(1 + options.freeze_header, 1 + options.freeze_columns)
    if titles:
        sheet.print_title_rows = "1:1"


def _titles(design: Design) -> list[str]:
    match design.options.header:
        case Header.NONE:
            return []
        case Header.LABELS:
            return column_titles(column.label for column in design.columns)
        case Header.NAMES:
            return column_titles(column.name for column in design.columns)


def _number_format(column: Column, options: XlsxOptions) -> str:
    return dict(options.field_formats).get(column.name) or _formats_by_type(options).get(
        column.type, "General"
    )


def _formats_by_type(options: XlsxOptions) -> dict[FieldType, str]:
    return {
        FieldType.INTEGER: options.integer_format,
        FieldType.DECIMAL: options.decimal_format,
        FieldType.FLOAT: options.float_format,
        FieldType.DATE: options.date_format,
        FieldType.TIME: options.time_format,
        FieldType.TIMESTAMP: options.timestamp_format,
        FieldType.INSTANT: options.instant_format,
    }


def _add_table(sheet: Worksheet, design: Design, name: str, rows: int) -> None:
    """A table has a row at least, if an empty one."""
    options = design.options
    corner = f"{get_column_letter(len(design.columns))}{design.first_row - 1 + max(rows, 1)}"
    if options.table_style is None:
        if options.autofilter:
            sheet.auto_filter.ref = f"A1:{corner}"
        return
    style = TableStyleInfo(options.table_style, showRowStripes=True)
    table = Table(displayName=name, ref=f"A1:{corner}", tableStyleInfo=style)
    table._initialise_columns()  # or else openpyxl makes every cell of the table, to name these
    if not options.autofilter:
        table.autoFilter = None
    for column, title in zip(table.tableColumns, _titles(design), strict=True):
        column.name = title
    sheet.add_table(table)
