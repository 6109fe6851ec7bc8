"""The titles of columns, and of the file: texts of the definition's, not of rows."""

from __future__ import annotations

from typing import Final

from domain.format_options import Header, Unencodable
from domain.formats import PdfOptions
from processors.renderers.frames import Column
from processors.renderers.pdf.faces import Faces
from processors.renderers.pdf.shaping import Pen
from processors.renderers.pdf.texts import drawable, first_lines


def shown(text: str, faces: Faces) -> str:
    """The text on one line; what has no glyph is marked."""
    return drawable(text.replace("\0", " "), Unencodable.REPLACE, faces).replace("\n", " ")


def people_title(column: Column, options: PdfOptions, faces: Faces) -> str:
    """What a column is called, also where it has no header."""
    return shown(column.name if options.header is Header.NAMES else column.label, faces)


def column_titles(columns: tuple[Column, ...], options: PdfOptions, faces: Faces) -> list[str]:
    if options.header is Header.NONE:
        return ["" for _ in columns]
    return [people_title(column, options, faces) for column in columns]


def title_lines(title: str, limit: int, pen: Pen) -> list[str]:
    """A column's title in lines no wider than the limit when they are bold, and not too many."""
    room = int(limit * _ROOM_FOR_BOLD)
    return first_lines(title, room, pen, _MOST_LINES)


_ROOM_FOR_BOLD: Final = 0.92
_MOST_LINES: Final = 3
