"""What an entry of the zip gets of a fragment, and how that is noted beside the fragment's part."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from domain.datasets import FieldType
from domain.ports import Fragment
from processors.renderers.copy_text import NULL, TAB, FragmentMalformed, unescape
from processors.renderers.zipped import Piece


@dataclass(frozen=True, slots=True)
class Value:
    """A value that rows have in common: its first 64 characters, None for null, and a digest when
    it has more. Two with the same are the same."""

    text: str | None
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """Some rows of a fragment: `piece` is of their content without what parts them from others.
    `value` is what they have in common, None where a split doesn't ask for that."""

    value: Value | None
    rows: int
    piece: Piece


def runs(fragment: Fragment, column: int) -> Iterator[tuple[bytes, Fragment]]:
    """The fragment's rows cut wherever the cell in a column changes, each with that cell.

    Raises `FragmentMalformed`."""
    lines = fragment.data.split(b"\n")
    if lines.pop() or len(lines) != fragment.rows:
        raise FragmentMalformed(f"the fragment should have {fragment.rows} rows")
    row = start = 0
    for cell, same in groupby(_cells(lines, column)):
        count = len(list(same))
        size = sum(map(len, lines[row : row + count])) + count
        yield cell, Fragment(rows=count, data=fragment.data[start : start + size])
        row, start = row + count, start + size


def value_of(cell: bytes, type_: FieldType) -> Value:
    """The value of a cell whose row could be written."""
    if cell == NULL:
        return Value(None)
    text = unescape(cell).decode()
    if type_ is FieldType.BOOLEAN:
        text = _WORDS.get(text, text)
    if len(text) <= _LONGEST:
        return Value(text)
    return Value(text[:_LONGEST], hashlib.sha256(text.encode()).hexdigest()[:16])


def note_of(shares: list[Share]) -> bytes:
    return json.dumps([_row(share) for share in shares], separators=(",", ":")).encode()


def shares_of(note: bytes) -> list[Share]:
    """Reads what `note_of` wrote."""
    return [
        Share(
            value=None if value is None else Value(*value),
            rows=rows,
            piece=Piece(stored, size, crc),
        )
        for value, rows, stored, size, crc in json.loads(note)
    ]


_LONGEST: Final = 64
_WORDS: Final = {"t": "true", "f": "false"}


def _cells(lines: list[bytes], column: int) -> list[bytes]:
    try:
        return [line.split(TAB, column + 1)[column] for line in lines]
    except IndexError as error:
        raise FragmentMalformed(f"a row has no column {column}") from error


def _row(share: Share) -> list[object]:
    value = None if share.value is None else [share.value.text, share.value.digest]
    return [value, share.rows, share.piece.stored, share.piece.size, share.piece.crc]
