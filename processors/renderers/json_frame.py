"""JSON: one array of the objects that NDJSON writes.

Nobody who writes rows knows whether others were written before. So each part begins with the comma
that parts it from what is before it, and the file leaves out the first part's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import ClassVar

from domain.format_options import JsonOptions
from domain.formats import Compression
from domain.ports import Fragment
from processors.renderers.compression import compress
from processors.renderers.fragments import render
from processors.renderers.frames import Made, Part, Read, RenderPlan, TextFrame, Totals, Verbatim
from processors.renderers.ndjson_frame import NdjsonRows


class JsonFrame(TextFrame):
    """A JSON plan made ready. With compression the comma is a member or frame of its own, so that
    it can be left out."""

    between: ClassVar[bytes] = b","

    def __init__(self, plan: RenderPlan, options: JsonOptions) -> None:
        self._compression = plan.spec.compression
        self._rows = _Rows(plan.columns, options)
        self._comma = compress(self._compression, self.between)

    def head(self) -> bytes:
        return compress(self._compression, b"[")

    def tail(self, totals: Totals) -> bytes:
        return compress(self._compression, b"\n]\n")

    def render(self, fragment: Fragment) -> Part:
        part = render(self._rows, fragment, Compression.NONE)
        if not part.data or self._compression is Compression.NONE:
            return part
        rows = compress(self._compression, part.data.removeprefix(self.between))
        return replace(part, data=self._comma + rows)

    def assemble(
        self, made: Sequence[Made], read: Read, totals: Totals
    ) -> Iterator[bytes | Verbatim]:
        first = next((number for number, each in enumerate(made) if each.size), len(made))
        yield self.head()
        yield Verbatim(first=0, last=first)
        yield Verbatim(first=first, last=len(made), skipped=len(self._comma))
        yield self.tail(totals)


class _Rows(NdjsonRows):
    """Each row with a comma and a line feed in front instead of a line feed behind."""

    start: ClassVar[bytes] = b",\n{"
    end: ClassVar[bytes] = b"}"
