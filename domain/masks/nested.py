"""Masks within nested values: each is walked through, and its masked members go through what a
column of their values would go through. So a value has the same token wherever it stands."""

from __future__ import annotations

import json
from typing import Final

from domain.copy_text import NULL, escape, unescape
from domain.masks.columns import Column
from domain.nested_values import Rewrite, Step, rewritten

_written: Final = json.JSONEncoder(ensure_ascii=False).encode
_ANY_BYTES: Final = "surrogateescape"
"""How a byte that is no UTF-8 stays what it is, for whoever renders it to reject."""


def nested_column(steps: tuple[Step, ...]) -> Column:
    """From cells of nested values to such cells. Raises `NestedMalformed`."""

    def masked(cell: bytes) -> bytes:
        if cell == NULL:
            return cell
        value = rewritten(unescape(cell).decode(errors=_ANY_BYTES), steps)
        return escape(value.encode(errors=_ANY_BYTES))

    return lambda cells: list(map(masked, cells))


def rewriting(mask: Column) -> Rewrite:
    """What a mask of a column makes of a JSON token: of a string the text in it, of null the same
    as of the database's."""

    def rewrite(written: str) -> str:
        (cell,) = mask([_cell(written)])
        if cell == NULL:
            return "null"
        text = unescape(cell).decode(errors=_ANY_BYTES)
        return _written(text)

    return rewrite


def _cell(written: str) -> bytes:
    if written == "null":
        return NULL
    text = written if written[0] != '"' else _text(written)
    return escape(text.encode(errors=_ANY_BYTES))


def _text(string: str) -> str:
    """Of a JSON string; most have no escape."""
    found: str = json.loads(string) if "\\" in string else string[1:-1]
    return found
