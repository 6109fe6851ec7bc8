"""The first page: what the file is, which rows it has, for whom and of when, and further ones where
that is long. ReportLab draws the shapes; texts are drawn as in rows, so that a title may be in any
script."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from reportlab.lib.colors import HexColor, white
from reportlab.pdfgen.canvas import Canvas

from domain.formats import PdfOptions
from domain.logos import read_logo
from processors.renderers.frames import Facts, Totals
from processors.renderers.pdf.faces import Glyph
from processors.renderers.pdf.furniture import readable_on, strong
from processors.renderers.pdf.layout import Layout
from processors.renderers.pdf.logo import Logo, drawn
from processors.renderers.pdf.reportlab_pages import reportlab_page
from processors.renderers.pdf.shaping import Pen, is_backwards
from processors.renderers.pdf.texts import first_lines, wrapped
from processors.renderers.pdf.titles import shown


class CoverPage(NamedTuple):
    content: bytes
    glyphs: frozenset[Glyph]


def cover(
    layout: Layout, options: PdfOptions, title: str, facts: Facts | None, totals: Totals
) -> Iterator[CoverPage]:
    """One page as a rule."""
    band = layout.height // 3
    texts = _Texts(layout)
    texts.title(shown(title, layout.faces), layout.height - band + 24, readable_on(options.colour))
    if options.logo is not None:
        texts.logo(read_logo(options.logo))
    texts.table(_said(facts, totals), layout.height - band - 48)

    def draw(canvas: Canvas) -> None:
        canvas.setFillColor(HexColor(options.colour))
        canvas.rect(0, layout.height - band, layout.width, band, stroke=0, fill=1)
        canvas.setFillColor(white)

    for number, operators in enumerate(texts.pages):
        shapes = draw if number == 0 else _nothing
        content = reportlab_page((layout.width, layout.height), shapes, b"\n".join(operators))
        yield CoverPage(content, frozenset(texts.glyphs))


_TITLE_SIZE: Final = 24
_SIZE: Final = 10
_LEADING: Final = 16
_LABELS_WIDTH: Final = 110


def _nothing(_: Canvas) -> None:
    """What stands behind the texts of a further page."""


def _said(facts: Facts | None, totals: Totals) -> Iterator[tuple[str, str]]:
    """What may be long comes last, so that all else is on the first page if it has the room."""
    if totals.which:
        yield "This file", totals.which
    yield "Rows", f"{totals.rows:,}"
    if totals.rejected:
        yield "Rows left out", f"{totals.rejected:,}, listed in a file beside this one"
    if facts is not None:
        yield "Requested at", f"{facts.requested_at:%Y-%m-%d %H:%M:%S} UTC"
        yield "Requested by", str(facts.requested_by)
        yield "Export", str(facts.export_id)
        if facts.masked:
            yield "Masked", facts.masked
        yield "Filter", facts.filter or "none"


_LOGO_ROOM: Final = (200, 56)


class _Texts:
    """The texts of each page, as operators."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._faces = layout.faces
        self._left = layout.margin + 12
        self._right = layout.width - layout.margin - 12
        self._bottom = layout.margin
        self.pages: list[list[bytes]] = [[]]
        self.glyphs: set[Glyph] = set()

    def logo(self, logo: Logo) -> None:
        """Below all else, on white, as nobody knows on which colours it is seen."""
        self.pages[-1].append(drawn(logo, self._left, self._bottom, _LOGO_ROOM))
        self._bottom += logo.fitted(_LOGO_ROOM)[1] + _LEADING

    def title(self, text: str, lowest: int, colour: bytes) -> None:
        pen = Pen(_TITLE_SIZE, self._faces)
        room = (self._right - self._left) * 900 // _TITLE_SIZE
        lines = first_lines(text, room, pen, _MOST_TITLE_LINES)
        for number, line in enumerate(reversed(lines)):
            self._put(line, pen, self._left, lowest + number * 32, colour, bold=True)

    def table(self, said: Iterator[tuple[str, str]], height: int) -> None:
        """Goes on on as many pages as it needs."""
        pen = Pen(_SIZE, self._faces)
        left = self._left + _LABELS_WIDTH
        for label, value in said:
            unsaid = label
            for line in self._lines(value, self._right - left, pen):
                if height < self._bottom:
                    height = self._next_page()
                    unsaid = label if unsaid else f"{label} (continued)"
                if unsaid:
                    self._put(unsaid, pen, self._left, height, b".4 g", bold=False)
                    unsaid = ""
                self._put(line, pen, left, height, b"0 g", bold=False)
                height -= _LEADING

    def _lines(self, value: str, room: int, pen: Pen) -> Sequence[str]:
        """A filter may be as long as a request. The waybill has it whole."""
        limit = room * 1000 // _SIZE
        lines = [line.rstrip(" ") for line in wrapped(shown(value, self._faces), limit, pen)]
        if len(lines) <= _MOST_LINES:
            return lines
        return [*lines[:_MOST_LINES], *wrapped(_REST, limit, pen)]

    def _next_page(self) -> int:
        """The height of its first line."""
        self.pages.append([])
        self._bottom = self._layout.margin
        return self._layout.height - self._layout.margin - _SIZE

    def _put(
        self, text: str, pen: Pen, left: int, height: int, colour: bytes, *, bold: bool
    ) -> None:
        line = strong(text, pen) if bold else pen.line(text)
        if is_backwards(text):
            left = self._right - line.width * pen.size // 1000
        self.glyphs |= line.glyphs
        self.pages[-1].append(
            b"BT %b %b %d %d Td %b ET" % (colour, pen.select, left, height, line.operators)
        )


_MOST_TITLE_LINES: Final = 3
_MOST_LINES: Final = 60
_REST: Final = "[…] The rest is in the waybill."
