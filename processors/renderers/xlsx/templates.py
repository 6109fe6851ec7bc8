"""The workbooks of a split are alike but for a few numbers. openpyxl makes one whose numbers stand
nowhere else in it; each workbook then has its own in their places, byte for byte as if openpyxl had
made it too."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import Final
from xml.sax.saxutils import escape

from processors.renderers.frames import Totals
from processors.renderers.xlsx.book import build
from processors.renderers.xlsx.data_sheets import column_widths
from processors.renderers.xlsx.design import Design, Size
from processors.renderers.xlsx.package import package, sheet_part
from processors.renderers.xlsx.titles import printable


class Templates:
    """Of workbooks with one sheet of data and no summary, made as they are asked for: there is
    another one for workbooks of a single row, whose ranges are cells, and for those whose cover
    says that rows were left out."""

    def __init__(self, design: Design) -> None:
        self._design = design
        self._made: dict[tuple[bool, bool], _Template] = {}

    def filled(self, size: Size) -> dict[str, bytes]:
        """The parts; those that are always the same are the same object."""
        kind = size.counts[0] > 1, size.totals.rejected > 0
        if kind not in self._made:
            self._made[kind] = _Template(self._design, several=kind[0], rejected=kind[1])
        return self._made[kind].filled(size)


class _Template:
    def __init__(self, design: Design, *, several: bool, rejected: bool) -> None:
        self._design = design
        known = _parts(design, 1, Totals(rows=0, rejected=0)).values()
        marks = list(islice(_numbers_not_in(known), 4))
        last_row, rows, left_out, which = marks
        totals = Totals(rows=rows, rejected=left_out if rejected else 0, which=str(which))
        count = last_row - design.first_row + 1 if several else 1
        sheet = sheet_part(design.first_sheet)
        self._parts = {
            name: list(_cut(content, marks, widths=name == sheet))
            for name, content in _parts(design, count, totals).items()
        }

    def filled(self, size: Size) -> dict[str, bytes]:
        totals = size.totals
        last_row = self._design.first_row - 1 + max(size.counts[0], 1)
        values = [
            *(b"%d" % number for number in (last_row, totals.rows, totals.rejected)),
            escape(printable(totals.which).strip()).encode("ascii", "xmlcharrefreplace"),
            *(b"%d" % width for width in column_widths(self._design, size.widths)),
        ]
        return {
            name: pieces[0]
            if len(pieces) == 1 and isinstance(pieces[0], bytes)
            else b"".join(values[each] if isinstance(each, int) else each for each in pieces)
            for name, pieces in self._parts.items()
        }


_WIDTH: Final = rb'(?<=<col width=")[0-9]+'
_LARGEST: Final = 987_654
"""A number that a sheet can have rows of, and that is no other's part as long as those are."""


def _parts(design: Design, rows: int, totals: Totals) -> dict[str, bytes]:
    widths = [0] * len(design.columns)
    size = Size(counts=[rows], totals=totals, widths=widths, figures=None)
    return package(build(design, size).book)


def _numbers_not_in(parts: Collection[bytes]) -> Iterator[int]:
    for number in range(_LARGEST, 99_999, -1):
        if not any(b"%d" % number in content for content in parts):
            yield number


def _cut(content: bytes, marks: Sequence[int], *, widths: bool) -> Iterator[bytes | int]:
    """What is always the same, and by turns the place in `values` of what is not."""
    wanted = [b"%d" % mark for mark in marks]
    pattern = b"|".join([*wanted, _WIDTH] if widths else wanted)
    columns = iter(range(len(marks), len(marks) + content.count(b"<col ")))
    for number, piece in enumerate(re.split(b"(%b)" % pattern, content)):
        if number % 2 == 0:
            yield piece
        else:
            yield wanted.index(piece) if piece in wanted else next(columns)
