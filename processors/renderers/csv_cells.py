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
            return b'"' + text.replace(b'"', b'""') + b'"'
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
    null = dialect.null

    def write(column: Cells) -> Cells:
        joined = TAB.join(column)
        check_text(joined)
        if 0 in joined:
            raise CellRefused(Reason.NUL_CHARACTER)
        if guard:
            column = guarded(column, joined)
        if dialect.quote_all or (null and null in joined):
            return list(map(dialect.cell, column))
        if not (BACKSLASH in joined or QUOTE in joined or delimiter in joined or not all(column)):
            return column
        return _where_needed(column)

    def _where_needed(column: Cells) -> Cells:
        return [
            _quoted_or_unescaped(cell)
            if BACKSLASH in cell or QUOTE in cell or delimiter in cell or not cell
            else cell
            for cell in column
        ]

    def _quoted_or_unescaped(cell: bytes) -> bytes:
        if BACKSLASH in cell:
            return dialect.cell(cell)
        return b'"' + cell.replace(b'"', b'""') + b'"'

    return write


def plain_writer(dialect: Dialect, alphabet: bytes) -> Writer:
    """Writes values of a type whose ordinary values consist of the alphabet."""
    odd = odd_writer(dialect)
    if dialect.quotes(alphabet):
        return odd
    null = dialect.null

    def write(column: Cells) -> Cells:
        joined = TAB.join(column)
        if consists_of(alphabet, column, joined):
            return column
        if NULL in joined and consists_of(alphabet, column, joined.replace(NULL, b"")):
            return joined.replace(NULL, null).split(TAB)
        return odd(column)

    return write


def odd_writer(dialect: Dialect) -> Writer:
    """Writes values that are no text but not ordinary either, such as infinity."""

    def write(column: Cells) -> Cells:
        check_text(TAB.join(column))
        return [odd_value(dialect, cell) for cell in column]

    return write


def odd_value(dialect: Dialect, cell: bytes) -> bytes:
    """One such value. Should a field be declared with a type that its column hasn't, then what is
    in it is treated with the care that a text gets."""
    if 0 in cell:
        raise CellRefused(Reason.NUL_CHARACTER)
    risky = dialect.guard and is_risky(cell) and cell not in _SIGNED_WORDS and cell != NULL
    return dialect.cell(b"'" + cell if risky else cell)


_SIGNED_WORDS = {b"-infinity", b"-Infinity"}


def _needs_quotes(text: bytes, delimiter: bytes) -> bool:
    return QUOTE in text or delimiter in text or b"\n" in text or b"\r" in text
