"""Entries of a zip whose data are deflated piece by piece, each apart from the others, so that what
workers have deflated is spliced in as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final

from zlib_ng import zlib_ng

from domain.zips import Entry, Method
from processors.renderers.compression import Deflater, deflated


@dataclass(frozen=True, slots=True)
class Piece:
    """Of an entry: the size of its deflated data, and size and CRC-32 of what that stands for."""

    stored: int
    size: int
    crc: int


NOTHING: Final = Piece(0, 0, 0)


def deflated_piece(content: bytes, *, last: bool) -> tuple[Piece, bytes]:
    """The piece and its data."""
    data = deflated(content, last=last)
    return Piece(len(data), len(content), zlib_ng.crc32(content)), data


class Stream:
    """A piece that another follows, of content that comes bit by bit."""

    def __init__(self) -> None:
        self.size = 0
        self.crc = 0
        self._deflater = Deflater()

    def add(self, content: bytes) -> None:
        self.size += len(content)
        self.crc = zlib_ng.crc32(content, self.crc)
        self._deflater.add(content)

    def end(self) -> bytes:
        """The piece's data."""
        return self._deflater.end(last=False)


def entry_of(name: str, pieces: Sequence[Piece]) -> Entry:
    """The entry whose data is that of the pieces in their order."""
    whole = reduce(joined, pieces)
    return Entry(
        name=name, method=Method.DEFLATED, size=whole.size, stored=whole.stored, crc=whole.crc
    )


def joined(first: Piece, second: Piece) -> Piece:
    crc = zlib_ng.crc32_combine(first.crc, second.crc, second.size)
    return Piece(first.stored + second.stored, first.size + second.size, crc)
