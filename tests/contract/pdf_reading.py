"""A table out of a PDF, by PDFium's text extraction: which characters stand in which column and
between which rules. It knows nothing of how the file was made but that columns are of one width."""

from __future__ import annotations

import ctypes
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

import pypdfium2
from pypdfium2 import raw


def read_table(pdf: bytes, columns: int, margin: int, *, covers: int = 0) -> list[list[str]]:
    """The black text of all pages but covers, by rows and columns; lines of a cell are joined."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        table: list[list[str]] = []
        going_on: list[str] | None = None
        for number in range(covers, len(document)):
            page = document[number]
            rows, rest = _rows(page, columns, margin)
            if going_on is not None and rows:
                rows[0] = _joined(going_on, rows[0])
                going_on = None
            table += rows
            if any(rest):
                going_on = _joined(going_on, rest) if going_on else rest
            page.close()
        assert going_on is None
        return [[_without_halves(cell) for cell in row] for row in table]
    finally:
        document.close()


@dataclass(frozen=True, slots=True)
class _Character:
    text: str
    x: float
    y: float


def _without_halves(text: str) -> str:
    """PDFium gives characters beyond U+FFFF as pairs."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16")


def _joined(before: list[str], after: list[str]) -> list[str]:
    return [a + b for a, b in zip(before, after, strict=True)]


def _rows(page: pypdfium2.PdfPage, columns: int, margin: int) -> tuple[list[list[str]], list[str]]:
    """The rows that end on the page, and what stands below the last rule."""
    rules = sorted(set(_rules(page)), reverse=True)
    width = (page.get_width() - 2 * margin) / columns
    rows = [[""] * columns for _ in range(len(rules) + 1)]
    for character in _characters(page):
        row = bisect_left(rules, -character.y, key=lambda height: -height)
        rows[row][int((character.x - margin) // width)] += character.text
    return rows[:-1], rows[-1]


def _rules(page: pypdfium2.PdfPage) -> Iterator[float]:
    """The heights of horizontal lines."""
    x, y = ctypes.c_float(), ctypes.c_float()
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    for each in page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH], max_depth=1):
        raw.FPDFPath_GetDrawMode(each.raw, fill, stroke)
        if not stroke.value:
            continue
        for number in range(raw.FPDFPath_CountSegments(each.raw)):
            segment = raw.FPDFPath_GetPathSegment(each.raw, number)
            if raw.FPDFPathSegment_GetType(segment) == raw.FPDF_SEGMENT_LINETO:
                raw.FPDFPathSegment_GetPoint(segment, x, y)
                yield y.value


def _characters(page: pypdfium2.PdfPage) -> Iterator[_Character]:
    text = page.get_textpage()
    x, y = ctypes.c_double(), ctypes.c_double()
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    for number in range(text.count_chars()):
        if raw.FPDFText_IsGenerated(text.raw, number) == 1:
            continue
        raw.FPDFText_GetFillColor(text.raw, number, red, green, blue, alpha)
        if (red.value, green.value, blue.value) == (0, 0, 0):
            raw.FPDFText_GetCharOrigin(text.raw, number, x, y)
            point = raw.FPDFText_GetUnicode(text.raw, number)
            yield _Character("-" if point == 2 else chr(point), x.value, y.value)
    text.close()
