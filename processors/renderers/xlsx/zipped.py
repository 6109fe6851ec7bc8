"""A zip file in one pass (APPNOTE 6.3.9): nothing is gone back to, as sizes and sums are known
before each entry. No times, no names of systems; zip64 only where it is needed."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final

from zlib_ng import zlib_ng

from processors.renderers.compression import Deflater, deflated


@dataclass(frozen=True, slots=True)
class Piece:
    """Of an entry: the size of its deflated data, and size and CRC-32 of what that stands for."""

    stored: int
    size: int
    crc: int


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


class Zip:
    """Says what stands before, between and behind the entries' data, which the caller writes."""

    def __init__(self) -> None:
        self._at = 0
        self._directory: list[bytes] = []

    def opening(self, name: str, pieces: Sequence[Piece]) -> bytes:
        """What precedes the data of the entry, which is that of the pieces in their order."""
        whole = reduce(_joined, pieces)
        local = _local_header(name.encode(), whole)
        self._directory.append(_directory_entry(name.encode(), whole, self._at))
        self._at += len(local) + whole.stored
        return local

    def closing(self) -> bytes:
        """What follows the last entry."""
        directory = b"".join(self._directory)
        count, size, at = len(self._directory), len(directory), self._at
        ends = b""
        if at > _LARGEST or count > _MOST_ENTRIES:
            ends = struct.pack(
                "<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, count, count, size, at
            ) + struct.pack("<IIQI", 0x07064B50, 0, at + size, 1)
        count, at = min(count, _MOST_ENTRIES + 1), min(at, _IN_ZIP64)
        return (
            directory + ends + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, size, at, 0)
        )


_IN_ZIP64: Final = 0xFFFFFFFF
_LARGEST: Final = _IN_ZIP64 - 1
_MOST_ENTRIES: Final = 0xFFFE
_UTF_8: Final = 0x800
_DEFLATED: Final = 8
_1980_01_01: Final = 0x21
_OLDEST: Final = 20
_WITH_ZIP64: Final = 45


def _joined(first: Piece, second: Piece) -> Piece:
    crc = zlib_ng.crc32_combine(first.crc, second.crc, second.size)
    return Piece(first.stored + second.stored, first.size + second.size, crc)


def _local_header(name: bytes, entry: Piece) -> bytes:
    large = max(entry.size, entry.stored) > _LARGEST
    extra = struct.pack("<HHQQ", 1, 16, entry.size, entry.stored) if large else b""
    sizes = (_IN_ZIP64, _IN_ZIP64) if large else (entry.stored, entry.size)
    return (
        struct.pack(
            "<IHHHHHIIIHH",
            *(0x04034B50, _WITH_ZIP64 if large else _OLDEST, _UTF_8, _DEFLATED, 0, _1980_01_01),
            *(entry.crc, *sizes, len(name), len(extra)),
        )
        + name
        + extra
    )


def _directory_entry(name: bytes, entry: Piece, at: int) -> bytes:
    large, far = max(entry.size, entry.stored) > _LARGEST, at > _LARGEST
    said = struct.pack("<QQ", entry.size, entry.stored) if large else b""
    said += struct.pack("<Q", at) if far else b""
    extra = struct.pack("<HH", 1, len(said)) + said if said else b""
    needed = _WITH_ZIP64 if said else _OLDEST
    sizes = (_IN_ZIP64, _IN_ZIP64) if large else (entry.stored, entry.size)
    return (
        struct.pack(
            "<IHHHHHHIIIHHHHHII",
            *(0x02014B50, needed, needed, _UTF_8, _DEFLATED, 0, _1980_01_01),
            *(entry.crc, *sizes, len(name), len(extra)),
            *(0, 0, 0, 0, _IN_ZIP64 if far else at),
        )
        + name
        + extra
    )
