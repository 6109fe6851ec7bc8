"""Draws pages with groups and totals: goes over the parts' data once, keeping in mind in which
groups it is and what these come to so far."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

from processors.renderers.pdf.banners import Strip
from processors.renderers.pdf.faces import Glyph
from processors.renderers.pdf.layout import Layout
from processors.renderers.pdf.links import Link, link
from processors.renderers.pdf.marks import (
    GOES_ON,
    KIND_SHIFT,
    LINES,
    Key,
    Kind,
    level_of,
    lines_of,
    open_groups,
)
from processors.renderers.pdf.pages import Pages
from processors.renderers.pdf.report import Report
from processors.renderers.pdf.tallies import Tally


@dataclass(slots=True)
class Drawing:
    """A page on its way down; heights are from the bottom of the page."""

    height: int
    strips: list[bytes] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    rows: list[tuple[int, int]] = field(default_factory=list)
    banners: list[tuple[int, int]] = field(default_factory=list)
    totals: list[int] = field(default_factory=list)
    groups: list[tuple[int, str, int]] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    glyphs: set[Glyph] = field(default_factory=set)

    def put(self, strip: bytes, height: int) -> tuple[int, int]:
        """The edges of what was added."""
        upper = self.height
        self.strips.append(strip)
        self.height -= height
        return upper, self.height


class ReportPages:
    """`strips` are the lines of all parts' data. Pages must be asked for in their order."""

    def __init__(self, report: Report, pages: Pages, strips: Iterator[bytes]) -> None:
        self._report, self._pages, self._strips = report, pages, strips
        self._layout: Layout = report.layout
        self._depth = report.groups.depth
        self.charts = report.charts()
        self._key: Key = ()
        self._named = 0
        self._counts = [0] * (self._depth + 1)
        self._tallies = [self._none() for _ in range(self._depth + 1)]

    def draw(self, entries: array[int]) -> Drawing:
        page = Drawing(self._layout.top)
        self._continue(page, entries)
        counts = {each & LINES for each in entries}
        heights = {lines: self._layout.row_height(lines) for lines in counts}
        for each in entries:
            height = heights[each & LINES]
            match each >> KIND_SHIFT & 0xF:
                case Kind.ROW:
                    page.rows.append(page.put(next(self._strips), height))
                    if not each & GOES_ON:
                        page.ends.append(page.height)
                case Kind.TOTAL:
                    page.totals.append(page.height)
                    self._put(page, self._total(level_of(each)))
                case Kind.HEADER:
                    self._header(page, level_of(each), height)
                case Kind.BEGIN:
                    self._key = tuple(json.loads(next(self._strips)))
                    self._named = level_of(each)
                case Kind.END:
                    self._take(json.loads(next(self._strips)))
                case Kind.LINK:
                    at, uri = json.loads(next(self._strips))
                    page.links.append(link(self._layout.places[at], page.rows[-1], uri))
                case _:
                    next(self._strips)
        return page

    def content(self, page: Drawing, number: int, pages: int) -> bytes:
        striped = page.rows[1::2] if self._report.stripes else []
        behind = self._pages.tinted([*page.banners, *striped]) + self._pages.lined(page.totals)
        return self._pages.drawn(b"".join(page.strips), behind, page.ends, number, pages)

    def _continue(self, page: Drawing, entries: array[int]) -> None:
        """Says which groups go on from the page before."""
        first = next((each for each in entries if lines_of(each)), None)
        levels = 0 if first is None or not self._key else open_groups(first, self._depth)
        if levels:
            self._put(page, self._report.continued(self._key[:levels]))

    def _header(self, page: Drawing, level: int, height: int) -> None:
        if level > self._named:
            said = self._report.groups.said(level, self._key[level - 1])
            page.groups.append((level, said, page.height))
            self._named = level
        page.banners.append(page.put(next(self._strips), height))

    def _put(self, page: Drawing, strip: Strip) -> None:
        page.banners.append(page.put(strip.content, self._layout.row_height(strip.lines)))
        page.glyphs |= strip.glyphs

    def _take(self, parts: list[object]) -> None:
        """The totals of a stretch of rows, for all groups that they are in."""
        count, *fields = parts
        assert isinstance(count, int)  # noqa: S101 - a part's digest was checked
        for level in range(self._depth + 1):
            self._counts[level] += count
            for tally, of_field in zip(self._tallies[level], fields, strict=True):
                assert isinstance(of_field, list)  # noqa: S101
                tally.merge(Tally.from_parts(of_field))

    def _total(self, level: int) -> Strip:
        label = self._report.groups.value(self._key[level - 1]) if level else "all"
        if level == 1:
            self._show(label)
        strip = self._report.totals.strip(label, self._counts[level], self._tallies[level])
        self._counts[level], self._tallies[level] = 0, self._none()
        return strip

    def _show(self, label: str) -> None:
        """An outermost group that has ended, for the charts."""
        for data in self.charts:
            field = self._report.totals.fields[data.field]
            data.take(label, field.value(data.total, self._tallies[1][data.field]))

    def _none(self) -> list[Tally]:
        return [Tally() for _ in self._report.totals.fields]
