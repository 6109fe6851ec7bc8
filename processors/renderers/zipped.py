"""Entries of a zip whose data come piece by piece, each made apart from the others, so that what
workers have made is spliced in as it is."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final

from zlib_ng import zlib_ng

from domain.zips import Entry, Method
from processors.renderers.compression import Deflater, deflated


@dataclass(frozen=True, slots=True)
class Piece:
    """Of an entry: the size of its data, and size and CRC-32 of the content they stand for."""

    stored: int
    size: int
    crc: int


NOTHING: Final = Piece(0, 0, 0)


def plain_piece(content: bytes) -> Piece:
    """Of data that stand for themselves."""
    return Piece(len(content), len(content), zlib_ng.crc32(content))


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


class Undeflated:
    """Content whose size is not known before its end, and which is compressed already, as deflate
    data in which nothing is deflated (RFC 1951, 3.2.4): they say themselves where they end, as data
    that are merely stored don't. How the content is cut changes no byte."""

    def __init__(self) -> None:
        self._stored = self._size = self._crc = 0
        self._rest = b""

    def add(self, content: bytes) -> bytes:
        """Data that are ready now."""
        self._size += len(content)
        self._crc = zlib_ng.crc32(content, self._crc)
        waiting = self._rest + content
        whole = len(waiting) - len(waiting) % _BLOCK
        self._rest = waiting[whole:]
        return self._counted(b"".join(_blocks(waiting[:whole])))

    def end(self) -> bytes:
        """The rest of the data."""
        return self._counted(_block(self._rest, last=True))

    @property
    def piece(self) -> Piece:
        return Piece(self._stored, self._size, self._crc)

    def _counted(self, data: bytes) -> bytes:
        self._stored += len(data)
        return data


def entry_of(name: str, pieces: Sequence[Piece], method: Method = Method.DEFLATED) -> Entry:
    """The entry whose data is that of the pieces in their order."""
    whole = reduce(joined, pieces)
    return Entry(name=name, method=method, size=whole.size, stored=whole.stored, crc=whole.crc)


def joined(first: Piece, second: Piece) -> Piece:
    crc = zlib_ng.crc32_combine(first.crc, second.crc, second.size)
    return Piece(first.stored + second.stored, first.size + second.size, crc)


_BLOCK: Final = (1 << 16) - 1


def _blocks(content: bytes) -> Iterator[bytes]:
    for start in range(0, len(content), _BLOCK):
        yield _block(content[start : start + _BLOCK], last=False)


def _block(content: bytes, *, last: bool) -> bytes:
    return struct.pack("<BHH", last, len(content), len(content) ^ _BLOCK) + content
