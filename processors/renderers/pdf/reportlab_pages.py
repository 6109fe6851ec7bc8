"""Pages that ReportLab draws, taken over into our file."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Final

import pikepdf
from reportlab.pdfgen.canvas import Canvas


def reportlab_page(size: tuple[int, int], draw: Callable[[Canvas], object], texts: bytes) -> bytes:
    """The content of a page with what `draw` puts on it, and our own texts above that."""
    drawing = BytesIO()
    canvas = Canvas(drawing, pagesize=size, invariant=1, pageCompression=0)
    draw(canvas)
    canvas.addLiteral(texts.decode("latin-1").translate(_ESCAPES))
    canvas.showPage()
    canvas.save()
    with pikepdf.open(drawing) as made:
        return made.pages[0].Contents.read_bytes()


_ESCAPES: Final = {code: f"\\{code:03o}" for code in (*range(0x80, 0xA1), 0xAD)}
"""Characters of WinAnsi that ReportLab's own encoding of content has at other places or not at all;
they occur in strings only."""
