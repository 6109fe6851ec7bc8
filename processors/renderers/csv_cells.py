"""CSV values by RFC 4180, column by column: each writer first asks the whole column whether there
is anything to do, as mostly there is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from processors.renderers.copy_text import BACKSLASH, NULL, TAB, unescape
from processors.renderers.formula_guard import guarded, is_risky
from processors.renderers.frames import Reason
from processors.renderers.values import CellRefused, Cells, Writer, check_text, consists_of

QUOTE: Final = ord('"')


@dataclass(frozen=True, slots=True)
class Dialect:
    """What values are measured against; all in UTF-8."""

    delimiter: bytes
    null: bytes
    quote_all: bool
    guard: bool

    def value(self, text: bytes) -> bytes:
        """A value, not null, as it stands in the file. The empty text and what equals the null
        text are quoted, so that null is something else, and no line is blank."""
        if self.quote_all or text in {b"", self.null} or _needs_quotes(text, self.delimiter):
            return _quoted(text)
        return text

    def quotes(self, alphabet: bytes) -> bool:
        """Whether a value made of the alphabet might need quotes."""
        might_be_null = bool(self.null) and not self.null.translate(None, alphabet)
        return self.quote_all or might_be_null or self.delimiter in alphabet

    def cell(self, cell: bytes) -> bytes:
        """A cell of COPY text as it stands in the file."""
        return self.null if cell == NULL else self.value(unescape(cell))


def text_writer(dialect: Dialect, *, guard: bool) -> Writer:
    """Writes texts; with `guard`, none that a spreadsheet would run."""
    delimiter = ord(dialect.delimiter)
    null, value = dialect.null, dialect.value

    def write(column: Cells) -> Cells:
        joined = TAB.join(column)
        _check(joined)
        if guard and (safe := guarded(column, joined)) is not column:
            column, joined = safe, TAB.join(safe)
        if null and null in joined:
            return list(map(dialect.cell, column))
        if dialect.quote_all:
            return _all_quoted(column, null)
        if BACKSLASH in joined:
            return _with_escapes(column)
        if QUOTE in joined or delimiter in joined or not all(column):
            return _without_escapes(column)
        return column

    # A cell costs some dozen nanoseconds here: the tests are by byte, and nothing is called.
    def _with_escapes(column: Cells) -> Cells:
        return [
            (null if cell == NULL else value(unescape(cell)))
            if BACKSLASH in cell
            else b'"%b"' % cell.replace(b'"', b'""')
            if QUOTE in cell
            else b'"%b"' % cell
            if delimiter in cell or not cell
            else cell
            for cell in column
        ]

    def _without_escapes(column: Cells) -> Cells:
        return [
            b'"%b"' % cell.replace(b'"', b'""')
            if QUOTE in cell
            else b'"%b"' % cell
            if delimiter in cell or not cell
            else cell
            for cell in column
        ]

    return write


def _all_quoted(column: Cells, null: bytes) -> Cells:
    """The whole column in quotes but for nulls, by work on the joined text."""
    joined = b'"' + TAB.join(column).replace(b'"', b'""').replace(TAB, b'"\t"') + b'"'
    if BACKSLASH not in joined:
        return joined.split(TAB)
    if b"\\t" in joined or BACKSLASH in null:  # a tab would be taken for the end of a cell
        return [null if cell == NULL else _quoted(unescape(cell)) for cell in column]
    # After a quote `\N` is null: in a text another backslash is before it. NUL, which no text has
    # here, keeps the place of backslashes while the other escapes are replaced.
    joined = joined.replace(b'"\\N"', null)
    for escape, meaning in _ESCAPES:
        joined = joined.replace(escape, meaning)
    return joined.split(TAB)


def _quoted(text: bytes) -> bytes:
    return b'"' + text.replace(b'"', b'""') + b'"'


_ESCAPES: Final = (
    (b"\\\\", b"\0"),
    (b"\\n", b"\n"),
    (b"\\r", b"\r"),
    (b"\\b", b"\b"),
    (b"\\f", b"\f"),
    (b"\\v", b"\v"),
    (b"\0", b"\\"),
)


def plain_writer(dialect: Dialect, alphabet: bytes) -> Writer:
    """Writes values of a type whose ordinary values consist of the alphabet."""
    if dialect.quotes(alphabet) and not dialect.quote_all:
        return odd_writer(dialect)
    null = dialect.null

    def one(cell: bytes) -> bytes:
        """Whatever else is in its column."""
        plain = cell and not cell.translate(None, alphabet)
        return dialect.value(cell) if plain else odd_value(dialect, cell)

    def write(column: Cells) -> Cells:
        joined = TAB.join(column)
        if NULL in joined:
            present = list(filter(NULL.__ne__, column))
            plain = consists_of(alphabet, present, joined.replace(NULL, b""))
        else:
            plain = consists_of(alphabet, column, joined)
        if not plain:
            return [one(cell) for cell in column]
        if dialect.quote_all:
            return _all_quoted(column, null)
        return joined.replace(NULL, null).split(TAB) if NULL in joined else column

    return write


def odd_writer(dialect: Dialect) -> Writer:
    """Writes values that are no text but not ordinary either, such as infinity."""

    return lambda column: [odd_value(dialect, cell) for cell in column]


def odd_value(dialect: Dialect, cell: bytes) -> bytes:
    """One such value. Should a field be declared with a type that its column hasn't, then what is
    in it is treated with the care that a text gets."""
    _check(cell)
    risky = dialect.guard and is_risky(cell) and cell not in _SIGNED_WORDS and cell != NULL
    return dialect.cell(b"'" + cell if risky else cell)


_SIGNED_WORDS = {b"-infinity", b"-Infinity"}


def _check(text: bytes) -> None:
    check_text(text)
    if 0 in text:
        raise CellRefused(Reason.NUL_CHARACTER)


def _needs_quotes(text: bytes, delimiter: bytes) -> bool:
    return QUOTE in text or delimiter in text or b"\n" in text or b"\r" in text
