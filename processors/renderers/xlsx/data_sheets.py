"""A sheet of data but for its rows: header, table or filter, conditional formats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Final

from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Color, Font, NamedStyle, PatternFill
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.table import Table, TableFormula, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from domain.format_options import Header
from domain.xlsx_formulas import parse_formula
from domain.xlsx_styles import ColumnStyle
from processors.renderers.colours import takes_black
from processors.renderers.frames import Column
from processors.renderers.xlsx.conditions import add_conditions
from processors.renderers.xlsx.design import Design
from processors.renderers.xlsx.formulas import excel_formula, local_names
from processors.renderers.xlsx.shown import GENERAL, NUMERIC
from processors.renderers.xlsx.text_widths import width
from processors.renderers.xlsx.titles import write_text


def dress(sheet: Worksheet, design: Design, widths: Sequence[int], table: str, rows: int) -> None:
    """For so many rows; `table` is the name of the sheet's table."""
    _fill(sheet, design, widths)
    _add_table(sheet, design, table, rows)
    _name_columns(sheet, design)
    conditions = dict(design.options.conditional_formats)
    add_conditions(sheet, design.columns, conditions, design.first_row, max(rows, 1))


def column_widths(design: Design, cells: Sequence[int]) -> list[int]:
    """Given how wide the cells of each column are, in characters; empty where Excel decides."""
    if not design.options.auto_widths:
        return []
    titles = design.titles if design.options.header is not Header.NONE else ()
    headings = [width(title) + _FILTER_BUTTON for title in titles] or [0] * len(design.columns)
    return [
        min(max(of_cells, heading, _NARROW - 1) + 1, _WIDE)
        for of_cells, heading in zip(cells, headings, strict=True)
    ]


def link_styles(sheet: Worksheet, design: Design) -> dict[str, int]:
    """The number of the style of links, by field. No cell is made: they are among the rows."""
    numbers = {}
    for column, shown in zip(design.columns, design.number_formats, strict=True):
        if column.name in design.options.links:
            cell = Cell(sheet, row=1, column=1)
            _style(cell, column, shown, dict(design.options.field_styles))
            font = copy(cell.font)
            font.color, font.underline = Color("0563C1"), "single"
            cell.font = font
            numbers[column.name] = cell.style_id
    return numbers


def header_style(design: Design) -> NamedStyle:
    """Of the whole book."""
    colour = design.options.header_colour
    return NamedStyle(
        _HEADER,
        font=Font(bold=True, color="000000" if takes_black(colour) else "FFFFFF"),
        fill=PatternFill("solid", fgColor=colour[1:].upper()),
        alignment=Alignment(vertical="center", wrap_text=True),
    )


_HEADER: Final = "Waybill header"
_NARROW, _WIDE = 6, 60
_FILTER_BUTTON: Final = 3


def _fill(sheet: Worksheet, design: Design, widths: Sequence[int]) -> None:
    options = design.options
    titles = design.titles if options.header is not Header.NONE else ()
    styles = dict(options.field_styles)
    shown = zip(design.columns, design.number_formats, strict=True)
    for number, (column, number_format) in enumerate(shown, 1):
        if titles:
            write_text(sheet.cell(1, number), titles[number - 1])
            sheet.cell(1, number).style = _HEADER
        _style(sheet.cell(design.first_row, number), column, number_format, styles)
    _number_styles(sheet)
    for number, wide in enumerate(column_widths(design, widths), 1):
        sheet.column_dimensions[get_column_letter(number)].width = wide
    sheet.freeze_panes = sheet.cell(1 + options.freeze_header, 1 + options.freeze_columns)
    if titles:
        sheet.print_title_rows = "1:1"


def _style(
    cell: Cell, column: Column, number_format: str, styles: Mapping[str, ColumnStyle]
) -> None:
    """As every cell of the column is to look. A number or a date that is wider than its column is
    shown smaller, and not as ####."""
    cell.number_format = number_format
    style = styles.get(column.name)
    if style is not None:
        font = copy(cell.font)
        font.bold, font.italic = style.bold, style.italic
        if style.font is not None:
            font.color = Color(style.font[1:].upper())
        cell.font = font
        if style.fill is not None:
            cell.fill = PatternFill("solid", fgColor=style.fill[1:].upper())
    align = style.align.value if style is not None and style.align is not None else None
    numeric = column.type in NUMERIC
    shrunk = numeric and number_format != GENERAL
    wrapped = style is not None and style.wrap and not numeric
    if align or shrunk or wrapped:
        cell.alignment = Alignment(
            horizontal=align, wrap_text=wrapped or None, shrink_to_fit=shrunk or None
        )


def _number_styles(sheet: Worksheet) -> None:
    """openpyxl numbers a style when it is first asked for its number, else when it writes a cell
    that has it. The numbers of the data's must be the same whatever the sheets before them hold."""
    for row in sheet.iter_rows():
        for cell in row:
            _ = cell.style_id


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
    for column, title in zip(table.tableColumns, design.titles, strict=True):
        column.name = title
    called = local_names(design.columns, options)
    for each, column in zip(reversed(options.formulas), reversed(table.tableColumns), strict=False):
        text = excel_formula(parse_formula(each.formula), called)
        column.calculatedColumnFormula = TableFormula(attr_text=text)
    sheet.add_table(table)


def _name_columns(sheet: Worksheet, design: Design) -> None:
    """For formulas: without a dollar, the row is that of the formula's cell."""
    called = local_names(design.columns, design.options)
    for number, column in enumerate(design.columns, 1):
        if column.name in called:
            name = called[column.name]
            place = f"{quote_sheetname(sheet.title)}!${get_column_letter(number)}1"
            sheet.defined_names[name] = DefinedName(name, attr_text=place)
