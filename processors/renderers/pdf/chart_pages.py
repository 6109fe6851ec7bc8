"""Charts, a page each. ReportLab draws the shapes; texts are drawn as in rows, so that groups may
be named in any script."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal, localcontext
from typing import Final, assert_never

from reportlab.graphics.charts.barcharts import HorizontalBarChart
from reportlab.graphics.charts.linecharts import HorizontalLineChart
from reportlab.graphics.charts.piecharts import Pie
from reportlab.graphics.renderPDF import draw
from reportlab.graphics.shapes import Drawing, Rect
from reportlab.lib.colors import HexColor

from domain.formats import PdfOptions
from domain.pdf_options import Chart
from processors.renderers.pdf.charts import MOST_BARS, MOST_POINTS, MOST_SLICES, ChartData
from processors.renderers.pdf.faces import Glyph
from processors.renderers.pdf.furniture import page_number, strong
from processors.renderers.pdf.layout import Layout
from processors.renderers.pdf.reportlab_pages import reportlab_page
from processors.renderers.pdf.shaping import Pen
from processors.renderers.pdf.texts import cut

Points = Sequence[tuple[str, Decimal]]


class ChartPage:
    """One on its way: shapes and texts over the whole page."""

    def __init__(self, layout: Layout, options: PdfOptions, said: Callable[[Decimal], str]) -> None:
        self._layout, self._said = layout, said
        self._colour = options.colour
        self._pen = Pen(_SIZE, layout.faces)
        self._shapes = Drawing(layout.width, layout.height)
        self._texts: list[bytes] = []
        self.glyphs: set[Glyph] = set()
        self._left = layout.margin
        self._right = layout.width - layout.margin
        self._top = layout.height - layout.margin - _HEAD
        self._bottom = layout.margin + _FOOT
        room = self._right - self._left
        self._names = min(140, room * 3 // 10)
        self._values = min(90, room // 5)
        self._percent = min(50, room // 8)

    def content(self, data: ChartData, title: str, number: int, pages: int) -> bytes:
        self._text(title, self._left, self._top + 24, self._right - self._left, bold=True)
        obstacle = _obstacle(data)
        note = obstacle or _shown_of(_MOST[data.chart], data)
        self._text(note, self._left, self._top + 10, self._right - self._left)
        if obstacle is None:
            self._draw(data)
        texts = b"\n".join([*self._texts, page_number(number, pages, self._layout)])
        size = (self._layout.width, self._layout.height)
        return reportlab_page(size, lambda canvas: draw(self._shapes, canvas, 0, 0), texts)

    def _draw(self, data: ChartData) -> None:
        match data.chart:
            case Chart.BAR:
                self._bars(data.largest(MOST_BARS))
            case Chart.PIE:
                self._pie(_slices(data), data.sum)
            case Chart.LINE:
                self._line(data.points())
            case _:
                assert_never(data.chart)

    def _bars(self, points: Points) -> None:
        """From top to bottom, with their names on the left and their values on the right."""
        height = self._top - self._bottom
        each = min(height / len(points), _TALLEST_BAR)
        chart = HorizontalBarChart()
        chart.x, chart.width = (
            self._left + self._names,
            self._right - self._left - self._names - self._values,
        )
        chart.height = each * len(points)
        chart.y = self._top - chart.height
        chart.data = [_shares(points)[::-1]]
        chart.valueAxis.valueMin = min(0.0, *_shares(points))
        chart.valueAxis.valueMax = max(0.0, *_shares(points)) or 0.001
        chart.valueAxis.visible = chart.categoryAxis.visibleTicks = 0
        chart.categoryAxis.visibleLabels = 0
        chart.barWidth, chart.groupSpacing = 10, 4
        chart.bars[0].fillColor = HexColor(self._colour)
        chart.bars[0].strokeColor = None
        self._shapes.add(chart)
        for number, (label, value) in enumerate(points):
            lower = int(self._top - each * (number + 0.5)) - _SIZE // 3
            self._text(label, self._left, lower, self._names - _GAP)
            self._text(self._said(value), self._right, lower, self._values - _GAP, before=True)

    def _pie(self, points: Points, whole: Decimal) -> None:
        """Beside a legend."""
        pie = Pie()
        pie.width = pie.height = min(self._top - self._bottom, (self._right - self._left) // 2)
        pie.x, pie.y = self._left, self._top - pie.height
        pie.data, pie.simpleLabels = _shares(points), 1
        pie.startAngle, pie.direction = 90, "clockwise"
        legend = self._left + pie.width + 24
        room = self._right - legend - _SWATCH - self._values - self._percent
        between = min(16, (self._top - self._bottom) // len(points))
        for number, (label, value) in enumerate(points):
            colour = HexColor(([self._colour, *_COLOURS])[number % (len(_COLOURS) + 1)])
            pie.slices[number].fillColor = colour
            pie.slices[number].strokeColor = HexColor("#ffffff")
            lower = self._top - 14 - number * between
            self._shapes.add(Rect(legend, lower - 1, 9, 9, fillColor=colour, strokeColor=None))
            self._text(label, legend + _SWATCH, lower, room)
            share = f"{_percent(value, whole)} %"
            self._text(
                self._said(value), self._right - self._percent, lower, self._values, before=True
            )
            self._text(share, self._right, lower, self._percent, before=True)
        self._shapes.add(pie)

    def _line(self, points: Points) -> None:
        """Over zero, with the names of some groups below."""
        chart = HorizontalLineChart()
        chart.x, chart.width = (
            self._left + self._values,
            self._right - self._left - self._values - _GAP,
        )
        chart.y, chart.height = self._bottom + 24, self._top - self._bottom - 30
        shares = _shares(points)
        chart.data = [shares]
        low, high = min(0.0, *shares), max(0.0, *shares)
        chart.valueAxis.valueMin, chart.valueAxis.valueMax = low, high if high > low else low + 1
        chart.valueAxis.visibleLabels = chart.valueAxis.visibleTicks = 0
        chart.categoryAxis.visibleLabels = chart.categoryAxis.visibleTicks = 0
        chart.joinedLines = 1
        chart.lines[0].strokeColor, chart.lines[0].strokeWidth = HexColor(self._colour), 1.5
        self._shapes.add(chart)
        marks = [Decimal(0), *(value for _, value in points)]
        for share, value in {low: min(marks), high: max(marks), 0.0: Decimal(0)}.items():
            lower = int(chart.y + chart.height * (share - low) / (high - low or 1)) - _SIZE // 3
            left = self._left + self._values - _GAP
            self._text(self._said(value), left, lower, self._values, before=True)
        self._names_below(points, chart.x, chart.width)

    def _names_below(self, points: Points, left: int, width: int) -> None:
        every = -(-len(points) // _NAMES_BELOW)
        room = width * every // len(points)
        for number in range(0, len(points), every):
            middle = left + width * (2 * number + 1) // (2 * len(points))
            start = max(left, middle - room // 2)
            self._text(points[number][0], start, self._bottom + 8, room - _GAP)

    def _text(
        self,
        text: str,
        left: int,
        lower: int,
        room: int,
        *,
        bold: bool = False,
        before: bool = False,
    ) -> None:
        """`before`: the text ends at `left`. What doesn't fit leaves an ellipsis."""
        kept = cut(text, room * 920 // _SIZE, self._pen)
        line = strong(kept, self._pen) if bold else self._pen.line(kept)
        if before:
            left -= line.width * _SIZE // 1000
        self.glyphs |= line.glyphs
        self._texts.append(
            b"BT .2 g %b %d %d Td %b ET" % (self._pen.select, left, lower, line.operators)
        )


_MOST: Final = {Chart.BAR: MOST_BARS, Chart.PIE: MOST_SLICES, Chart.LINE: MOST_POINTS}
_SIZE: Final = 9
_HEAD: Final = 48
_FOOT: Final = 20
_SWATCH: Final = 14
_GAP: Final = 8
_TALLEST_BAR: Final = 28
_NAMES_BELOW: Final = 8
_COLOURS: Final = (
    "#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7", "#999999",
    "#8c564b", "#bcbd22", "#17becf",
)  # fmt: skip


def _slices(data: ChartData) -> Points:
    """The largest groups, and all others as one."""
    largest = data.largest(MOST_SLICES)
    others = data.shown - len(largest)
    if not others:
        return largest
    rest = data.sum - sum(value for _, value in largest)
    return [*largest, (f"{others:,} others", rest)]


def _obstacle(data: ChartData) -> str | None:
    """Why there is nothing that could be drawn."""
    if not data.shown:
        return "No group has a number to show"
    if data.chart is Chart.PIE and (data.has_negative or not data.sum):
        return "Not drawn: a pie has no shares that are negative, or of nothing"
    if data.chart is Chart.LINE and data.shown > MOST_POINTS:
        return f"Not drawn: a line has at most {MOST_POINTS} groups, not {data.shown:,}"
    return None


def _shown_of(most: int, data: ChartData) -> str:
    said = f"{data.shown:,} groups" if data.shown != 1 else "1 group"
    if data.shown > most:
        said = f"The {most} largest of {said}"
    return f"{said}; {data.left_out:,} without a number" if data.left_out else said


def _shares(points: Points) -> list[float]:
    """Of the greatest value, be it negative: numbers of any size can be drawn so."""
    greatest = max(abs(value) for _, value in points) or Decimal(1)
    with localcontext(prec=28):
        return [float(value / greatest) for _, value in points]


def _percent(value: Decimal, whole: Decimal) -> str:
    with localcontext(prec=28):
        return f"{value * 100 / whole:.1f}"
