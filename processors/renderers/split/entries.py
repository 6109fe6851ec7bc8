"""Which shares of the parts make up which entry of the zip."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from domain.splits import MOST_ENTRIES, Split
from processors.renderers.frames import Made, PlanUnfit
from processors.renderers.split.shares import Share, Value, shares_of
from processors.renderers.zipped import NOTHING, Piece, joined


class TooManyEntries(PlanUnfit):
    """The split makes more files than a zip should have. Split by a field with fewer values, by
    rows or by bytes, or narrow the filter."""

    def __init__(self, split: Split) -> None:
        what = f"by {split.by[:60]}" if split.by is not None else "so"
        super().__init__(
            f"split {what}, the file would have more than {MOST_ENTRIES:,} parts. Split by a field "
            "with fewer values, by more rows or bytes, or narrow the filter"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Rows that come together: the data of the parts `first` … `last`, without that one, but for
    the first `skipped` bytes and the last `left`. `piece` is of all that."""

    value: Value | None = None
    rows: int = 0
    piece: Piece = NOTHING
    first: int = 0
    last: int = 0
    skipped: int = 0
    left: int = 0


def entries_of(made: Sequence[Made], split: Split, between: Piece) -> list[Entry]:
    """`between` is the piece that stands in front of every share. Raises `TooManyEntries`."""
    found: list[Entry] = []
    for entry in _joined_up(_alone(made, between.stored), split, between):
        found.append(entry)
        if len(found) > MOST_ENTRIES:
            raise TooManyEntries(split)
    if not found and split.by is None:
        return [Entry()]  # a file without rows is a file all the same
    return found


def _alone(made: Sequence[Made], between: int) -> Iterator[Entry]:
    """Each share as if it were an entry: what is in front of it stays out."""
    for number, part in enumerate(made):
        begin = 0
        for share in shares_of(part.note):
            start = begin + between
            begin = start + share.piece.stored
            yield _entry(share, number, start, part.size - begin)


def _entry(share: Share, number: int, start: int, left: int) -> Entry:
    return Entry(
        value=share.value,
        rows=share.rows,
        piece=share.piece,
        first=number,
        last=number + 1,
        skipped=start,
        left=left,
    )


def _joined_up(shares: Iterator[Entry], split: Split, between: Piece) -> Iterator[Entry]:
    entry: Entry | None = None
    for share in shares:
        if entry is None:
            entry = share
        elif _fits(entry, share, split):
            entry = _longer(entry, share, between)
        else:
            yield entry
            entry = share
    if entry is not None:
        yield entry


def _fits(entry: Entry, share: Entry, split: Split) -> bool:
    if split.rows is not None:
        return entry.rows + share.rows <= split.rows
    if split.bytes is not None:
        return entry.piece.size + share.piece.size <= split.bytes
    return entry.value == share.value


def _longer(entry: Entry, share: Entry, between: Piece) -> Entry:
    return replace(
        entry,
        rows=entry.rows + share.rows,
        piece=joined(joined(entry.piece, between), share.piece),
        last=share.last,
        left=share.left,
    )
