"""PDF (ISO 32000-1), as the options want it: strips of rows wherever there is room, then one pass
that fills pages with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import ClassVar

from domain.fonts import Fonts, is_in
from domain.formats import Compression, PdfOptions
from domain.logos import read_logo
from domain.ports import Fragment
from processors.renderers.fragments import render
from processors.renderers.frames import (
    Frame,
    Made,
    Part,
    PlanUnfit,
    Read,
    RenderPlan,
    Totals,
    Verbatim,
)
from processors.renderers.pdf.bodies import Body, PlainBody, ReportBody
from processors.renderers.pdf.cover import cover
from processors.renderers.pdf.document import Document
from processors.renderers.pdf.embedding import embed, merged
from processors.renderers.pdf.faces import faces_with
from processors.renderers.pdf.furniture import page_furniture
from processors.renderers.pdf.layout import lay_out, shown_columns
from processors.renderers.pdf.logo import image
from processors.renderers.pdf.notes import Note, read_note, write_note
from processors.renderers.pdf.objects import Objects, text_string
from processors.renderers.pdf.outline import Outline
from processors.renderers.pdf.report import Report
from processors.renderers.pdf.report_rows import ReportRows
from processors.renderers.pdf.rows import PdfRows, RowPens


class LanguageUnknown(PlanUnfit):
    """The operator has named no font of the language. The message says which there are."""


class PdfFrame(Frame):
    """A PDF plan made ready."""

    notes: ClassVar[bool] = True

    def __init__(self, plan: RenderPlan, options: PdfOptions) -> None:
        self._options = options
        self._facts = plan.facts
        self._title = options.title or (plan.facts.title if plan.facts else "")
        _check_language(options.language, plan.fonts)
        self._faces = faces_with(plan.spec.in_order(plan.fonts))
        self._layout = lay_out(plan.columns, options, self._faces)
        self._pens = RowPens(plan.columns, self._layout, options)
        self._furniture, self._furniture_glyphs = page_furniture(
            shown_columns(plan.columns, options), self._layout, options, self._title
        )
        reports = options.group_by or options.totals or options.links
        self._report = Report(plan, self._layout, options) if reports else None

    def render(self, fragment: Fragment) -> Part:
        if self._report is None:
            rows = PdfRows(self._pens)
            part = render(rows, fragment, Compression.NONE)
            return replace(part, note=write_note(rows.lines, rows.glyphs)) if part.data else part
        return _rendered(self._report.rows(self._pens), fragment)

    def assemble(
        self, made: Sequence[Made], read: Read, totals: Totals
    ) -> Iterator[bytes | Verbatim]:
        notes = [read_note(part.note) for part in made if part.note]
        used = self._used(notes)
        body = self._body(notes, _strips(made, read))
        objects = Objects()
        file = Document(objects, self._layout.width, self._layout.height)
        outline = Outline(objects, body.outlined)
        covers = 0
        if self._options.cover:
            for each in cover(self._layout, self._options, self._title, self._facts, totals):
                covers += 1
                merged(each.glyphs, used)
                file.page(each.content)
        for page in body.pages(covers, covers + body.count):
            number = file.page(page.content, page.links)
            merged(page.glyphs, used)
            for level, title, height in page.groups:
                outline.add(level, title, number, height)
            if objects.enough:
                yield objects.take()
        fonts = embed(objects, used, self._faces)
        logo = None if self._options.logo is None else image(objects, read_logo(self._options.logo))
        language = (self._options.language or "").encode()
        file.finish(fonts, self._furniture, self._info(), outline.finish(), logo, language)
        yield objects.take()

    def _body(self, notes: list[Note], strips: Iterator[bytes]) -> Body:
        if self._report is None:
            return PlainBody(notes, strips, self._layout, self._options)
        return ReportBody(notes, strips, self._report, self._options)

    def _used(self, notes: list[Note]) -> dict[int, dict[int, str]]:
        """The glyphs of all parts, and those that every page has."""
        used: dict[int, dict[int, str]] = {}
        merged(self._furniture_glyphs, used)
        for note in notes:
            for face, texts in note.glyphs.items():
                merged(((face, glyph, text) for glyph, text in texts.items()), used)
        return used

    def _info(self) -> bytes:
        entries = [b"/Producer(Waybill)", b"/Title%b" % text_string(self._title)]
        if self._facts is not None:
            entries.append(
                f"/CreationDate(D:{self._facts.requested_at:%Y%m%d%H%M%S}+00'00')".encode()
            )
        return b"<<%b>>" % b"".join(entries)


def _check_language(language: str | None, fonts: Fonts) -> None:
    """Another font would draw the shapes of another language, and nobody would be told."""
    if language is None or any(is_in(language, each) for each in fonts):
        return
    known = ", ".join(sorted({each.language for each in fonts} - {""})) or "none"
    raise LanguageUnknown(
        f"language is {language}, of which no font is named here; there are fonts of: {known}. "
        "Choose one of them, leave it out, or ask whoever runs Waybill for one (WAYBILL_PDF_FONTS)"
    )


def _rendered(rows: ReportRows, fragment: Fragment) -> Part:
    part = render(rows, fragment, Compression.NONE)
    data = part.data + rows.finish()
    if rows.first is None or rows.last is None:
        return part
    note = write_note(rows.entries, rows.glyphs, (rows.first, rows.last))
    return replace(part, data=data, note=note)


def _strips(made: Sequence[Made], read: Read) -> Iterator[bytes]:
    """All strips in order; each is a line of its part's data."""
    for number, part in enumerate(made):
        if part.size:
            yield from read(number).splitlines(keepends=True)
