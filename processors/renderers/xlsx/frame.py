"""An Excel plan made ready: how its fragments become parts, and its parts a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import ClassVar, Final

from domain.ports import Fragment
from domain.xlsx_options import XlsxOptions
from domain.zips import Zip
from processors.renderers.fragments import Rows, write_blocks
from processors.renderers.frames import Frame, Made, Part, Read, RenderPlan, Totals, Verbatim
from processors.renderers.xlsx.book import build
from processors.renderers.xlsx.counted import counted
from processors.renderers.xlsx.design import Design, Size, number_formats
from processors.renderers.xlsx.figures import Figures
from processors.renderers.xlsx.formulas import with_formulas
from processors.renderers.xlsx.links import check_links
from processors.renderers.xlsx.nested_rows import Relation, RelationSheetUnfit, relations
from processors.renderers.xlsx.notes import Note, figures_of, note_from_bytes, widest, widths_of
from processors.renderers.xlsx.package import cut, package, sheet_part, with_values
from processors.renderers.xlsx.relation_sheets import (
    Placed,
    RelationWriter,
    RowsWithRelations,
    relation_options,
    sheets_of,
)
from processors.renderers.xlsx.rows import Styles, XlsxRows
from processors.renderers.xlsx.shown import LEAST_DIGITS, measures, shown_width
from processors.renderers.xlsx.tally import TalliedRows
from processors.renderers.xlsx.templates import Templates
from processors.renderers.zipped import Piece, Stream, deflated_piece, entry_of

SHEET_FRAGMENTS: Final = 63
"""1,032,192 rows, as a sheet has 1,048,576: fragment n is on sheet n // 63, so that who renders it
needn't know how many rows come before it."""

_FORMULA_WIDTH: Final = 11
"""At least: what formulas come to is not looked at for the width of their column."""


class XlsxFrame(Frame):
    """An Excel plan made ready."""

    notes: ClassVar[bool] = True

    def __init__(self, plan: RenderPlan, options: XlsxOptions) -> None:
        """Raises `PlanUnfit` where an option and the columns don't go together."""
        self._relations = relations(plan.columns, options)
        if self._relations and plan.spec.split is not None:
            raise RelationSheetUnfit(
                "a split's workbooks have no relation_sheets; leave out those or the split"
            )
        apart = {relation.at for relation in self._relations}
        self._own = [at for at in range(len(plan.columns)) if at not in apart]
        own = tuple(plan.columns[at] for at in self._own)
        columns = with_formulas(own, options)
        check_links(options.links, own)
        self._fields = tuple(column.name for column in plan.columns)
        self._formula_widths = tuple(
            max(shown_width(each.number_format, LEAST_DIGITS), _FORMULA_WIDTH)
            for each in options.formulas
        )
        self._measures = measures(plan.columns, number_formats(plan.columns, options))
        self._counted = counted(own, options)
        self._design = Design(
            options=options,
            columns=columns,
            facts=plan.facts,
            counted=self._counted,
            relations=tuple((each.label, _design_of(each, options)) for each in self._relations),
        )
        styles, others = self._styles()
        self._rows = XlsxRows(own, options, styles)
        self._beside = [
            RelationWriter(relation, options, each)
            for relation, each in zip(self._relations, others, strict=True)
        ]
        self._templates = Templates(self._design) if plan.spec.split is not None else None

    def render(self, fragment: Fragment) -> Part:
        piece = Stream()
        tallied = TalliedRows(self._rows, self._counted) if self._counted is not None else None
        rows: Rows = tallied or self._rows
        related = RowsWithRelations(self._fields, rows, self._beside) if self._beside else None
        counts = write_blocks(related or rows, fragment, piece.add)
        behind, beside = related.end() if related is not None else (b"", [])
        widths = widths_of(fragment.data, self._measures)
        note = Note(
            size=piece.size,
            crc=piece.crc,
            widths=tuple(widths[at] for at in self._own),
            figures=tallied.figures() if tallied is not None else None,
            beside=tuple(beside),
        )
        return Part(
            data=(piece.end() if piece.size else b"") + behind,
            rows=counts.rows,
            rejected=counts.rejected,
            note=note.to_bytes(),
        )

    def assemble(
        self, made: Sequence[Made], read: Read, totals: Totals
    ) -> Iterator[bytes | Verbatim]:
        notes = [note_from_bytes(each.note) for each in made]
        sheets = [
            range(first, min(first + SHEET_FRAGMENTS, len(made)))
            for first in range(0, len(made) or 1, SHEET_FRAGMENTS)
        ]
        beside = [
            list(sheets_of(_placed(made, notes, number))) for number in range(len(self._relations))
        ]
        size = Size(
            counts=[sum(made[number].rows for number in sheet) for sheet in sheets],
            totals=totals,
            widths=widest((note.widths for note in notes), len(self._own)) + self._formula_widths,
            figures=self._figures(made),
            beside=[
                (
                    [sum(placed.rowed.rows for placed in sheet) for sheet in found],
                    widest((note.beside[at].widths for note in notes), len(relation.columns)),
                )
                for at, (relation, found) in enumerate(zip(self._relations, beside, strict=True))
            ],
        )
        spliced = self._spliced(size, sheets, beside, made, notes)
        file = Zip()
        for name, content in self._parts(size).items():
            if name in spliced:
                yield from _sheet(file, name, content, spliced[name])
            else:
                piece, data = _deflated(content)
                yield file.opening(entry_of(name, [piece])) + data
        yield file.closing()

    def _parts(self, size: Size) -> dict[str, bytes]:
        """A split's workbooks are many and mostly small, so that openpyxl doesn't make each: it
        takes longer than a thousand rows. Those with a summary or several sheets differ too much
        from each other."""
        if self._templates is not None and self._counted is None and len(size.counts) == 1:
            return self._templates.filled(size)
        built = build(self._design, size)
        parts = package(built.book)
        if built.values:
            summary = sheet_part(self._design.summary_sheet)
            parts[summary] = with_values(parts[summary], built.values)
        return parts

    def _spliced(
        self,
        size: Size,
        sheets: Sequence[range],
        beside: Sequence[Sequence[Sequence[Placed]]],
        made: Sequence[Made],
        notes: Sequence[Note],
    ) -> dict[str, _Spliced]:
        """The sheets with rows, by the names of their parts."""
        numbers = count(self._design.first_sheet)
        found = {}
        for sheet, rows in zip(sheets, size.counts, strict=True):
            behind = [sum(each.stored for each in notes[n].beside) for n in sheet]
            found[sheet_part(next(numbers))] = _Spliced(
                design=self._design,
                rows=rows,
                pieces=[
                    Piece(made[n].size - less, notes[n].size, notes[n].crc)
                    for n, less in zip(sheet, behind, strict=True)
                ],
                data=[Verbatim(first=sheet.start, last=sheet.stop)]
                if not any(behind)
                else [
                    Verbatim(first=n, last=n + 1, left=less)
                    for n, less in zip(sheet, behind, strict=True)
                ],
            )
        for (_, design), their in zip(self._design.relations, beside, strict=True):
            for placed in their:
                found[sheet_part(next(numbers))] = _Spliced(
                    design=design,
                    rows=sum(each.rowed.rows for each in placed),
                    pieces=[each.rowed.piece for each in placed],
                    data=[each.verbatim(made) for each in placed],
                )
        return found

    def _figures(self, made: Sequence[Made]) -> Figures | None:
        if self._counted is None:
            return None
        return self._counted.together(figures_of(each.note) for each in made)

    def _styles(self) -> tuple[Styles, list[tuple[int, ...]]]:
        """Of the sheet's cells, and of those of each relation's sheet."""
        designs = [self._design, *(design for _, design in self._design.relations)]
        nothing = Size(
            counts=[0],
            totals=Totals(rows=0, rejected=0),
            widths=[0] * len(self._design.columns),
            figures=self._figures([]),
            beside=[([0], [0] * len(design.columns)) for design in designs[1:]],
        )
        built = build(self._design, nothing)
        parts = package(built.book)
        own, *others = [
            cut(parts[sheet_part(number)], design.first_row, len(design.columns), 0).styles
            for number, design in enumerate(designs, self._design.first_sheet)
        ]
        return Styles(columns=own, links=built.links), others


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spliced:
    """A sheet whose rows are parts' data."""

    design: Design
    rows: int
    pieces: Sequence[Piece]
    data: Sequence[Verbatim]


def _sheet(file: Zip, name: str, content: bytes, spliced: _Spliced) -> Iterator[bytes | Verbatim]:
    design = spliced.design
    sheet = cut(content, design.first_row, len(design.columns), spliced.rows)
    head, before = deflated_piece(sheet.head, last=False)
    tail, behind = deflated_piece(sheet.tail, last=True)
    yield file.opening(entry_of(name, [head, *spliced.pieces, tail])) + before
    yield from spliced.data
    yield behind


def _placed(made: Sequence[Made], notes: Sequence[Note], number: int) -> Iterator[Placed]:
    """Where the pieces of a relation lie."""
    for part, note in enumerate(notes):
        start = made[part].size - sum(each.stored for each in note.beside[number:])
        for rowed in note.beside[number].pieces:
            yield Placed(part, start, rowed)
            start += rowed.piece.stored


def _design_of(relation: Relation, options: XlsxOptions) -> Design:
    return Design(
        options=relation_options(options), columns=relation.columns, facts=None, counted=None
    )


@lru_cache(maxsize=32)
def _deflated(content: bytes) -> tuple[Piece, bytes]:
    """Most parts of a workbook are those of the others of its split."""
    return deflated_piece(content, last=True)
