"""Rows to a PDF by ReportLab's platypus: one table that it breaks itself, or one for every page."""

from __future__ import annotations

import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from reportlab.lib.pagesizes import A4, landscape
from reportlab.platypus import LongTable, SimpleDocTemplate

from tests.bench.rivals.cursors import rows_of
from tests.bench.rivals.pdf_tables import page_sized_tables


def main(way: str, url: str, query: str, file: str) -> None:
    header, *rows = ([_shown(value) for value in row] for row in rows_of(url, query))
    Path(file).write_bytes(_WAYS[way](header, rows))


def _long_table(header: list[str], rows: list[list[str]]) -> bytes:
    file = BytesIO()
    cut = [header, *([cell[:16] for cell in row] for row in rows)]
    table = LongTable(cut, [66] * len(header), [10] * len(cut), repeatRows=1)
    SimpleDocTemplate(file, pagesize=landscape(A4), leftMargin=20, rightMargin=20).build([table])
    return file.getvalue()


_WAYS: dict[str, Callable[[list[str], list[list[str]]], bytes]] = {
    "long": _long_table,
    "pages": page_sized_tables,
}


def _shown(value: object) -> str:
    return "" if value is None else str(value).replace("\n", " ")


if __name__ == "__main__":
    main(*sys.argv[1:])
