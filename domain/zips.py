"""A zip file in one pass (APPNOTE 6.3.9): nothing is gone back to, as sizes and sums are known
before each entry, or follow its data. No times, no names of systems; zip64 only where it is needed.
So the same entries give the same bytes, and how long they are is known before any data is read,
but for those that are not known themselves."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final


class Method(IntEnum):
    """How an entry's data stand for its content (APPNOTE 4.4.5)."""

    STORED = 0
    DEFLATED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`size` and `crc` (CRC-32) are of the content, `stored` is how many bytes of data there are.
    Names are in UTF-8 with `/` between folders."""

    name: str
    method: Method
    size: int
    stored: int
    crc: int


class Zip:
    """Says what stands before, between and behind the entries' data, which the caller writes."""

    def __init__(self) -> None:
        self._at = 0
        self._directory: list[bytes] = []
        self._header_size = 0
        self._large = False

    def opening(self, entry: Entry) -> bytes:
        """What precedes the data of the entry."""
        local = _local_header(entry, _UTF_8, large=_is_large(entry))
        self._directory.append(_directory_entry(entry, _UTF_8, self._at))
        self._at += len(local) + entry.stored
        return local

    def opening_unknown(self, name: str, *, large: bool) -> bytes:
        """What precedes the data of a deflated entry whose size and sum aren't known yet; `ending`
        must follow them. `large` if it can have 4 GiB or more: not every program reads such sizes
        where they are not needed."""
        unknown = Entry(name=name, method=Method.DEFLATED, size=0, stored=0, crc=0)
        local = _local_header(unknown, _UTF_8 | _FOLLOWED, large=large)
        self._header_size, self._large = len(local), large
        return local

    def ending(self, entry: Entry) -> bytes:
        """What follows the data of an entry that wasn't known. (APPNOTE 4.3.9)"""
        if _is_large(entry) and not self._large:
            raise ValueError(f"{entry.name} has more data than was thought possible")
        form = "<IIQQ" if self._large else "<IIII"
        following = struct.pack(form, 0x08074B50, entry.crc, entry.stored, entry.size)
        self._directory.append(_directory_entry(entry, _UTF_8 | _FOLLOWED, self._at))
        self._at += self._header_size + entry.stored + len(following)
        return following

    def closing(self) -> bytes:
        """What follows the last entry."""
        directory = b"".join(self._directory)
        count, size, at = len(self._directory), len(directory), self._at
        ends = b""
        if max(at, size) > _LARGEST or count > _MOST_ENTRIES:
            ends = struct.pack(
                "<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, count, count, size, at
            ) + struct.pack("<IIQI", 0x07064B50, 0, at + size, 1)
        count, size, at = (
            min(count, _MOST_ENTRIES + 1),
            min(size, _IN_ZIP64),
            min(at, _IN_ZIP64),
        )
        return (
            directory + ends + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, size, at, 0)
        )


_IN_ZIP64: Final = 0xFFFFFFFF
_LARGEST: Final = _IN_ZIP64 - 1
_MOST_ENTRIES: Final = 0xFFFE
_UTF_8: Final = 0x800
_FOLLOWED: Final = 0x8
"""By a data descriptor."""
_1980_01_01: Final = 0x21
_OLDEST: Final = 20
_WITH_ZIP64: Final = 45


def _is_large(entry: Entry) -> bool:
    return max(entry.size, entry.stored) > _LARGEST


def _local_header(entry: Entry, flags: int, *, large: bool) -> bytes:
    name = entry.name.encode()
    extra = struct.pack("<HHQQ", 1, 16, entry.size, entry.stored) if large else b""
    sizes = (_IN_ZIP64, _IN_ZIP64) if large else (entry.stored, entry.size)
    needed = _WITH_ZIP64 if large else _OLDEST
    return (
        struct.pack(
            "<IHHHHHIIIHH",
            *(0x04034B50, needed, flags, entry.method, 0, _1980_01_01),
            *(entry.crc, *sizes, len(name), len(extra)),
        )
        + name
        + extra
    )


def _directory_entry(entry: Entry, flags: int, at: int) -> bytes:
    name = entry.name.encode()
    large, far = _is_large(entry), at > _LARGEST
    said = struct.pack("<QQ", entry.size, entry.stored) if large else b""
    said += struct.pack("<Q", at) if far else b""
    extra = struct.pack("<HH", 1, len(said)) + said if said else b""
    needed = _WITH_ZIP64 if said else _OLDEST
    sizes = (_IN_ZIP64, _IN_ZIP64) if large else (entry.stored, entry.size)
    return (
        struct.pack(
            "<IHHHHHHIIIHHHHHII",
            *(0x02014B50, needed, needed, flags, entry.method, 0, _1980_01_01),
            *(entry.crc, *sizes, len(name), len(extra)),
            *(0, 0, 0, 0, _IN_ZIP64 if far else at),
        )
        + name
        + extra
    )
