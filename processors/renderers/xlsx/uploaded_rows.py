"""Rows as the row of placeholders is: each field where its placeholder stands, and between them
what that row has besides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from domain.workbooks.templates import RowCell
from processors.renderers.row_templates import Slot, rows_of
from processors.renderers.xlsx.rows import XlsxRows


class UploadedRows:
    """Writes whole rows."""

    compiled = None

    def __init__(self, rows: XlsxRows, row_tag: bytes, cells: Sequence[RowCell]) -> None:
        self.fields = rows.fields
        self._rows = rows
        places = {name: at for at, name in enumerate(rows.fields)}
        self._order: list[int] = []
        self._before: list[bytes] = []
        between = b""
        for cell in cells:
            if cell.field is None:
                between += cell.constant or empty_cell(cell.style)
            else:
                self._order.append(places[cell.field])
                self._before.append(between)
                between = b""
        self._start, self._end = row_tag, between + b"</row>"

    def write(self, flat: list[bytes]) -> bytes:
        found = self._rows.slots(flat)
        slots = [
            Slot(found[at].cells, before + found[at].before, found[at].after)
            for at, before in zip(self._order, self._before, strict=True)
        ]
        return rows_of(slots, flat, self._start, self._end)

    def try_cell(self, column: int, cell: bytes) -> None:
        self._rows.try_cell(column, cell)


def empty_row(row_tag: bytes, cells: Sequence[RowCell], styles: Mapping[str, int]) -> bytes:
    """What a table has instead of no rows: the looks of one without its values."""
    looks = (styles.get(cell.field or "", cell.style) for cell in cells)
    return row_tag + b"".join(map(empty_cell, looks)) + b"</row>"


def empty_cell(style: int) -> bytes:
    return b'<c s="%d"/>' % style if style else b"<c/>"
