"""One dataset's rows on its way into a workbook: its fragments become parts, with the rows of its
relations behind its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from domain.ports import Fragment
from domain.xlsx_options import XlsxOptions
from processors.renderers.fragments import Rows, write_blocks
from processors.renderers.frames import Part, Renders, SheetPlan, Totals
from processors.renderers.xlsx.counted import counted
from processors.renderers.xlsx.design import Design, Size, number_formats
from processors.renderers.xlsx.figures import Figures
from processors.renderers.xlsx.formulas import with_formulas
from processors.renderers.xlsx.links import check_links
from processors.renderers.xlsx.nested_rows import Relation, relations
from processors.renderers.xlsx.notes import Note, figures_of, widths_of
from processors.renderers.xlsx.relation_sheets import (
    RelationWriter,
    RowsWithRelations,
    relation_options,
)
from processors.renderers.xlsx.rows import Styles, XlsxRows
from processors.renderers.xlsx.shown import LEAST_DIGITS, measures, shown_width
from processors.renderers.xlsx.tally import TalliedRows
from processors.renderers.zipped import Stream

_FORMULA_WIDTH: Final = 11
"""At least: what formulas come to is not looked at for the width of their column."""


class Outline:
    """What is known of a dataset's sheets before the workbook has styles. `own` are the places of
    the columns that are on its own sheet."""

    def __init__(self, plan: SheetPlan) -> None:
        """Raises `PlanUnfit` where an option and the columns don't go together."""
        columns, options = plan.columns, plan.options
        self.options = options
        self.relations = relations(columns, options)
        apart = {relation.at for relation in self.relations}
        self.own = [at for at in range(len(columns)) if at not in apart]
        self.columns = tuple(columns[at] for at in self.own)
        self.fields = tuple(column.name for column in columns)
        with_its = with_formulas(self.columns, options)
        check_links(options.links, self.columns)
        self.formula_widths = tuple(
            max(shown_width(each.number_format, LEAST_DIGITS), _FORMULA_WIDTH)
            for each in options.formulas
        )
        self.measures = measures(columns, number_formats(columns, options))
        self.counted = counted(self.columns, options)
        self.design = Design(
            options=options,
            columns=with_its,
            facts=plan.facts,
            counted=self.counted,
            relations=tuple((each.label, _design_of(each, options)) for each in self.relations),
        )

    def figures(self, notes: Iterable[bytes]) -> Figures | None:
        return None if self.counted is None else self.counted.together(map(figures_of, notes))

    def nothing(self) -> Size:
        """Of no rows."""
        return Size(
            counts=[0],
            totals=Totals(rows=0, rejected=0),
            widths=[0] * len(self.design.columns),
            figures=self.figures([]),
            beside=[([0], [0] * len(design.columns)) for _, design in self.design.relations],
        )


class Dataset(Renders):
    """Writes the rows of one dataset, the `sheet`th of the workbook; `others` are the styles of
    each relation's columns."""

    def __init__(
        self, outline: Outline, sheet: int, styles: Styles, others: Sequence[tuple[int, ...]]
    ) -> None:
        self._outline, self._sheet = outline, sheet
        self._rows = XlsxRows(outline.columns, outline.options, styles)
        self._beside = [
            RelationWriter(relation, outline.options, each)
            for relation, each in zip(outline.relations, others, strict=True)
        ]

    def render(self, fragment: Fragment) -> Part:
        outline, piece = self._outline, Stream()
        count = outline.counted
        tallied = TalliedRows(self._rows, count) if count is not None else None
        rows: Rows = tallied or self._rows
        related = RowsWithRelations(outline.fields, rows, self._beside) if self._beside else None
        counts = write_blocks(related or rows, fragment, piece.add)
        behind, beside = related.end() if related is not None else (b"", [])
        widths = widths_of(fragment.data, outline.measures)
        note = Note(
            size=piece.size,
            crc=piece.crc,
            widths=tuple(widths[at] for at in outline.own),
            figures=tallied.figures() if tallied is not None else None,
            beside=tuple(beside),
            sheet=self._sheet,
        )
        return Part(
            data=(piece.end() if piece.size else b"") + behind,
            rows=counts.rows,
            rejected=counts.rejected,
            note=note.to_bytes(),
        )


def _design_of(relation: Relation, options: XlsxOptions) -> Design:
    return Design(
        options=relation_options(options), columns=relation.columns, facts=None, counted=None
    )
