"""Charts beside a summary's totals, Excel's own. They carry the values that they show, so that a
viewer draws them without calculating."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, Final, assert_never

from openpyxl.chart import BarChart, LineChart, PieChart, Reference
from openpyxl.chart.data_source import (
    AxDataSource,
    NumData,
    NumVal,
    StrData,
    StrRef,
    StrVal,
)
from openpyxl.chart.series import Series
from openpyxl.chart.series_factory import SeriesFactory
from openpyxl.worksheet.worksheet import Worksheet

from domain.datasets import FieldType
from domain.xlsx_summaries import Chart, ChartKind
from processors.renderers.frames import Column
from processors.renderers.xlsx.serials import DATES_1900
from processors.renderers.xlsx.summary import Block, Summarised

AnyChart = Any
"""One of the kinds above: openpyxl's charts have no types."""


def add_charts(summarised: Summarised, charts: Iterable[Chart], columns: Sequence[Column]) -> None:
    """To the right of the figures, one below the other. A group that has no totals has no chart."""
    fields = [column.name for column in columns]
    blocks = {fields[block.by]: block for block in summarised.blocks}
    drawn = [chart for chart in charts if blocks[chart.by].last > blocks[chart.by].first]
    left = summarised.sheet.max_column + 2
    for at, chart in enumerate(drawn):
        block = blocks[chart.by]
        column = 2 if chart.of is None else 3 + [fields[n] for n in block.sums].index(chart.of)
        days = columns[block.by].type is FieldType.DATE
        corner = summarised.sheet.cell(1, left).column_letter + str(1 + at * _ROWS)
        summarised.sheet.add_chart(_chart(chart.kind, summarised, block, column, days=days), corner)


_ROWS: Final = 17
"""Of the sheet, that a chart covers with a gap below it."""


def _chart(
    kind: ChartKind, summarised: Summarised, block: Block, column: int, *, days: bool
) -> AnyChart:
    chart = _of_kind(kind)
    sheet = summarised.sheet
    chart.series.append(_series(summarised, block, column, days=days))
    chart.title = str(sheet.cell(block.first, column).value)
    chart.title.overlay = False
    if not isinstance(chart, PieChart):
        chart.legend = None
        chart.x_axis.title = str(sheet.cell(block.first, 1).value)
        chart.x_axis.title.overlay = False
        chart.x_axis.delete = chart.y_axis.delete = False
    return chart


def _of_kind(kind: ChartKind) -> AnyChart:
    match kind:
        case ChartKind.BAR | ChartKind.COLUMN:
            chart = BarChart()
            chart.type = "bar" if kind is ChartKind.BAR else "col"
            return chart
        case ChartKind.LINE:
            return LineChart()
        case ChartKind.PIE:
            return PieChart()
        case _:
            assert_never(kind)


def _series(summarised: Summarised, block: Block, column: int, *, days: bool) -> Series:
    sheet, rows = summarised.sheet, range(block.first + 1, block.last + 1)
    values = Reference(sheet, min_col=column, min_row=rows[0], max_row=rows[-1])
    series = SeriesFactory(values)
    cells = [sheet.cell(row, column) for row in rows]
    shown = [summarised.values.get(cell.coordinate, cell.value) for cell in cells]
    series.val.numRef.numCache = NumData(
        formatCode=cells[0].number_format,
        ptCount=len(shown),
        pt=[NumVal(idx=at, v=repr(value)) for at, value in enumerate(shown) if _is_number(value)],
    )
    names = Reference(sheet, min_col=1, min_row=rows[0], max_row=rows[-1])
    series.cat = _categories(names, [_shown(sheet, row, days=days) for row in rows])
    return series


def _categories(names: Reference, shown: Sequence[str]) -> AxDataSource:
    points = [StrVal(idx=at, v=name) for at, name in enumerate(shown)]
    return AxDataSource(
        strRef=StrRef(f=str(names), strCache=StrData(ptCount=len(points), pt=points))
    )


def _shown(sheet: Worksheet, row: int, *, days: bool) -> str:
    """Whatever the number format: one of dates may be a field of integers, which are no days."""
    value = sheet.cell(row, 1).value
    if days and isinstance(value, int):
        return (DATES_1900.zero + timedelta(days=value)).isoformat()
    return str(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
