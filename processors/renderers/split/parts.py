"""The parts of a split as one of its files sees them: its shares are that file's parts. All is read
in order, so that each chunk is read once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from itertools import chain
from typing import Final

from processors.renderers.frames import Made, Read, Verbatim
from processors.renderers.split.entries import Placed
from processors.renderers.split.packing import Packing
from processors.renderers.zipped import NOTHING, Piece, joined

COPIED: Final = 1 << 20
"""Bytes: what is less is copied, as a place of its own in the store would cost more."""


class Parts:
    """Remembers the part that was read last, as many files may have a share of it."""

    def __init__(self, made: Sequence[Made], read: Read) -> None:
        self._made, self._read = made, read
        self._held: tuple[int, bytes] = (-1, b"")
        self._looked = 0

    def read(self, number: int) -> bytes:
        if self._held[0] != number:
            self._held = (number, self._read(number))
        self._looked = number + 1
        return self._held[1]

    def look_at(self, before: int) -> None:
        """At the parts up to that one of which no file has rows: whoever puts a file together anew
        compares what it is asked for."""
        for number in range(self._looked, before):
            self.read(number)

    def data(self, first: int, start: int, last: int, end: int) -> Iterator[bytes]:
        """From the byte `start` of one part to the byte `end` of another, which stays out."""
        for number in range(first, last + 1):
            data = self.read(number)
            yield data[start if number == first else 0 : end if number == last else None]

    def verbatim(
        self, first: int, start: int, last: int, end: int, heard: Callable[[bytes], None]
    ) -> Verbatim:
        """The same where they lie."""
        self._looked = last + 1
        left = self._made[last].size - end
        return Verbatim(first=first, last=last + 1, skipped=start, left=left, heard=heard)


class Shares:
    """One file's: they lie one behind the other."""

    def __init__(self, shares: Sequence[Placed], parts: Parts, packing: Packing) -> None:
        self._shares, self._parts, self._packing = shares, parts, packing

    @property
    def size(self) -> int:
        """Of the data, in bytes."""
        return sum(each.end - each.start for each in self._shares)

    def made(self) -> list[Made]:
        """As the format's own parts are seen."""
        return [
            Made(
                size=each.end - each.start,
                rows=each.share.rows,
                rejected=each.share.rejected,
                note=each.share.note,
            )
            for each in self._shares
        ]

    def read(self, number: int) -> bytes:
        """A part of the format's own."""
        each = self._shares[number]
        return self._packing.unpacked(self._parts.read(each.part)[each.start : each.end])

    def piece(self, wanted: Verbatim) -> Piece:
        """Of what the file has of its shares as they are. A format leaves out nothing of its parts
        but what parts the first one from others."""
        pieces = chain.from_iterable(
            (self._packing.between, each.share.piece) for each in self._wanted(wanted)
        )
        if wanted.skipped:
            next(pieces, None)
        return reduce(joined, pieces, NOTHING)

    def data(
        self, wanted: Verbatim, piece: Piece, heard: Callable[[bytes], None]
    ) -> Iterator[bytes | Verbatim]:
        """Its data: copied, or where they lie if they are many."""
        shares = self._wanted(wanted)
        if not shares:
            return
        first, last = shares[0], shares[-1]
        start = first.start + (self._packing.between.stored if wanted.skipped else 0)
        if piece.stored >= COPIED:
            yield self._parts.verbatim(first.part, start, last.part, last.end, heard)
            return
        for data in self._parts.data(first.part, start, last.part, last.end):
            heard(data)
            yield data

    def content(self, wanted: Verbatim) -> Iterator[bytes]:
        """What the data stand for."""
        for number in range(wanted.first, wanted.last):
            skipped = wanted.skipped if number == wanted.first else 0
            yield self.read(number)[skipped:]

    def _wanted(self, wanted: Verbatim) -> Sequence[Placed]:
        return self._shares[wanted.first : wanted.last]
