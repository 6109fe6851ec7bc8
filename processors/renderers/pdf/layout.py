"""Where things are on a page. All lengths are whole points (1/72 inch), from the bottom left."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Final

from domain.datasets import FieldType
from domain.format_options import Header
from domain.formats import PdfOptions
from domain.pdf_options import Alignment, Total, Widths
from processors.renderers.frames import Column, PlanUnfit
from processors.renderers.pdf.faces import Faces
from processors.renderers.pdf.shaping import Pen
from processors.renderers.pdf.titles import column_titles, title_lines


class PageTooNarrow(PlanUnfit):
    """The fields don't fit side by side on the page. Export fewer fields, or choose a smaller
    font_size, a larger page or landscape."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A column on the page: its left edge and width, and how wide a text in it may be, in
    thousandths of the font size. `right`: whether everything in it stands at its right edge."""

    left: int
    width: int
    limit: int
    right: bool
    begins_right: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """`faces` are what texts are drawn with. `top` and `bottom` bound the rows of a page, below the
    header of the columns. `continued` is the height of the line that says which groups go on from
    the page before."""

    faces: Faces
    width: int
    height: int
    margin: int
    font_size: int
    leading: int
    places: tuple[Place, ...]
    header_lines: int
    top: int
    bottom: int
    continued: int = 0

    @property
    def most_lines(self) -> int:
        """The lines of the tallest row that a page can hold."""
        return (self.top - self.bottom - self.continued - ROW_PADDING) // self.leading

    @property
    def first_baseline(self) -> int:
        """How far below a row's upper edge its first line stands."""
        return self.font_size + ROW_PADDING // 2

    def row_height(self, lines: int) -> int:
        return lines * self.leading + ROW_PADDING


ROW_PADDING: Final = 4
CELL_PADDING: Final = 3


def lay_out(columns: tuple[Column, ...], options: PdfOptions, faces: Faces) -> Layout:
    """Raises `PageTooNarrow`."""
    _check_shown(columns, options)
    columns = shown_columns(columns, options)
    width, height = options.page_size
    size = options.font_size
    leading = size + max(1, round(size * 0.3))
    places = _places(columns, options, width - 2 * options.margin)
    header_lines = _header_lines(columns, places, options, faces)
    header = header_lines * leading + ROW_PADDING if header_lines else 0
    layout = Layout(
        faces=faces,
        width=width,
        height=height,
        margin=options.margin,
        font_size=size,
        leading=leading,
        places=places,
        header_lines=header_lines,
        top=height - options.margin - _FURNITURE - header,
        bottom=options.margin + _FURNITURE,
        continued=leading + ROW_PADDING if options.group_by else 0,
    )
    least = _LEAST_LINES + (len(Total) if options.totals else 0)
    if layout.most_lines < least:
        raise PageTooNarrow(f"not {least} lines fit between the header and the footer; {_ADVICE}")
    return layout


def has_column(column: Column, options: PdfOptions) -> bool:
    """Whether the field stands in its rows, and not above them."""
    return column.name not in options.group_by


def shown_columns(columns: tuple[Column, ...], options: PdfOptions) -> tuple[Column, ...]:
    return tuple(column for column in columns if has_column(column, options))


_LEAST_LINES: Final = 3
_ADVICE: Final = "export fewer fields, or choose a smaller font_size, a larger page or landscape"
_FURNITURE: Final = 16
"""The height of the line above and of the line below the table."""
_NARROWEST: Final = 3
"""The least a column may hold, in characters of average width."""
_AVERAGE: Final = 0.58
_CHARACTERS: Final = {
    FieldType.TEXT: 22,
    FieldType.INTEGER: 9,
    FieldType.DECIMAL: 11,
    FieldType.FLOAT: 14,
    FieldType.BOOLEAN: 5,
    FieldType.DATE: 11,
    FieldType.TIME: 9,
    FieldType.TIMESTAMP: 18,
    FieldType.INSTANT: 20,
    FieldType.UUID: 36,
    FieldType.JSON: 28,
}
NUMBERS: Final = {FieldType.INTEGER, FieldType.DECIMAL, FieldType.FLOAT}


def _check_shown(columns: tuple[Column, ...], options: PdfOptions) -> None:
    if not shown_columns(columns, options):
        raise PageTooNarrow("group_by names every field, so that rows have none; export another")


def _places(columns: tuple[Column, ...], options: PdfOptions, room: int) -> tuple[Place, ...]:
    widths = _widths(columns, options, room)
    size = options.font_size
    least = round(_NARROWEST * _AVERAGE * size) + 2 * CELL_PADDING
    if min(widths) < least:
        raise PageTooNarrow(
            f"of {len(columns)} columns on {room} points the narrowest would have {min(widths)}, "
            f"and {least} are the least; {_ADVICE}"
        )
    lefts = accumulate(widths, initial=options.margin)
    return tuple(
        _place(column, options, left, width)
        for column, left, width in zip(columns, lefts, widths, strict=False)
    )


def _place(column: Column, options: PdfOptions, left: int, width: int) -> Place:
    wanted = dict(options.alignments).get(column.name, Alignment.AUTO)
    number = wanted is Alignment.AUTO and column.type in NUMBERS
    return Place(
        left=left,
        width=width,
        limit=(width - 2 * CELL_PADDING) * 1000 // options.font_size,
        right=number or wanted is Alignment.RIGHT,
        begins_right=wanted is Alignment.AUTO,
    )


def _header_lines(
    columns: tuple[Column, ...], places: tuple[Place, ...], options: PdfOptions, faces: Faces
) -> int:
    if options.header is Header.NONE:
        return 0
    titles = column_titles(columns, options, faces)
    pen = Pen(options.font_size, faces)
    lines = [
        title_lines(title, place.limit, pen) for title, place in zip(titles, places, strict=True)
    ]
    return max(map(len, lines))


def _widths(columns: tuple[Column, ...], options: PdfOptions, room: int) -> list[int]:
    """Whole points that add up to the room."""
    given = dict(options.column_widths)
    if options.widths is Widths.EQUAL or given:
        return _shared([given.get(column.name, _EQUAL) for column in columns], room)
    needs = [_needed(column, options.font_size) for column in columns]
    firm = [
        0 if column.type in _ELASTIC else need for column, need in zip(columns, needs, strict=True)
    ]
    elastic = sum(needs) - sum(firm)
    if sum(needs) <= room or not elastic or room - sum(firm) < elastic * _ELASTICITY:
        return _shared(needs, room)
    rest = _shared(
        [need - fixed for need, fixed in zip(needs, firm, strict=True)], room - sum(firm)
    )
    return [fixed + share for fixed, share in zip(firm, rest, strict=True)]


_EQUAL: Final = 10
_ELASTIC: Final = {FieldType.TEXT, FieldType.JSON, FieldType.UUID, FieldType.INSTANT}
"""Values that may take several lines rather than dates and numbers."""
_ELASTICITY: Final = 0.4


def _shared(shares: list[int], room: int) -> list[int]:
    edges = [room * upto // sum(shares) for upto in accumulate(shares, initial=0)]
    return [right - left for left, right in pairwise(edges)]


def _needed(column: Column, size: int) -> int:
    """What the type needs, or the header if that is longer, though it may take several lines."""
    longest_word = max(map(len, column.label.split()), default=0)
    characters = max(_CHARACTERS[column.type], min(longest_word + 2, 20))
    return round(characters * _AVERAGE * size) + 2 * CELL_PADDING
