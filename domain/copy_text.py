"""PostgreSQL's COPY text, taken apart in bulk. (PostgreSQL manual, COPY, "Text Format".)

A block of some hundred rows becomes one flat list of cells in which column j of n is `[j::n]`, so
that a column is looked at, and changed if it must be, as a whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

NULL: Final = b"\\N"
TAB: Final = b"\t"
BACKSLASH: Final = ord("\\")
BLOCK_BYTES: Final = 128 * 1024
"""About what stays in a core's cache together with the cells made of it."""
LARGEST_COMPILED: Final = 8 * BLOCK_BYTES
"""Bytes. A longer row is Python's, not a kernel's: what has no memory for it fails there, and ends
no process."""
_MOST_ODD_ROWS: Final = 8


class FragmentMalformed(Exception):
    """The fragment's text doesn't hold the rows and columns it should. This is a fault of the
    source's adapter; report it together with the dataset's definition."""


def blocks(data: bytes, size: int = BLOCK_BYTES) -> Iterator[bytes]:
    """Whole rows of about `size` bytes at a time; a longer row is a block of its own."""
    start = 0
    while start < len(data):
        end = data.rfind(b"\n", start, start + size) + 1 or data.find(b"\n", start) + 1
        if not end:
            raise FragmentMalformed("the last row has no line end")
        yield data[start:end]
        start = end


def end_of_odd(block: bytes, start: int, odd_rows: int) -> int:
    """Where in a block a kernel goes on that has left out the row at `start`, the `odd_rows`th of
    the block: behind it, or, with more than a few, nowhere: Python does all the rest at once."""
    return len(block) if odd_rows > _MOST_ODD_ROWS else block.index(b"\n", start) + 1


def cells(block: bytes, columns: int) -> list[bytes]:
    """All cells of the block's rows, row after row."""
    flat = block.replace(b"\n", TAB).split(TAB)
    flat.pop()
    if len(flat) % columns:
        raise FragmentMalformed(f"some rows don't have {columns} columns")
    return flat


def escape(value: bytes) -> bytes:
    """The cell that stands for a value other than null, as PostgreSQL itself writes it."""
    if len(value.translate(None, _SPECIAL)) == len(value):
        return value
    return _TO_ESCAPE.sub(_escaped, value)


def unescape(cell: bytes) -> bytes:
    """The value that a cell other than null stands for."""
    return _ESCAPE.sub(_unescaped, cell) if BACKSLASH in cell else cell


_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)
_MEANING = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


def _unescaped(escape: re.Match[bytes]) -> bytes:
    return _MEANING.get(escape[1], escape[1])


_LETTERS = {meant: letter for letter, meant in _MEANING.items()} | {b"\\": b"\\"}
_SPECIAL = b"".join(_LETTERS)
_TO_ESCAPE = re.compile(b"[%b]" % re.escape(_SPECIAL))


def _escaped(found: re.Match[bytes]) -> bytes:
    return b"\\" + _LETTERS[found[0]]
