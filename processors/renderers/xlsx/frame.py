"""An Excel plan made ready: how its fragments become parts, and its parts a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import count
from typing import ClassVar, Final, NamedTuple

from domain.ports import Fragment
from domain.xlsx_options import XlsxOptions
from domain.zips import Zip
from processors.renderers.frames import (
    Frame,
    Made,
    Part,
    Read,
    RenderPlan,
    Renders,
    SheetPlan,
    Totals,
    Verbatim,
)
from processors.renderers.xlsx.book import build
from processors.renderers.xlsx.dataset_rows import Dataset, Outline
from processors.renderers.xlsx.design import Design, Size
from processors.renderers.xlsx.nested_rows import RelationSheetUnfit
from processors.renderers.xlsx.notes import Note, note_from_bytes, widest
from processors.renderers.xlsx.package import cut, package, sheet_part, with_values
from processors.renderers.xlsx.relation_sheets import Placed, sheets_of
from processors.renderers.xlsx.rows import Styles
from processors.renderers.xlsx.templates import Templates
from processors.renderers.zipped import Piece, deflated_piece, entry_of

SHEET_FRAGMENTS: Final = 63
"""1,032,192 rows, as a sheet has 1,048,576: fragment n is on sheet n // 63, so that who renders it
needn't know how many rows come before it."""


class XlsxFrame(Frame):
    """An Excel plan made ready."""

    notes: ClassVar[bool] = True

    def __init__(self, plan: RenderPlan, options: XlsxOptions) -> None:
        """Raises `PlanUnfit` where an option and the columns don't go together."""
        first = SheetPlan(options=options, columns=plan.columns, facts=plan.facts)
        self._outlines = [Outline(each) for each in (first, *plan.sheets)]
        own, *further = [each.design for each in self._outlines]
        if own.relations and plan.spec.split is not None:
            raise RelationSheetUnfit(
                "a split's workbooks have no relation_sheets; leave out those or the split"
            )
        self._design = replace(own, further=tuple(further))
        self._datasets = self._styled()
        self._templates = Templates(self._design) if plan.spec.split is not None else None

    def render(self, fragment: Fragment) -> Part:
        return self._datasets[0].render(fragment)

    def of(self, sheet: int) -> Renders:
        return self._datasets[sheet]

    def assemble(
        self, made: Sequence[Made], read: Read, totals: Totals
    ) -> Iterator[bytes | Verbatim]:
        notes = [note_from_bytes(each.note) for each in made]
        laid = _laid_out(self._outlines, made, notes)
        first, *further = [_size_of(each, made, notes) for each in laid]
        size = replace(first, totals=first.totals if further else totals, further=further)
        numbers = count(self._design.first_sheet)
        spliced = {
            sheet_part(next(numbers)): sheet
            for each in laid
            for sheet in _sheets(each, made, notes)
        }
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
        if self._templates is not None and size.figures is None and len(size.counts) == 1:
            return self._templates.filled(size)
        built = build(self._design, size)
        parts = package(built.book)
        if built.values:
            summary = sheet_part(self._design.summary_sheet)
            parts[summary] = with_values(parts[summary], built.values)
        return parts

    def _styled(self) -> list[Dataset]:
        """With the styles of the cells, which a workbook without rows has."""
        own, *further = [each.nothing() for each in self._outlines]
        built = build(self._design, replace(own, further=further))
        parts = package(built.book)
        numbers = count(self._design.first_sheet)
        datasets = []
        for sheet, (outline, links) in enumerate(zip(self._outlines, built.links, strict=True)):
            own_styles, *others = [
                cut(parts[sheet_part(next(numbers))], each.first_row, len(each.columns), 0).styles
                for each in (outline.design, *(its for _, its in outline.design.relations))
            ]
            styles = Styles(columns=own_styles, links=links)
            datasets.append(Dataset(outline, sheet, styles, others))
        return datasets


class _LaidOut(NamedTuple):
    """Which parts are of a dataset, which of them on which sheet, and where the pieces of each of
    its relations lie, sheet by sheet."""

    outline: Outline
    parts: range
    sheets: Sequence[range]
    beside: Sequence[Sequence[Sequence[Placed]]]


def _laid_out(
    outlines: Sequence[Outline], made: Sequence[Made], notes: Sequence[Note]
) -> list[_LaidOut]:
    """One dataset's parts come behind the other's. Each has a sheet at least."""
    laid = []
    start = 0
    for number, outline in enumerate(outlines):
        stop = start + sum(note.sheet == number for note in notes)
        sheets = [
            range(first, min(first + SHEET_FRAGMENTS, stop))
            for first in range(start, max(stop, start + 1), SHEET_FRAGMENTS)
        ]
        parts = range(start, stop)
        beside = [
            list(sheets_of(_placed(parts, made, notes, at))) for at in range(len(outline.relations))
        ]
        laid.append(_LaidOut(outline, parts, sheets, beside))
        start = stop
    return laid


def _size_of(laid: _LaidOut, made: Sequence[Made], notes: Sequence[Note]) -> Size:
    outline, parts = laid.outline, laid.parts
    return Size(
        counts=[sum(made[number].rows for number in sheet) for sheet in laid.sheets],
        totals=Totals(
            rows=sum(made[number].rows for number in parts),
            rejected=sum(made[number].rejected for number in parts),
        ),
        widths=widest((notes[number].widths for number in parts), len(outline.own))
        + outline.formula_widths,
        figures=outline.figures(made[number].note for number in parts),
        beside=[
            (
                [sum(placed.rowed.rows for placed in sheet) for sheet in found],
                widest(
                    (notes[number].beside[at].widths for number in parts),
                    len(relation.columns),
                ),
            )
            for at, (relation, found) in enumerate(zip(outline.relations, laid.beside, strict=True))
        ],
    )


def _sheets(laid: _LaidOut, made: Sequence[Made], notes: Sequence[Note]) -> Iterator[_Spliced]:
    """A dataset's sheets, then those of its relations."""
    design = laid.outline.design
    for sheet in laid.sheets:
        behind = [sum(each.stored for each in notes[n].beside) for n in sheet]
        yield _Spliced(
            design=design,
            rows=sum(made[n].rows for n in sheet),
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
    for (_, its), sheets in zip(design.relations, laid.beside, strict=True):
        for placed in sheets:
            yield _Spliced(
                design=its,
                rows=sum(each.rowed.rows for each in placed),
                pieces=[each.rowed.piece for each in placed],
                data=[each.verbatim(made) for each in placed],
            )


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


def _placed(
    parts: range, made: Sequence[Made], notes: Sequence[Note], number: int
) -> Iterator[Placed]:
    """Where the pieces of a relation lie."""
    for part in parts:
        note = notes[part]
        start = made[part].size - sum(each.stored for each in note.beside[number:])
        for rowed in note.beside[number].pieces:
            yield Placed(part, start, rowed)
            start += rowed.piece.stored


@lru_cache(maxsize=32)
def _deflated(content: bytes) -> tuple[Piece, bytes]:
    """Most parts of a workbook are those of the others of its split."""
    return deflated_piece(content, last=True)
