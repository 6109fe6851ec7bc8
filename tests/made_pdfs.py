"""Small PDFs as exports make them, and the texts in them by a reader that is not ours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import pypdfium2

from domain.exports.events import PlannedColumn
from domain.formats import Format, default_format
from domain.ports import Fragment
from domain.previews import PreviewAsked
from processors.previews import preview


def pdf_of(rows: Sequence[str]) -> bytes:
    """A cover, and a table of one column."""
    asked = PreviewAsked(
        spec=default_format(Format.PDF),
        columns=(PlannedColumn(name="text", label="Text", type="text"),),
        rows=Fragment(rows=len(rows), data="".join(f"{row}\n" for row in rows).encode()),
        title="Things",
        filter="",
        requested_by=UUID(int=1),
        requested_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    return preview(asked).file


def texts(pdf: bytes, password: str | None = None) -> list[str]:
    """One a page."""
    with pypdfium2.PdfDocument(pdf, password=password) as document:
        return [page.get_textpage().get_text_range() for page in document]
