"""A file split into several: a frame around the format's own. Each share of a fragment is rendered
by that one, and a file in the zip is what that one puts together of its shares alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import ClassVar, Final

from domain.ports import Fragment
from domain.splits import MOST_ENTRIES, Split, to_json
from domain.zips import Zip
from processors.renderers.frames import (
    Column,
    Frame,
    Made,
    Part,
    Read,
    Rejection,
    RenderPlan,
    Totals,
    Verbatim,
)
from processors.renderers.split.entries import Entry, TooManyEntries, entries_of, placed
from processors.renderers.split.names import Names
from processors.renderers.split.packing import Deflated, Packing, Stored
from processors.renderers.split.parts import Parts, Shares
from processors.renderers.split.shares import Share, note_of, runs, value_of
from processors.renderers.zipped import NOTHING, Piece, Undeflated, deflated_piece, entry_of

INDEX: Final = "index.json"
"""The last entry: it lists the others."""


class SplitFrame(Frame):
    """A split plan made ready; `inner` is of one of its files."""

    notes: ClassVar[bool] = True

    def __init__(self, plan: RenderPlan, inner: Frame) -> None:
        assert plan.spec.split is not None  # noqa: S101 - `prepare` asks this frame for nothing else
        self._inner, self._split = inner, plan.spec.split
        self._by = _column(self._split, plan.columns)
        self._column = plan.columns[self._by or 0]
        one = replace(plan.spec, split=None)
        self._ending = f".{one.extension}"
        self._packing: Packing = Stored() if one.is_compressed_inside else Deflated(inner.between)

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
            piece, content = self._packing.packed(part.data) if part.data else (NOTHING, b"")
            shares += self._shares(cell, part, piece)
            data.append(content)
            if len(shares) > MOST_ENTRIES:
                raise TooManyEntries(self._split)
        note = note_of(shares)
        return Part(data=b"".join(data), rows=rows, rejected=tuple(rejected), note=note)

    def assemble(
        self, made: Sequence[Made], read: Read, totals: Totals
    ) -> Iterator[bytes | Verbatim]:
        entries = entries_of(made, self._split, self._packing.between.size)
        file, names, parts = Zip(), Names(self._ending), Parts(made, read)
        every = placed(made, self._packing.between.stored)
        index: list[str] = []
        for number, entry in enumerate(entries, 1):
            shares = list(islice(every, entry.shares))
            if shares:
                parts.look_at(shares[0].part)
            name = self._name(names, entry, number, len(entries))
            said = Totals(
                rows=entry.rows,
                rejected=entry.rejected,
                which=self._which(entry, number, len(entries)),
            )
            own = Shares(shares, parts, self._packing)
            size, sha256 = yield from self._entry(file, name, own, said)
            index.append(_listed(name, entry, size, sha256))
        parts.look_at(len(made))
        piece, data = deflated_piece(_index(self._split, totals, index), last=True)
        yield file.opening(entry_of(INDEX, [piece])) + data
        yield file.closing()

    def _entry(self, file: Zip, name: str, own: Shares, totals: Totals) -> _Writing:
        """As the format puts the file together: what is written of it before its end is known must
        be little, or else its size and sum follow it."""
        found = self._inner.assemble(own.made(), own.read, totals)
        held: list[bytes | Verbatim] = []
        size = 0
        for each in found:
            held.append(each)
            size += len(each) if isinstance(each, bytes) else 0
            if size > HELD:
                return (yield from _unknown(file, name, own, chain(held, found)))
        return (yield from self._known(file, name, own, held))

    def _known(
        self, file: Zip, name: str, own: Shares, held: Sequence[bytes | Verbatim]
    ) -> _Writing:
        packed: list[tuple[Piece, bytes | Verbatim]] = [
            (own.piece(each), each)
            if isinstance(each, Verbatim)
            else self._packing.own(each, last=number == len(held))
            for number, each in enumerate(held, 1)
        ]
        whole = entry_of(name, [piece for piece, _ in packed], self._packing.method)
        content = self._packing.content()
        yield file.opening(whole)
        for piece, each in packed:
            if isinstance(each, Verbatim):
                yield from own.data(each, piece, content.take)
            else:
                content.take(each)
                yield each
        return whole.size, content.sha256()

    def _cut(self, fragment: Fragment) -> Iterator[tuple[bytes, Fragment]]:
        if self._by is None:
            return iter([(b"", fragment)])
        return runs(fragment, self._by)

    def _shares(self, cell: bytes, part: Part, piece: Piece) -> Iterator[Share]:
        """What is noted of some rows: nothing where none of them could be written, unless the
        format says in its files what it left out."""
        rejected = len(part.rejected) if self._inner.notes else 0
        if part.rows or rejected:
            try:
                value = None if self._by is None else value_of(cell, self._column.type)
            except UnicodeDecodeError:
                return  # no row with such a cell is written: there is no file to say so
            yield Share(value, part.rows, piece, rejected, part.note)

    def _name(self, names: Names, entry: Entry, number: int, count: int) -> str:
        if self._split.by is None or entry.value is None:
            return names.of_number(number, count)
        return names.of_value(self._split.by, entry.value)

    def _which(self, entry: Entry, number: int, count: int) -> str:
        if entry.value is None:
            return f"{number:,} of {count:,}"
        return f"{self._column.label}: {entry.value.shown}"


HELD: Final = 16 << 20
"""Bytes of a file beside its parts' data that are held until its size is known: workbooks have some
kB, and only PDFs may have more, as all of one is written anew."""

_Writing = Generator[bytes | Verbatim, None, tuple[int, str]]
"""Of an entry; it returns its content's size and SHA-256."""


def _unknown(file: Zip, name: str, own: Shares, found: Iterable[bytes | Verbatim]) -> _Writing:
    yield file.opening_unknown(name, large=own.size > _MAY_BE_LARGE)
    writing, sha256 = Undeflated(), hashlib.sha256()
    for each in found:
        for content in own.content(each) if isinstance(each, Verbatim) else (each,):
            sha256.update(content)
            yield writing.add(content)
    yield writing.end()
    yield file.ending(entry_of(name, [writing.piece]))
    return writing.piece.size, sha256.hexdigest()


_MAY_BE_LARGE: Final = 1 << 30
"""Bytes of parts' data of which a file may come that has 4 GiB."""


def _column(split: Split, columns: Sequence[Column]) -> int | None:
    if split.by is None:
        return None
    return [column.name for column in columns].index(split.by)


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
