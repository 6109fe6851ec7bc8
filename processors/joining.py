"""Puts a file together of its parts: goes over it once, in order, and digests it, its content
before compression, and each chunk's share of it. What is new in the file comes out as pieces to be
stored; parts that are in it as they are come out by name only."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby
from typing import NamedTuple, TypeAlias

from zlib_ng import zlib_ng

from domain.formats import Compression
from domain.waybills import Digest
from processors.content_digests import ContentDigest
from processors.renderers import Frame, Made, Totals, Verbatim

PIECE_BYTES = 4 * 1024 * 1024
"""About how much of what is new lies in one object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A rendered chunk: its parts in order, and the SHA-256 (hex) of its data; None when whoever
    reads it has not checked that."""

    made: tuple[Made, ...]
    sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """Bytes of the file that no part has."""

    data: bytes
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """`size` bytes of a chunk's data from `start` on."""

    chunk: int
    start: int
    size: int
    sha256: str


Piece: TypeAlias = Fresh | Kept


class Joining:
    """One file. `pieces` must be taken to the end before the digests are asked for.

    `shares` has a digest for the bytes before the first chunk, one for each chunk, and one for the
    bytes behind the last. A chunk's share begins with the first byte that was written once it was
    looked at, and ends where the next one's begins: all together are the file."""

    def __init__(
        self,
        frame: Frame,
        chunks: Sequence[Chunk],
        read: Callable[[int], bytes],
        compression: Compression,
    ) -> None:
        self._frame, self._chunks, self._read = frame, chunks, read
        self._places = [
            _Place(number, end - made.size, end, made)
            for number, chunk in enumerate(chunks)
            for made, end in zip(chunk.made, accumulate(m.size for m in chunk.made), strict=True)
        ]
        self._file = hashlib.sha256()
        self._crc32 = 0
        self._content = ContentDigest(compression)
        self._shares = [_Share() for _ in range(len(chunks) + 2)]
        self._owner = 0
        self._held: tuple[int, bytes] = (-1, b"")
        self._fresh: list[bytes] = []
        self._waiting = 0

    def pieces(self) -> Iterator[Piece]:
        made = [place.made for place in self._places]
        totals = Totals(rows=sum(m.rows for m in made), rejected=sum(m.rejected for m in made))
        for found in self._frame.assemble(made, self._part, totals):
            match found:
                case Verbatim():
                    yield from self._flushed(0)
                    yield from self._verbatim(found)
                case _:
                    self._take(found)
                    self._fresh.append(found)
                    self._waiting += len(found)
                    yield from self._flushed(PIECE_BYTES)
        yield from self._flushed(0)

    @property
    def size(self) -> int:
        return sum(share.size for share in self._shares)

    @property
    def sha256(self) -> str:
        return self._file.hexdigest()

    @property
    def crc32(self) -> int:
        return self._crc32

    @property
    def content(self) -> Digest:
        return self._content.digest(self.sha256)

    @property
    def shares(self) -> list[Digest]:
        return [share.digest() for share in self._shares]

    def _part(self, number: int) -> bytes:
        place = self._places[number]
        return self._chunk(place.chunk)[place.start : place.end]

    def _chunk(self, number: int) -> bytes:
        """Remembers one: parts of a chunk are asked for one after the other."""
        self._pass_on_to(number + 1)
        if self._held[0] != number:
            self._held = (number, self._read(number))
        return self._held[1]

    def _pass_on_to(self, owner: int) -> None:
        if owner > self._owner:
            self._shares[self._owner].close()
            self._owner = owner

    def _verbatim(self, wanted: Verbatim) -> Iterator[Kept]:
        places = self._places[wanted.first : wanted.last]
        skipped = wanted.skipped
        for number, group in groupby(places, lambda place: place.chunk):
            within = list(group)
            left = wanted.left if within[-1] is places[-1] else 0
            for kept in self._kept(number, within[0].start + skipped, within[-1].end - left):
                yield self._told(kept, wanted.heard)
            skipped = 0
        if places and wanted.last == len(self._places) and not wanted.left:
            self._pass_on_to(len(self._shares) - 1)

    def _kept(self, number: int, start: int, end: int) -> Iterator[Kept]:
        data = self._chunk(number)
        known = self._chunks[number].sha256 if end - start == len(data) else None
        kept = data[start:end]
        self._take(kept, known)
        if kept:
            yield Kept(chunk=number, start=start, size=len(kept), sha256=known or _sha256(kept))

    def _told(self, kept: Kept, heard: Callable[[bytes], None] | None) -> Kept:
        if heard is not None:
            heard(self._chunk(kept.chunk)[kept.start : kept.start + kept.size])
        return kept

    def _flushed(self, at_least: int) -> Iterator[Fresh]:
        if self._waiting > at_least:
            data = b"".join(self._fresh)
            self._fresh.clear()
            self._waiting = 0
            yield Fresh(data=data, sha256=_sha256(data))

    def _take(self, data: bytes, sha256: str | None = None) -> None:
        self._file.update(data)
        self._crc32 = zlib_ng.crc32(data, self._crc32)
        self._content.take(data)
        self._shares[self._owner].take(data, sha256)


class _Place(NamedTuple):
    """Where a part lies: its bytes `start` … `end` of a chunk's data."""

    chunk: int
    start: int
    end: int
    made: Made


class _Share:
    """Some bytes of the file. A share that is one chunk's data is not digested a second time."""

    def __init__(self) -> None:
        self.size = 0
        self._sha256 = hashlib.sha256()
        self._lone: tuple[bytes, str] | None = None

    def take(self, data: bytes, sha256: str | None) -> None:
        if self._lone is not None:
            self._sha256.update(self._lone[0])
            self._lone = None
        if sha256 is not None and self.size == 0:
            self._lone = (data, sha256)
        else:
            self._sha256.update(data)
        self.size += len(data)

    def close(self) -> None:
        """Lets go of the data: nothing is added any more."""
        if self._lone is not None:
            self._lone = (b"", self._lone[1])

    def digest(self) -> Digest:
        sha256 = self._sha256.hexdigest() if self._lone is None else self._lone[1]
        return Digest(bytes=self.size, sha256=sha256)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
