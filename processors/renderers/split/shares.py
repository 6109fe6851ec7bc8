"""What a file of the zip gets of a fragment, and how that is noted beside the fragment's part."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from zlib_ng import zlib_ng

from domain.datasets import FieldType
from domain.ports import Fragment
from processors.renderers.compression import deflated
from processors.renderers.copy_text import NULL, TAB, FragmentMalformed, unescape
from processors.renderers.zipped import Piece


@dataclass(frozen=True, slots=True)
class Value:
    """A value that rows have in common: its first 64 characters, None for null, and a digest when
    it has more. Two with the same are the same."""

    text: str | None
    digest: str = ""

    @property
    def shown(self) -> str:
        """For people."""
        if self.text is None:
            return "(empty)"
        return f"{self.text}…" if self.digest else self.text.strip()


@dataclass(frozen=True, slots=True)
class Share:
    """Some rows of a fragment: `piece` is of their content without what parts them from others.
    `value` is what they have in common, None where a split doesn't ask for that. `rejected` and
    `note` are those of the format's own part, where it has notes; none of the rows may have been
    written then."""

    value: Value | None
    rows: int
    piece: Piece
    rejected: int = 0
    note: bytes = b""


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


def note_of(shares: Sequence[Share]) -> bytes:
    """JSON and, behind a line feed, the shares' own notes, which are much like each other."""
    listed = json.dumps([_row(share) for share in shares], separators=(",", ":")).encode()
    notes = b"".join(share.note for share in shares)
    return listed + b"\n" + deflated(notes, last=True) if notes else listed


def shares_of(note: bytes) -> Iterator[Share]:
    """Reads what `note_of` wrote."""
    listed, _, packed = note.partition(b"\n")
    notes = zlib_ng.decompress(packed, -zlib_ng.MAX_WBITS) if packed else b""
    start = 0
    for value, rows, stored, size, crc, *more in json.loads(listed):
        rejected, length = more or (0, 0)
        yield Share(
            value=None if value is None else Value(*value),
            rows=rows,
            piece=Piece(stored, size, crc),
            rejected=rejected,
            note=notes[start : start + length],
        )
        start += length


_LONGEST: Final = 64
_WORDS: Final = {"t": "true", "f": "false"}


def _cells(lines: list[bytes], column: int) -> list[bytes]:
    try:
        return [line.split(TAB, column + 1)[column] for line in lines]
    except IndexError as error:
        raise FragmentMalformed(f"a row has no column {column}") from error


def _row(share: Share) -> list[Any]:
    value = None if share.value is None else [share.value.text, share.value.digest]
    more = [share.rejected, len(share.note)] if share.rejected or share.note else []
    return [value, share.rows, share.piece.stored, share.piece.size, share.piece.crc, *more]
