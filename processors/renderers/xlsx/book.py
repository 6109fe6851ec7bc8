"""The workbook but for its rows. It is made twice by the same code: with no rows to learn which
styles the cells will have, and with the true counts once all rows are rendered, so that every
reference in it is openpyxl's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NamedTuple

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from processors.renderers.xlsx.charts import add_charts
from processors.renderers.xlsx.cover import add_cover
from processors.renderers.xlsx.data_sheets import dress, header_style, link_styles
from processors.renderers.xlsx.design import Design, Size
from processors.renderers.xlsx.summary import Summed, add_summary
from processors.renderers.xlsx.summary_formulas import Place, Value
from processors.renderers.xlsx.titles import (
    more_sheet_names,
    printable,
    sheet_names,
    table_names,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """`values` are what each of the summary's formulas comes to, by its cell; `links` are the
    numbers of the styles of links, by field, for each dataset."""

    book: Workbook
    values: Mapping[str, Value]
    links: Sequence[Mapping[str, int]]


def build(design: Design, size: Size) -> Built:
    """A workbook with a sheet for each count of rows, behind the cover and the summary if there
    are any."""
    book = Workbook()
    book.remove(book.active)
    _describe(book, design)
    book.add_named_style(header_style(design))
    if design.options.cover:
        add_cover(book, design, size)
    names = sheet_names(design.title, len(size.counts))
    for name, table, rows in zip(names, table_names(len(names)), size.counts, strict=True):
        dress(book.create_sheet(name), design, size.widths, table, rows)
    links = [link_styles(book[names[0]], design)]
    _add_relations(book, design, size, "Related")
    for number, (further, its) in enumerate(zip(design.further, size.further, strict=True), 2):
        sheets = _Sheets(further.title, its.counts, its.widths, f"Sheet_{number}_rows")
        links.append(link_styles(_add_sheets(book, further, sheets), further))
        _add_relations(book, further, its, f"Sheet_{number}_related")
    return Built(book=book, values=_summarise(book, design, size, names), links=links)


class _Sheets(NamedTuple):
    """Those behind the first dataset's, of one dataset or relation."""

    label: str
    counts: Sequence[int]
    widths: Sequence[int]
    table: str


def _add_relations(book: Workbook, design: Design, size: Size, table: str) -> None:
    every = zip(design.relations, size.beside, strict=True)
    for number, ((label, own), (counts, widths)) in enumerate(every, 1):
        _add_sheets(book, own, _Sheets(label, counts, widths, f"{table}_{number}_rows"))


def _add_sheets(book: Workbook, design: Design, sheets: _Sheets) -> Worksheet:
    """Returns the first."""
    names = more_sheet_names(sheets.label, len(sheets.counts), book.sheetnames)
    tables = table_names(len(names), sheets.table)
    for name, table, rows in zip(names, tables, sheets.counts, strict=True):
        dress(book.create_sheet(name), design, sheets.widths, table, rows)
    return book[names[0]]


_UNDATED: Final = datetime(1980, 1, 1, tzinfo=UTC)


def _describe(book: Workbook, design: Design) -> None:
    book.properties.creator = "Waybill"
    book.properties.created = _UNDATED
    if design.facts is not None:
        book.properties.title = printable(design.facts.title)
        book.properties.created = design.facts.requested_at


def _summarise(book: Workbook, design: Design, size: Size, names: list[str]) -> Mapping[str, Value]:
    """Last, so that the styles of the data's cells have the numbers that they have without it: its
    own are as many as it has totals."""
    if design.counted is None or size.figures is None:
        return {}
    summed = Summed(
        counted=design.counted,
        figures=size.figures,
        places=tuple(
            Place(sheet=name, first=design.first_row, last=design.first_row + max(rows, 1) - 1)
            for name, rows in zip(names, size.counts, strict=True)
        ),
        titles=design.titles,
        formats=design.number_formats,
    )
    summarised = add_summary(book, design.summary_sheet - 1, summed)
    if design.options.summary is not None:
        add_charts(summarised, design.options.summary.charts, design.columns)
    return summarised.values
