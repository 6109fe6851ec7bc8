"""What a value of each type looks like in a source's text, so that a whole column can be seen to
need no work, and what makes a value impossible to write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from domain.datasets import FieldType
from processors.renderers.copy_text import NULL, TAB
from processors.renderers.frames import Reason

Cells = list[bytes]
"""The cells of one column in a block, as COPY text or as the file will have them."""

Writer = Callable[[Cells], Cells]


class CellRefused(Exception):
    """The cell can't be written."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


ALPHABETS: Final = {
    FieldType.INTEGER: b"0123456789-",
    FieldType.DECIMAL: b"0123456789-.",
    FieldType.FLOAT: b"0123456789-.e+",
    FieldType.DATE: b"0123456789-",
    FieldType.TIME: b"0123456789:.+-",
    FieldType.TIMESTAMP: b"0123456789-: .",
    FieldType.INSTANT: b"0123456789-: .+",
    FieldType.UUID: b"0123456789abcdef-",
}
"""The bytes of ordinary values: not of NaN, infinities and years BC, which take the slow way."""


def check_text(joined: bytes) -> None:
    """Raises `UnicodeDecodeError` for what is not UTF-8; encoded surrogates are not (RFC 3629)."""
    if not joined.isascii():
        joined.decode()


def decoding_fault(cell: bytes) -> Reason | None:
    """Why it is no UTF-8, if it isn't."""
    try:
        cell.decode()
    except UnicodeDecodeError:
        return _fault_of_undecodable(cell)
    return None


def around_nulls(column: Cells, null: bytes, write: Writer) -> Cells:
    """Writes what is not null, with `null` where it is."""
    if NULL not in column:
        return write(column)
    written = iter(write([cell for cell in column if cell != NULL]))
    return [null if cell == NULL else next(written) for cell in column]


def consists_of(alphabet: bytes, column: Cells, joined: bytes) -> bool:
    """Whether no cell is empty or has another byte; `joined` is the column joined by tabs."""
    return all(column) and not joined.translate(None, alphabet + TAB)


def _fault_of_undecodable(cell: bytes) -> Reason:
    try:
        cell.decode(errors="surrogatepass")
    except UnicodeDecodeError:
        return Reason.NOT_UTF_8
    return Reason.LONE_SURROGATE
