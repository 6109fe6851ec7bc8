"""The cells of one column as drawing operators, a block at a time. Most values are short and plain
ASCII and stay as they are between the parentheses of the row's template; the others close these,
draw themselves, and open them again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from domain.datasets import FieldType
from domain.format_options import CsvOptions
from domain.formats import PdfOptions
from domain.pdf_options import Overflow
from processors.renderers.copy_text import BACKSLASH, NULL, TAB, unescape
from processors.renderers.csv_cells import Dialect
from processors.renderers.csv_types import csv_writer
from processors.renderers.frames import Column
from processors.renderers.pdf.faces import Glyph, shipped_faces
from processors.renderers.pdf.latin import (
    COARSER,
    NOT_PLAIN,
    PLAIN,
    LatinLines,
    latin,
    latin_shape,
    plain_shapes,
)
from processors.renderers.pdf.layout import NUMBERS, Layout, Place
from processors.renderers.pdf.shaping import Pen, is_backwards
from processors.renderers.pdf.texts import cut, drawable, wrapped
from processors.renderers.values import Cells


@dataclass(slots=True)
class Drawn:
    """A column's cells, each as its template wants it. `tall` says how many lines those have that
    have several, by their place in the column."""

    cells: Cells
    tall: dict[int, int] = field(default_factory=dict)
    glyphs: set[Glyph] = field(default_factory=set)


class ColumnPen:
    """Draws a column. `opening` and `closing` stand around each of its cells."""

    def __init__(self, column: Column, place: Place, layout: Layout, options: PdfOptions) -> None:
        self._place = place
        self._leading = layout.leading
        self._pen = Pen(layout.font_size, layout.faces)
        self._options = options
        self._values = written_values(column.type, options)
        # A number that is cut would be read as another.
        self._cuts = options.overflow is Overflow.CUT and column.type not in NUMBERS
        self._latin_lines = LatinLines(place.limit // COARSER, cut=self._cuts)
        self._known: dict[bytes, _Lines] = {}
        self._widths = _Widths()
        self.opening, self.closing = (b"[", b")]TJ") if place.right else (b"(", b")Tj")
        self.empty = b"0(" if place.right else b""

    def draw(self, column: Cells) -> Drawn:
        """Raises `UnicodeDecodeError` and `CellRefused`."""
        return self._to_the_right(column) if self._place.right else self._to_the_left(column)

    def lines(self, cell: bytes) -> Sequence[bytes]:
        """What draws each line of a cell that has several."""
        (value,) = self._values([cell])
        (shape,) = plain_shapes([value])
        plain = None if self._place.right else self._latin(value, shape)
        return self._known_lines(value).operators if plain is None else list(map(_operator, plain))

    def between(self, lines: Sequence[bytes]) -> bytes:
        """Lines one below another, and back to the height of the first."""
        before, after = (b"]TJ ", b"[(") if self._place.right else (b")Tj ", b"(")
        return before + b" T*".join(lines) + self._back(len(lines)) + after

    def _to_the_left(self, column: Cells) -> Drawn:
        values = self._values(column)
        drawn, fitting = Drawn(values), self._latin_lines.fitting
        drawn.cells = [
            cell if shape in fitting else self._drawn(cell, shape, row, drawn)
            for row, (cell, shape) in enumerate(zip(values, plain_shapes(values), strict=True))
        ]
        return drawn

    def _to_the_right(self, column: Cells) -> Drawn:
        values = self._values(column)
        drawn = Drawn(values)
        limit = self._place.limit
        # Digits are of one width, so that a column of numbers has but a few different widths.
        widths = [self._widths[cell.translate(_ALIKE)] for cell in values]
        drawn.cells = [
            b"%d(%b" % (width, cell) if width <= limit else self._any(cell, row, drawn)
            for row, (cell, width) in enumerate(zip(values, widths, strict=True))
        ]
        return drawn

    def _drawn(self, cell: bytes, shape: bytes, row: int, drawn: Drawn) -> bytes:
        lines = self._latin(cell, shape)
        if lines is None:
            return self._any(cell, row, drawn)
        if len(lines) == 1:
            return lines[0]
        drawn.tall[row] = len(lines)
        return b")Tj (%b)Tj%b(" % (b")Tj T*(".join(lines), self._back(len(lines)))

    def _latin(self, cell: bytes, shape: bytes) -> list[bytes] | None:
        if NOT_PLAIN not in shape:
            return self._latin_lines.of(cell, shape)
        text = latin(cell)
        return None if text is None else self._latin_lines.of(text, latin_shape(text))

    def _any(self, cell: bytes, row: int, drawn: Drawn) -> bytes:
        """What the fast ways can't draw."""
        lines = self._known_lines(cell)
        drawn.glyphs |= lines.glyphs
        if len(lines.operators) > 1:
            drawn.tall[row] = len(lines.operators)
        return self.between(lines.operators)

    def _back(self, lines: int) -> bytes:
        return b" 0 %d Td" % (self._leading * (lines - 1)) if lines > 1 else b""

    def _known_lines(self, cell: bytes) -> _Lines:
        lines = self._known.get(cell)
        if lines is None:
            if len(self._known) >= _KEPT:
                self._known.clear()
            self._known[cell] = lines = self._lines(cell)
        return lines

    def _lines(self, cell: bytes) -> _Lines:
        text = drawable(cell.decode(), self._options.on_missing_glyph, self._pen.faces)
        if self._cuts:
            texts = [cut(text.replace("\n", " "), self._place.limit, self._pen)]
        else:
            texts = wrapped(text, self._place.limit, self._pen)
        lines = [self._pen.line(each) for each in texts]
        backwards = self._place.begins_right and is_backwards(text)
        operators = [
            self._shift(each, backwards) + line.operators
            for each, line in zip(texts, lines, strict=True)
        ]
        return _Lines(tuple(operators), frozenset().union(*(line.glyphs for line in lines)))

    def _shift(self, text: str, backwards: bool) -> bytes:
        """Moves to where the line begins."""
        if self._place.right:
            return b"[%d]TJ " % self._pen.measure(text.rstrip(" "))
        if backwards:
            return b"[%d]TJ " % (self._pen.measure(text) - self._place.limit)
        return b""


def _operator(line: bytes) -> bytes:
    return b"(%b)Tj" % line


@dataclass(frozen=True, slots=True)
class _Lines:
    operators: tuple[bytes, ...]
    glyphs: frozenset[Glyph]


_KEPT: Final = 5_000
_ALIKE: Final = bytes.maketrans(b"123456789", b"000000000")


class _Widths(dict[bytes, int]):
    """Widths of plain values, those of digits as of zeros; others are wider than any column."""

    def __missing__(self, shape: bytes) -> int:
        if len(self) >= _KEPT:
            self.clear()
        plain = not shape.translate(None, PLAIN)
        self[shape] = width = shipped_faces().measure(shape.decode()) if plain else _TOO_WIDE
        return width


_TOO_WIDE: Final = 1 << 60


class _Bare(Dialect):
    """Values that need no quotes, as nothing separates them."""

    __slots__ = ()

    def value(self, text: bytes) -> bytes:
        return text

    def quotes(self, alphabet: bytes) -> bool:
        return False


def written_values(type_: FieldType, options: PdfOptions) -> Callable[[Cells], Cells]:
    """From COPY text to the value's text."""
    null = options.null_text.encode()
    if type_ in {FieldType.TEXT, FieldType.JSON}:
        return lambda column: _texts(column, null)
    values: CsvOptions = options.values()
    return csv_writer(type_, values, _Bare(b"\0", null, quote_all=False, guard=False))


def _texts(column: Cells, null: bytes) -> Cells:
    if BACKSLASH not in TAB.join(column):
        return column
    return [
        (null if cell == NULL else unescape(cell)) if BACKSLASH in cell else cell for cell in column
    ]
