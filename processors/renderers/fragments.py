"""From a fragment to a part, for formats that are text: block after block in bulk, and a block
with something in it that can't be written once more, row by row, to find out what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from domain.formats import Compression
from domain.ports import Fragment
from processors.renderers.compiled import Compiled
from processors.renderers.compression import compress
from processors.renderers.copy_text import (
    BLOCK_BYTES,
    LARGEST_COMPILED,
    FragmentMalformed,
    blocks,
    cells,
    end_of_odd,
)
from processors.renderers.frames import Part, Reason, Rejection
from processors.renderers.values import CellRefused, decoding_fault


class Rows(Protocol):
    """How a format writes rows. Both methods raise `UnicodeError` or `CellRefused`."""

    @property
    def fields(self) -> tuple[str, ...]: ...

    @property
    def compiled(self) -> Compiled | None:
        """What writes the same, faster, as far as it can."""

    def write(self, flat: list[bytes]) -> bytes:
        """The content of whole rows, given their cells row after row; it may change the list."""

    def try_cell(self, column: int, cell: bytes) -> None:
        """Writes a cell alone, to see whether it can be written."""


def render(
    rows: Rows, fragment: Fragment, compression: Compression, block_bytes: int = BLOCK_BYTES
) -> Part:
    """The part of a fragment. The block size changes the speed only, never a byte."""
    content: list[bytes] = []
    counted = write_blocks(rows, fragment, content.append, block_bytes)
    whole = b"".join(content)
    return Part(
        data=compress(compression, whole) if whole else b"",
        rows=counted.rows,
        rejected=counted.rejected,
    )


@dataclass(frozen=True, slots=True)
class Counted:
    """Of a fragment: how many rows were written, and which were not."""

    rows: int
    rejected: tuple[Rejection, ...]


def write_blocks(
    rows: Rows,
    fragment: Fragment,
    take: Callable[[bytes], None],
    block_bytes: int = BLOCK_BYTES,
) -> Counted:
    """Gives the content of each block away as soon as it is written."""
    rejected: list[Rejection] = []
    seen = 0
    for block in blocks(fragment.data, block_bytes):
        written = _compiled_block(rows, block, seen)
        take(written.content)
        rejected += written.rejected
        seen += written.rows
    if seen != fragment.rows:
        raise FragmentMalformed(f"the fragment should have {fragment.rows} rows and has {seen}")
    return Counted(seen - len(rejected), tuple(rejected))


@dataclass(frozen=True, slots=True)
class _Block:
    content: bytes
    rows: int
    rejected: tuple[Rejection, ...] = ()


def _compiled_block(rows: Rows, block: bytes, first: int) -> _Block:
    if rows.compiled is None or len(block) > LARGEST_COMPILED:
        return _block(rows, block, first)
    pieces: list[_Block] = []
    start = seen = odd_rows = 0
    while start < len(block):
        try:
            content, count, start = rows.compiled.write(block, start)
        except UnicodeError:  # a row has what the encoding lacks: Python knows which
            return _block(rows, block, first)
        pieces.append(_Block(content, count))
        seen += count
        if start < len(block):
            odd_rows += 1
            end = end_of_odd(block, start, odd_rows)
            pieces.append(_block(rows, block[start:end], first + seen))
            seen += pieces[-1].rows
            start = end
    if len(pieces) == 1:
        return pieces[0]
    return _Block(
        b"".join(piece.content for piece in pieces),
        seen,
        tuple(rejection for piece in pieces for rejection in piece.rejected),
    )


def _block(rows: Rows, block: bytes, first: int) -> _Block:
    width = len(rows.fields)
    flat = cells(block, width)
    count = len(flat) // width
    try:
        return _Block(rows.write(flat), count)
    except (UnicodeError, CellRefused):
        return _block_with_rejections(rows, block, first)


def _block_with_rejections(rows: Rows, block: bytes, first: int) -> _Block:
    content: list[bytes] = []
    rejected: list[Rejection] = []
    lines = [line + b"\n" for line in block.split(b"\n")[:-1]]
    for number, line in enumerate(lines, first):
        try:
            content.append(rows.write(cells(line, len(rows.fields))))
        except (UnicodeError, CellRefused):
            rejected.append(_rejection(rows, cells(line, len(rows.fields)), number))
    return _Block(b"".join(content), len(lines), tuple(rejected))


def _rejection(rows: Rows, line: list[bytes], number: int) -> Rejection:
    return next(
        Rejection(row=number, field=rows.fields[column], reason=reason)
        for column, reason in _faults(rows, line)
    )


def _faults(rows: Rows, line: list[bytes]) -> Iterator[tuple[int, Reason]]:
    for column, cell in enumerate(line):
        try:
            rows.try_cell(column, cell)
        except CellRefused as refused:
            yield column, refused.reason
        except UnicodeEncodeError:
            yield column, Reason.UNENCODABLE
        except UnicodeDecodeError:
            yield column, decoding_fault(cell) or Reason.NOT_UTF_8
