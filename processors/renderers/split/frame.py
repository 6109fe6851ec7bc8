"""A file of text split into several: a frame around the format's own. Each share of a fragment is
rendered by that one and deflated, and an entry of the zip is a head, shares as they are, a tail."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from typing import ClassVar, Final

from zlib_ng import zlib_ng

from domain.ports import Fragment
from domain.splits import MOST_ENTRIES, Split, to_json
from domain.zips import Zip
from processors.renderers.by_field import check_names
from processors.renderers.frames import (
    Column,
    Frame,
    Made,
    Part,
    Read,
    Rejection,
    RenderPlan,
    TextFrame,
    Totals,
    Verbatim,
)
from processors.renderers.split.entries import Entry, TooManyEntries, entries_of
from processors.renderers.split.names import Names
from processors.renderers.split.shares import Share, Value, note_of, runs, value_of
from processors.renderers.zipped import NOTHING, Piece, deflated_piece, entry_of

INDEX: Final = "index.json"
"""The last entry: it lists the others."""


class SplitFrame(Frame):
    """A split plan made ready; `inner` is of the same plan without the split."""

    notes: ClassVar[bool] = True

    def __init__(self, plan: RenderPlan, inner: TextFrame) -> None:
        """Raises `FieldNotThere`."""
        assert plan.spec.split is not None  # noqa: S101 - `prepare` asks this frame for nothing else
        self._inner, self._split = inner, plan.spec.split
        self._by = _column(self._split, plan.columns)
        self._type = plan.columns[self._by or 0].type
        self._ending = f".{plan.spec.format}"
        self._between: tuple[Piece, bytes] = (NOTHING, b"")
        if inner.between:
            self._between = deflated_piece(inner.between, last=False)

    def render(self, fragment: Fragment) -> Part:
        """Raises `TooManyEntries` when this fragment alone has more of them than a zip should."""
        shares: list[Share] = []
        data: list[bytes] = []
        rejected: list[Rejection] = []
        rows = seen = 0
        for cell, some in self._cut(fragment):
            part = self._inner.render(some)
            rejected += (replace(each, row=each.row + seen) for each in part.rejected)
            rows, seen = rows + part.rows, seen + some.rows
            if part.data:
                piece, content = deflated_piece(self._alone(part.data), last=False)
                shares.append(Share(self._value(cell), part.rows, piece))
                data += (self._between[1], content)
            if len(shares) > MOST_ENTRIES:
                raise TooManyEntries(self._split)
        note = note_of(shares)
        return Part(data=b"".join(data), rows=rows, rejected=tuple(rejected), note=note)

    def assemble(
        self, made: Sequence[Made], read: Read, totals: Totals
    ) -> Iterator[bytes | Verbatim]:
        entries = entries_of(made, self._split, self._between[0])
        file, names = Zip(), Names(self._ending)
        index: list[str] = []
        looked = 0
        for number, entry in enumerate(entries, 1):
            _look_at(read, looked, entry.first)
            name = self._name(names, entry, number, len(entries))
            index.append((yield from self._entry(file, name, entry, read)))
            looked = entry.last
        _look_at(read, looked, len(made))
        piece, data = deflated_piece(_index(self._split, totals, index), last=True)
        yield file.opening(entry_of(INDEX, [piece])) + data
        yield file.closing()

    def _entry(
        self, file: Zip, name: str, entry: Entry, read: Read
    ) -> Generator[bytes | Verbatim, None, str]:
        """Returns what the index says of it."""
        beginning = self._inner.head()
        ending = self._inner.tail(Totals(rows=entry.rows, rejected=0))
        head, before = deflated_piece(beginning, last=False)
        tail, behind = deflated_piece(ending, last=True)
        whole = entry_of(name, [head, entry.piece, tail])
        content = _Content(beginning)
        yield file.opening(whole) + before
        yield from _data(entry, read, content)
        yield behind
        return _listed(name, entry, whole.size, content.closed(ending))

    def _cut(self, fragment: Fragment) -> Iterator[tuple[bytes, Fragment]]:
        if self._by is None:
            return iter([(b"", fragment)])
        return runs(fragment, self._by)

    def _value(self, cell: bytes) -> Value | None:
        return None if self._by is None else value_of(cell, self._type)

    def _alone(self, data: bytes) -> bytes:
        return data.removeprefix(self._inner.between)

    def _name(self, names: Names, entry: Entry, number: int, count: int) -> str:
        if self._split.by is None or entry.value is None:
            return names.of_number(number, count)
        return names.of_value(self._split.by, entry.value)


_COPIED: Final = 1 << 20
"""Bytes: what is less is copied, as a place of its own in the store would cost more."""


def _column(split: Split, columns: Sequence[Column]) -> int | None:
    if split.by is None:
        return None
    check_names("split", [split.by], columns)
    return [column.name for column in columns].index(split.by)


def _look_at(read: Read, first: int, last: int) -> None:
    """At parts that no entry has rows of: whoever puts a file together anew compares what it is
    asked for."""
    for number in range(first, last):
        read(number)


def _data(entry: Entry, read: Read, content: _Content) -> Iterator[bytes | Verbatim]:
    if entry.piece.stored >= _COPIED:
        yield Verbatim(
            first=entry.first,
            last=entry.last,
            skipped=entry.skipped,
            left=entry.left,
            heard=content.take,
        )
        return
    for number in range(entry.first, entry.last):
        data = read(number)
        start = entry.skipped if number == entry.first else 0
        end = len(data) - (entry.left if number == entry.last - 1 else 0)
        content.take(data[start:end])
        yield data[start:end]


class _Content:
    """Digests what an entry's data stand for."""

    def __init__(self, head: bytes) -> None:
        self._sha256 = hashlib.sha256(head)
        self._inflating = zlib_ng.decompressobj(-zlib_ng.MAX_WBITS)

    def take(self, data: bytes) -> None:
        """In slices, as a few bytes may stand for many."""
        view = memoryview(data)
        for start in range(0, len(data), _SLICE):
            self._sha256.update(self._inflating.decompress(view[start : start + _SLICE]))

    def closed(self, tail: bytes) -> str:
        self._sha256.update(tail)
        return self._sha256.hexdigest()


_SLICE: Final = 1 << 16


def _listed(name: str, entry: Entry, size: int, sha256: str) -> str:
    value = {} if entry.value is None else {"value": entry.value.text}
    said = {"name": name, **value, "rows": entry.rows, "bytes": size, "sha256": sha256}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def _index(split: Split, totals: Totals, entries: Sequence[str]) -> bytes:
    """JSON, an entry a line."""
    said = {"split": to_json(split), "rows": totals.rows, "rejected": totals.rejected}
    head = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
    listed = ",\n".join(entries)
    return f'{head[:-1]},"entries":[\n{listed}\n]}}\n'.encode()
