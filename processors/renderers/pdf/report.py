"""What a plan with groups or totals has beside its rows, made ready once."""

from __future__ import annotations

from domain.formats import PdfOptions
from processors.renderers.frames import PlanUnfit, RenderPlan
from processors.renderers.pdf.banners import Banners, Strip
from processors.renderers.pdf.chart_pages import ChartPage
from processors.renderers.pdf.charts import ChartData
from processors.renderers.pdf.faces import Glyph
from processors.renderers.pdf.group_pens import GroupPens
from processors.renderers.pdf.layout import Layout, shown_columns
from processors.renderers.pdf.links import linked
from processors.renderers.pdf.marks import Key
from processors.renderers.pdf.report_rows import ReportParts, ReportRows, totalled
from processors.renderers.pdf.rows import RowPens
from processors.renderers.pdf.totals import WORDS, TotalPens


class RowsNotInGroups(PlanUnfit):
    """Rows of one group must come one after another. Begin the order with the fields of
    group_by."""


class Report:
    """Raises `RowsNotInGroups`, `NoNumbers`, `NoAddresses` and `PageTooNarrow`."""

    def __init__(self, plan: RenderPlan, layout: Layout, options: PdfOptions) -> None:
        _check_order(_order(plan, options.group_by), options.group_by)
        self.layout, self.stripes = layout, options.stripes
        self._options = options
        self._banners = Banners(layout)
        self.groups = GroupPens(plan.columns, self._banners, options, layout.faces)
        shown = shown_columns(plan.columns, options)
        self.totals = TotalPens(shown, layout, self._banners, options)
        self._parts = ReportParts(
            self.groups,
            totalled(plan.columns, options),
            linked(plan.columns, options),
        )

    def rows(self, pens: RowPens) -> ReportRows:
        """For one fragment."""
        return ReportRows(pens, self._parts)

    def charts(self) -> list[ChartData]:
        """Empty, for one file."""
        asked, totals = dict(self._options.charts), dict(self._options.totals)
        return [
            ChartData(chart, number, totals[field.name][0])
            for number, field in enumerate(self.totals.fields)
            for chart in asked.get(field.name, ())
        ]

    def chart_page(self, data: ChartData, number: int, pages: int) -> tuple[bytes, set[Glyph]]:
        field = self.totals.fields[data.field]
        page = ChartPage(self.layout, self._options, lambda value: field.text(data.total, value))
        title = f"{WORDS[data.total]} of {field.title} by {self.groups.titles[0]}"
        return page.content(data, title, number, pages), page.glyphs

    def continued(self, key: Key) -> Strip:
        """One line for all groups that go on: each was shown in full where it began."""
        said = " / ".join(self.groups.said(level, value) for level, value in enumerate(key, 1))
        return self._banners.strip([[self._banners.line(f"{said} (continued)")]])


def _order(plan: RenderPlan, group_by: tuple[str, ...]) -> tuple[str, ...]:
    """Of the rows of a file: where each value of a field has its own, that field orders nothing."""
    by = plan.spec.split.by if plan.spec.split is not None else None
    if by in group_by:
        return plan.order
    return tuple(field for field in plan.order if field != by)


def _check_order(order: tuple[str, ...], group_by: tuple[str, ...]) -> None:
    if order[: len(group_by)] != tuple(group_by):
        wanted = ", ".join(name[:60] for name in group_by)
        raise RowsNotInGroups(
            f"group_by needs rows that come in groups: begin the export's order with {wanted}"
        )
