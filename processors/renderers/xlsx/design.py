"""What a workbook is made of, and what its rows come to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from domain.datasets import FieldType
from domain.format_options import Header
from domain.xlsx_options import XlsxOptions
from processors.renderers.frames import Column, Facts, Totals
from processors.renderers.xlsx.counted import Counted
from processors.renderers.xlsx.figures import Figures
from processors.renderers.xlsx.titles import column_titles


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """Sheets and rows are numbered from 1. `columns` are the fields', then the formulas'.
    `relations` are the sheets of rows that belong to these, by what those are called; `further` are
    the datasets beside this one."""

    options: XlsxOptions
    columns: tuple[Column, ...]
    facts: Facts | None
    counted: Counted | None
    relations: tuple[tuple[str, Design], ...] = ()
    further: tuple[Design, ...] = ()

    @property
    def title(self) -> str:
        """What its sheets are called after."""
        label = self.facts.title if self.facts is not None else "Rows"
        return self.options.sheet_name or label

    @property
    def summary_sheet(self) -> int:
        """Where it is if there is one."""
        return 1 + self.options.cover

    @property
    def first_sheet(self) -> int:
        """Of the data."""
        return self.summary_sheet + (self.counted is not None)

    @property
    def first_row(self) -> int:
        """Of the data."""
        return 1 if self.options.header is Header.NONE else 2

    @property
    def titles(self) -> tuple[str, ...]:
        """What columns are called, in a header or without one."""
        names = self.options.header is Header.NAMES
        return tuple(column_titles(each.name if names else each.label for each in self.columns))

    @property
    def number_formats(self) -> tuple[str, ...]:
        return number_formats(self.columns, self.options)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How many rows are on each sheet and in all, how wide the columns are in characters, and the
    figures for a summary, if there is one. `beside` are counts and widths of each relation's;
    `further` are the sizes of the datasets beside this one."""

    counts: Sequence[int]
    totals: Totals
    widths: Sequence[int]
    figures: Figures | None
    beside: Sequence[tuple[Sequence[int], Sequence[int]]] = ()
    further: Sequence[Size] = ()


def number_formats(columns: Iterable[Column], options: XlsxOptions) -> tuple[str, ...]:
    """Of each column, by its name or its type."""
    by_field, by_type = dict(options.field_formats), _by_type(options)
    by_field |= {each.name: each.number_format for each in options.formulas}
    return tuple(
        by_field.get(column.name) or by_type.get(column.type, "General") for column in columns
    )


def _by_type(options: XlsxOptions) -> dict[FieldType, str]:
    return {
        FieldType.INTEGER: options.integer_format,
        FieldType.DECIMAL: options.decimal_format,
        FieldType.FLOAT: options.float_format,
        FieldType.DATE: options.date_format,
        FieldType.TIME: options.time_format,
        FieldType.TIMESTAMP: options.timestamp_format,
        FieldType.INSTANT: options.instant_format,
    }
