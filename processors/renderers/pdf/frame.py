"""PDF (ISO 32000-1), as the options want it: strips of rows wherever there is room, then one pass
that fills pages with them."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import ClassVar, Final

from domain.formats import Compression, PdfOptions
from domain.ports import Fragment
from processors.renderers.fragments import render
from processors.renderers.frames import (
    Frame,
    Made,
    Part,
    Read,
    RenderPlan,
    Totals,
    Verbatim,
)
from processors.renderers.pdf.cover import cover
from processors.renderers.pdf.embedding import embed, merged
from processors.renderers.pdf.furniture import page_furniture
from processors.renderers.pdf.layout import lay_out
from processors.renderers.pdf.notes import read_note, write_note
from processors.renderers.pdf.objects import Objects, text_string
from processors.renderers.pdf.pages import Pages, by_page, page_starts
from processors.renderers.pdf.rows import PdfRows, RowPens


class PdfFrame(Frame):
    """A PDF plan made ready."""

    notes: ClassVar[bool] = True

    def __init__(self, plan: RenderPlan, options: PdfOptions) -> None:
        self._options = options
        self._facts = plan.facts
        self._title = options.title or (plan.facts.title if plan.facts else "")
        self._layout = lay_out(plan.columns, options)
        self._pens = RowPens(plan.columns, self._layout, options)
        self._furniture, self._furniture_glyphs = page_furniture(
            plan.columns, self._layout, options, self._title
        )

    def render(self, fragment: Fragment) -> Part:
        rows = PdfRows(self._pens)
        part = render(rows, fragment, Compression.NONE)
        return replace(part, note=write_note(rows.lines, rows.glyphs)) if part.data else part

    def assemble(
        self, made: Sequence[Made], read: Read, totals: Totals
    ) -> Iterator[bytes | Verbatim]:
        lines, used = self._noted(made)
        starts = page_starts(lines, self._layout)
        strips = by_page(_strips(made, read), starts)
        objects = Objects()
        file = _File(objects, self._layout.width, self._layout.height)
        covers = 0
        if self._options.cover:
            covers = 1
            content, glyphs = cover(self._layout, self._options, self._title, self._facts, totals)
            merged(glyphs, used)
            file.page(content)
        pages = Pages(self._layout, self._options)
        count = len(starts) - 1 + covers
        for index, page_strips in enumerate(strips):
            page_lines = lines[starts[index] : starts[index + 1]]
            file.page(pages.content(page_strips, page_lines, index + 1 + covers, count))
            if objects.enough:
                yield objects.take()
        fonts = embed(objects, used)
        file.finish(fonts, self._furniture, self._info())
        yield objects.take()

    def _noted(self, made: Sequence[Made]) -> tuple[array[int], dict[int, dict[int, str]]]:
        lines = array("I")
        used: dict[int, dict[int, str]] = {}
        merged(self._furniture_glyphs, used)
        for part in made:
            if part.note:
                note = read_note(part.note)
                lines += note.lines
                for face, texts in note.glyphs.items():
                    merged(((face, glyph, text) for glyph, text in texts.items()), used)
        return lines, used

    def _info(self) -> bytes:
        entries = [b"/Producer(Waybill)", b"/Title%b" % text_string(self._title)]
        if self._facts is not None:
            entries.append(
                f"/CreationDate(D:{self._facts.requested_at:%Y%m%d%H%M%S}+00'00')".encode()
            )
        return b"<<%b>>" % b"".join(entries)


_KIDS: Final = 200
"""Pages to a node of the page tree, so that a reader finds one of many quickly."""


class _File:
    """The pages of a file and what they hang on."""

    def __init__(self, objects: Objects, width: int, height: int) -> None:
        self._objects = objects
        self._box = b"[0 0 %d %d]" % (width, height)
        self._root, self._tree, self._resources = (objects.reserve() for _ in range(3))
        self._nodes: list[tuple[int, list[int]]] = []

    def page(self, content: bytes) -> None:
        if not self._nodes or len(self._nodes[-1][1]) == _KIDS:
            self._nodes.append((self._objects.reserve(), []))
        node, kids = self._nodes[-1]
        stream = self._objects.stream(b"", content)
        kids.append(
            self._objects.add(b"<</Type/Page/Parent %d 0 R/Contents %d 0 R>>" % (node, stream))
        )

    def finish(self, fonts: bytes, furniture: bytes, info: bytes) -> None:
        objects = self._objects
        form = objects.stream(
            b"/Type/XObject/Subtype/Form/BBox%b/Resources<</Font%b>>" % (self._box, fonts),
            furniture,
        )
        objects.write(self._resources, b"<</Font%b/XObject<</H %d 0 R>>>>" % (fonts, form))
        for node, kids in self._nodes:
            objects.write(
                node,
                b"<</Type/Pages/Parent %d 0 R/Count %d/Kids[%b]>>"
                % (self._tree, len(kids), _references(kids)),
            )
        objects.write(
            self._tree,
            b"<</Type/Pages/Count %d/MediaBox%b/Resources %d 0 R/Kids[%b]>>"
            % (
                *(sum(len(kids) for _, kids in self._nodes), self._box, self._resources),
                _references([node for node, _ in self._nodes]),
            ),
        )
        objects.write(
            self._root,
            b"<</Type/Catalog/Pages %d 0 R/ViewerPreferences<</DisplayDocTitle true>>>>"
            % self._tree,
        )
        objects.finish(self._root, objects.add(info))


def _references(numbers: list[int]) -> bytes:
    return b" ".join(b"%d 0 R" % number for number in numbers)


def _strips(made: Sequence[Made], read: Read) -> Iterator[bytes]:
    """All strips in order; each is a line of its part's data."""
    for number, part in enumerate(made):
        if part.size:
            yield from read(number).splitlines(keepends=True)
