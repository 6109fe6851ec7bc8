"""An Excel plan made ready: how its fragments become parts, and its parts a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import ClassVar, Final

from domain.ports import Fragment
from domain.xlsx_options import XlsxOptions
from domain.zips import Zip
from processors.renderers.by_field import check_names
from processors.renderers.fragments import write_blocks
from processors.renderers.frames import Frame, Made, Part, Read, RenderPlan, Totals, Verbatim
from processors.renderers.xlsx.book import build
from processors.renderers.xlsx.counted import counted
from processors.renderers.xlsx.design import Design, Size
from processors.renderers.xlsx.figures import Figures
from processors.renderers.xlsx.formulas import with_formulas
from processors.renderers.xlsx.links import check_links
from processors.renderers.xlsx.notes import Note, figures_of, note_from_bytes, widest, widths_of
from processors.renderers.xlsx.package import cut, package, sheet_part, with_values
from processors.renderers.xlsx.rows import Styles, XlsxRows
from processors.renderers.xlsx.tally import TalliedRows
from processors.renderers.xlsx.templates import Templates
from processors.renderers.zipped import Piece, Stream, deflated_piece, entry_of

SHEET_FRAGMENTS: Final = 63
"""1,032,192 rows, as a sheet has 1,048,576: fragment n is on sheet n // 63, so that who renders it
needn't know how many rows come before it."""

_FORMULA_WIDTH: Final = 11
"""What formulas come to is not looked at for the width of their column."""


class XlsxFrame(Frame):
    """An Excel plan made ready."""

    notes: ClassVar[bool] = True

    def __init__(self, plan: RenderPlan, options: XlsxOptions) -> None:
        """Raises `PlanUnfit` where an option and the columns don't go together."""
        check_names("field_formats", dict(options.field_formats), plan.columns)
        columns = with_formulas(plan.columns, options)
        check_names("conditional_formats", dict(options.conditional_formats), columns)
        check_links(options.links, plan.columns)
        self._columns = len(plan.columns)
        self._formula_widths = (_FORMULA_WIDTH,) * len(options.formulas)
        self._counted = counted(plan.columns, options)
        self._design = Design(
            options=options, columns=columns, facts=plan.facts, counted=self._counted
        )
        self._rows = XlsxRows(plan.columns, options, self._styles())
        self._templates = Templates(self._design) if plan.spec.split is not None else None

    def render(self, fragment: Fragment) -> Part:
        piece = Stream()
        tallied = TalliedRows(self._rows, self._counted) if self._counted is not None else None
        counts = write_blocks(tallied or self._rows, fragment, piece.add)
        note = Note(
            size=piece.size,
            crc=piece.crc,
            widths=widths_of(fragment.data, self._columns),
            figures=tallied.figures() if tallied is not None else None,
        )
        return Part(
            data=piece.end() if piece.size else b"",
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
        counts = [sum(made[number].rows for number in sheet) for sheet in sheets]
        size = Size(
            counts=counts,
            totals=totals,
            widths=widest(notes, self._columns) + self._formula_widths,
            figures=self._figures(made),
        )
        first = self._design.first_sheet
        places = {sheet_part(first + at): at for at in range(len(sheets))}
        file = Zip()
        for name, content in self._parts(size).items():
            if name in places:
                sheet = sheets[places[name]]
                yield from self._sheet(
                    file, name, content, counts[places[name]], sheet, made, notes
                )
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

    def _sheet(
        self,
        file: Zip,
        name: str,
        content: bytes,
        rows: int,
        fragments: range,
        made: Sequence[Made],
        notes: Sequence[Note],
    ) -> Iterator[bytes | Verbatim]:
        sheet = cut(content, self._design.first_row, len(self._design.columns), rows)
        head, before = deflated_piece(sheet.head, last=False)
        tail, behind = deflated_piece(sheet.tail, last=True)
        parts = [Piece(made[n].size, notes[n].size, notes[n].crc) for n in fragments]
        yield file.opening(entry_of(name, [head, *parts, tail])) + before
        yield Verbatim(first=fragments.start, last=fragments.stop)
        yield behind

    def _figures(self, made: Sequence[Made]) -> Figures | None:
        if self._counted is None:
            return None
        return self._counted.together(figures_of(each.note) for each in made)

    def _styles(self) -> Styles:
        nothing = Size(
            counts=[0],
            totals=Totals(rows=0, rejected=0),
            widths=[0] * len(self._design.columns),
            figures=self._figures([]),
        )
        built = build(self._design, nothing)
        sheet = package(built.book)[sheet_part(self._design.first_sheet)]
        columns = cut(sheet, self._design.first_row, len(self._design.columns), 0).styles
        return Styles(columns=columns, links=built.links)


@lru_cache(maxsize=32)
def _deflated(content: bytes) -> tuple[Piece, bytes]:
    """Most parts of a workbook are those of the others of its split."""
    return deflated_piece(content, last=True)
