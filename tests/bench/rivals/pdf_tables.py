"""ReportLab's own best way to a PDF of many rows: a table of fixed sizes for every page."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from reportlab.lib.colors import lightgrey
from reportlab.lib.pagesizes import A4, landscape
from reportlab.platypus import PageBreak, SimpleDocTemplate, Table, TableStyle

_ROWS_A_PAGE = 48
_SIZE = 5
_HEIGHT = 10
_LONGEST = 16


def page_sized_tables(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """The document; values are cut, as its columns are narrow."""
    style = TableStyle(
        [
            ("FONTSIZE", (0, 0), (-1, -1), _SIZE),
            ("BACKGROUND", (0, 0), (-1, 0), lightgrey),
            ("LINEBELOW", (0, 0), (-1, -1), 0.25, lightgrey),
        ]
    )
    flow: list[object] = []
    for start in range(0, len(rows), _ROWS_A_PAGE):
        page = [header, *([cell[:_LONGEST] for cell in row] for row in rows[start:][:_ROWS_A_PAGE])]
        heights = [_HEIGHT] * len(page)
        flow += [Table(page, [66] * len(header), heights, style=style), PageBreak()]
    file = BytesIO()
    SimpleDocTemplate(file, pagesize=landscape(A4), leftMargin=20, rightMargin=20).build(flow)
    return file.getvalue()
