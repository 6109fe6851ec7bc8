"""The pages of rows: how many they are, and each one's content, in bounded memory."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple, Protocol

from domain.formats import PdfOptions
from processors.renderers.pdf.faces import Glyph
from processors.renderers.pdf.filling import filled_pages, sequence
from processors.renderers.pdf.layout import Layout
from processors.renderers.pdf.links import Link
from processors.renderers.pdf.notes import Note
from processors.renderers.pdf.outline import outlined_levels
from processors.renderers.pdf.pages import Pages, by_page, page_starts
from processors.renderers.pdf.report import Report
from processors.renderers.pdf.report_pages import ReportPages


class Page(NamedTuple):
    """`groups` are those that begin on the page: level, title, and height on the page. `glyphs` are
    those that no note has."""

    content: bytes
    groups: Sequence[tuple[int, str, int]] = ()
    glyphs: Iterable[Glyph] = ()
    links: Sequence[Link] = ()


class Body(Protocol):
    """`outlined` is how many levels of groups are in the outline."""

    @property
    def count(self) -> int: ...

    @property
    def outlined(self) -> int: ...

    def pages(self, before: int, total: int) -> Iterator[Page]:
        """Given how many pages of the file are before these, and are in it."""
        ...


class PlainBody:
    """Rows and nothing else."""

    outlined = 0

    def __init__(
        self, notes: Sequence[Note], strips: Iterator[bytes], layout: Layout, options: PdfOptions
    ) -> None:
        self._lines = array("I")
        for note in notes:
            self._lines += note.lines
        self._starts = page_starts(self._lines, layout)
        self._strips = strips
        self._pages = Pages(layout, options)

    @property
    def count(self) -> int:
        return len(self._starts) - 1

    def pages(self, before: int, total: int) -> Iterator[Page]:
        joined = by_page(self._strips, self._starts)
        for number, (strips, (start, end)) in enumerate(
            zip(joined, pairwise(self._starts), strict=True), before + 1
        ):
            yield Page(self._pages.content(strips, self._lines[start:end], number, total))


class ReportBody:
    """Rows in groups, totals, and behind them charts."""

    def __init__(
        self, notes: Sequence[Note], strips: Iterator[bytes], report: Report, options: PdfOptions
    ) -> None:
        depth = report.groups.depth
        self._entries = sequence(notes, depth, report.totals.lines)
        self._starts = filled_pages(self._entries, report.layout, depth)
        self._report = report
        self._pages = ReportPages(report, Pages(report.layout, options), strips)
        self.outlined = outlined_levels(self._entries)

    @property
    def count(self) -> int:
        return len(self._starts) - 1 + len(self._pages.charts)

    def pages(self, before: int, total: int) -> Iterator[Page]:
        for number, (start, end) in enumerate(pairwise(self._starts), before + 1):
            drawing = self._pages.draw(self._entries[start:end])
            content = self._pages.content(drawing, number, total)
            yield Page(content, drawing.groups, drawing.glyphs, drawing.links)
        first = before + len(self._starts)
        for number, data in enumerate(self._pages.charts, first):
            content, glyphs = self._report.chart_page(data, number, total)
            yield Page(content, glyphs=glyphs)
