"""An Excel plan whose workbook is uploaded, made ready: rows are put into its parts, and all that
isn't touched by them goes into the file as it came."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final
from xml.sax.saxutils import escape

from domain.ports import Fragment
from domain.workbooks.edits import Piece as TemplatePiece
from domain.workbooks.edits import Said, Slot
from domain.workbooks.packages import CONTENT_TYPES
from domain.workbooks.references import LAST_ROW, LastRow
from domain.workbooks.templates import Template, read_template, unfit
from domain.xlsx_options import XlsxOptions
from domain.zips import Zip
from processors.renderers.fragments import write_blocks
from processors.renderers.frames import (
    Facts,
    Frame,
    Made,
    Part,
    PlanUnfit,
    Read,
    RenderPlan,
    Totals,
    Verbatim,
)
from processors.renderers.xlsx.cells import CUT_MARK
from processors.renderers.xlsx.design import number_formats
from processors.renderers.xlsx.notes import Note, note_from_bytes
from processors.renderers.xlsx.rows import Styles, XlsxRows
from processors.renderers.xlsx.serials import DATES_1900, DATES_1904
from processors.renderers.xlsx.titles import printable
from processors.renderers.xlsx.uploaded_rows import UploadedRows, empty_row
from processors.renderers.xlsx.uploaded_styles import styled
from processors.renderers.zipped import Piece, Stream, deflated_piece, entry_of


class WorkbookUnfit(PlanUnfit):
    """The workbook has no placeholder for a field, or one for a field that isn't exported."""


class WorkbookFull(PlanUnfit):
    """The sheet of the workbook has no room for so many rows."""


class UploadedFrame(Frame):
    """An Excel plan with a workbook of its own, made ready."""

    notes: ClassVar[bool] = True

    def __init__(self, plan: RenderPlan, options: XlsxOptions, workbook: str) -> None:
        """Raises `PlanUnfit` where the workbook and the columns don't go together."""
        self._template = template = read_template(workbook)
        if (why := unfit(workbook, [column.name for column in plan.columns])) is not None:
            raise WorkbookUnfit(f"the workbook {why}")
        self._facts = plan.facts
        looks = {cell.field: cell.style for cell in template.cells}
        (styles,) = template.parts[template.styles]
        assert isinstance(styles, bytes)  # noqa: S101 - nothing is said of an export there
        found = styled(
            styles,
            [
                (looks[column.name], code)
                for column, code in zip(
                    plan.columns, number_formats(plan.columns, options), strict=True
                )
            ],
        )
        self._parts = {**template.parts, template.styles: (found.part,)}
        self._rows = UploadedRows(
            XlsxRows(
                plan.columns,
                options,
                Styles(columns=found.numbers, links={}),
                DATES_1904 if template.dates_from_1904 else DATES_1900,
            ),
            template.row_tag,
            template.cells,
        )
        numbers = dict(zip(self._rows.fields, found.numbers, strict=True))
        self._empty = empty_row(template.row_tag, template.cells, numbers)

    def render(self, fragment: Fragment) -> Part:
        piece = Stream()
        counts = write_blocks(self._rows, fragment, piece.add)
        note = Note(size=piece.size, crc=piece.crc, widths=())
        return Part(
            data=piece.end() if piece.size else b"",
            rows=counts.rows,
            rejected=counts.rejected,
            note=note.to_bytes(),
        )

    def assemble(
        self, made: Sequence[Made], read: Read, totals: Totals
    ) -> Iterator[bytes | Verbatim]:
        """Raises `WorkbookFull`."""
        _check_room(self._template, totals.rows)
        filling = _Filling(self._template, self._facts, totals)
        file = Zip()
        for name in sorted(self._parts, key=lambda name: name != CONTENT_TYPES):
            pieces = self._parts[name]
            if name == self._template.part:
                yield from self._sheet(file, name, filling, made)
            else:
                piece, data = deflated_piece(filling.filled(pieces), last=True)
                yield file.opening(entry_of(name, [piece])) + data
        yield file.closing()

    def _sheet(
        self, file: Zip, name: str, filling: _Filling, made: Sequence[Made]
    ) -> Iterator[bytes | Verbatim]:
        pieces = self._parts[name]
        at = pieces.index(Slot.ROWS)
        empty = b"" if filling.totals.rows else self._empty
        head, before = deflated_piece(filling.filled(pieces[:at]) + empty, last=False)
        tail, behind = deflated_piece(filling.filled(pieces[at + 1 :]), last=True)
        notes = [note_from_bytes(each.note) for each in made]
        rows = [
            Piece(each.size, note.size, note.crc) for each, note in zip(made, notes, strict=True)
        ]
        yield file.opening(entry_of(name, [head, *rows, tail])) + before
        yield Verbatim(first=0, last=len(made))
        yield behind


@dataclass(frozen=True, slots=True)
class _Filling:
    """What goes into the parts of one file."""

    template: Template
    facts: Facts | None
    totals: Totals

    def filled(self, pieces: Sequence[TemplatePiece]) -> bytes:
        said = self._said()
        return b"".join(self._piece(piece, said) for piece in pieces)

    def _piece(self, piece: TemplatePiece, said: Mapping[Said, str]) -> bytes:
        match piece:
            case bytes():
                return piece
            case LastRow(beyond=beyond):
                last = self.template.row + max(self.totals.rows, 1) - 1 + beyond
                return b"%d" % min(last, LAST_ROW)
            case Said():
                return _in_xml(said[piece])
            case Slot():
                raise AssertionError("rows are no piece of a part that is filled")

    def _said(self) -> Mapping[Said, str]:
        counts = {Said.ROWS: str(self.totals.rows), Said.REJECTED: str(self.totals.rejected)}
        if self.facts is None:
            return dict.fromkeys(Said, "") | counts
        facts = self.facts
        return {
            Said.TITLE: facts.title,
            Said.FILTER: facts.filter or "all of them",
            Said.MASKED: facts.masked,
            Said.REQUESTED_BY: str(facts.requested_by),
            Said.REQUESTED_AT: f"{facts.requested_at:%Y-%m-%d %H:%M:%S %Z}",
            Said.EXPORT: str(facts.export_id),
            **counts,
        }


_LONGEST: Final = 8_000
"""Characters of what is said in one place, as a cell holds 32,767."""


_LIKE_AN_ESCAPE: Final = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
"""Which ST_Xstring would read as a character (ECMA-376 part 1, 22.9.2.19)."""


def _in_xml(text: str) -> bytes:
    shown = printable(text)
    if len(shown) > _LONGEST:
        shown = shown[:_LONGEST] + CUT_MARK
    return escape(_LIKE_AN_ESCAPE.sub("_x005F_", shown)).encode()


def _check_room(template: Template, rows: int) -> None:
    room = LAST_ROW - template.row + 1
    if rows > room:
        raise WorkbookFull(
            f"{template.sheet} has room for {room:,} rows from row {template.row} on, and there "
            f"are {rows:,}; filter or limit them, or export without a workbook"
        )
