"""What stands on every page around the rows: the title, the header of the columns, and the number
of the page."""

from __future__ import annotations

from functools import cache
from typing import Final

from domain.formats import PdfOptions
from domain.logos import read_logo
from processors.renderers.colours import takes_black
from processors.renderers.frames import Column
from processors.renderers.pdf.faces import BOLD, Glyph, shipped_faces, shipped_font
from processors.renderers.pdf.layout import CELL_PADDING, Layout
from processors.renderers.pdf.logo import drawn as logo_drawn
from processors.renderers.pdf.shaping import Line, Pen, in_latin, is_backwards, literal
from processors.renderers.pdf.texts import cut
from processors.renderers.pdf.titles import column_titles, shown, title_lines

GREY = b".4 g"
LOGO_ROOM: Final = (160, 12)
"""What a logo has above the table."""


def rgb(colour: str) -> bytes:
    """Red, green and blue of #rrggbb, each up to 1."""
    return b" ".join(b"%.3g" % (int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))


def readable_on(colour: str) -> bytes:
    """Black or white, whichever is seen better on the colour."""
    return b"0 g" if takes_black(colour) else b"1 g"


def strong(text: str, pen: Pen) -> Line:
    """A line in bold where the bold face is sure to have it."""
    if not in_latin(text):
        return pen.line(text)
    width = sum(map(_bold_widths().__getitem__, text))
    return Line(b"/B %d Tf(%b)Tj" % (pen.size, literal(text)) + pen.select, width)


def page_furniture(
    columns: tuple[Column, ...], layout: Layout, options: PdfOptions, title: str
) -> tuple[bytes, frozenset[Glyph]]:
    """The operators that all pages have in common, and the glyphs they use."""
    pen = Pen(layout.font_size, layout.faces)
    logo = None if options.logo is None else read_logo(options.logo)
    taken = 0 if logo is None else logo.fitted(LOGO_ROOM)[0] + CELL_PADDING
    room = _room(layout) - taken * 1000 // layout.font_size
    line = pen.line(cut(shown(title, layout.faces), room, pen))
    drawn = [
        b"BT %b %b 1 0 0 1 %d %d Tm %b ET"
        % (GREY, pen.select, layout.margin, layout.height - layout.margin - 10, line.operators)
    ]
    glyphs = set(line.glyphs)
    if logo is not None:
        left = layout.width - layout.margin - taken + CELL_PADDING
        drawn.append(logo_drawn(logo, left, layout.height - layout.margin - 13, LOGO_ROOM))
    if layout.header_lines:
        header, used = _header(columns, layout, options)
        drawn.append(header)
        glyphs |= used
    return b"\n".join(drawn), frozenset(glyphs)


def page_number(number: int, pages: int, layout: Layout) -> bytes:
    text = f"Page {number:,} of {pages:,}"
    width = shipped_faces().measure(text) * layout.font_size // 1000
    left = layout.width - layout.margin - width
    return b"BT %b /A %d Tf %d %d Td(%b)Tj ET" % (
        *(GREY, layout.font_size, left, layout.margin),
        text.encode(),
    )


def _room(layout: Layout) -> int:
    return (layout.width - 2 * layout.margin) * 1000 // layout.font_size


def _header(
    columns: tuple[Column, ...], layout: Layout, options: PdfOptions
) -> tuple[bytes, set[Glyph]]:
    height = layout.row_height(layout.header_lines)
    width = layout.places[-1].left + layout.places[-1].width - layout.margin
    box = b"%d %d %d %d re f" % (layout.margin, layout.top, width, height)
    drawn = [rgb(options.colour) + b" rg", box, readable_on(options.colour)]
    glyphs: set[Glyph] = set()
    pen = Pen(layout.font_size, layout.faces)
    titles = column_titles(columns, options, layout.faces)
    for title, place in zip(titles, layout.places, strict=True):
        lines = title_lines(title, place.limit, pen)
        below = layout.top + layout.row_height(len(lines)) - layout.first_baseline
        drawn.append(b"BT %b %d TL 1 0 0 1 0 %d Tm" % (pen.select, layout.leading, below))
        for text in lines:
            line = strong(text, pen)
            left = place.left + CELL_PADDING
            if place.right or (place.begins_right and is_backwards(text)):
                left = place.left + place.width - CELL_PADDING - line.width * pen.size // 1000
            drawn.append(b"%d 0 Td %b %d 0 Td T*" % (left, line.operators, -left))
            glyphs |= line.glyphs
        drawn.append(b"ET")
    return b"\n".join(drawn), glyphs


@cache
def _bold_widths() -> dict[str, int]:
    font = shipped_font(BOLD)
    return {
        chr(point): font.get_glyph_h_advance(font.get_nominal_glyph(point))
        for point in font.face.unicodes
        if in_latin(chr(point))
    }
