"""Which shares of the parts make up which file of the zip."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from domain.splits import MOST_ENTRIES, Split
from processors.renderers.frames import Made, PlanUnfit
from processors.renderers.split.shares import Share, Value, shares_of


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
    """Rows that come together, of `shares` shares: `size` is that of their content, `rejected` how
    many were left out among them."""

    value: Value | None = None
    shares: int = 0
    rows: int = 0
    rejected: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class Placed:
    """A share with rows: its data are the bytes `start` … `end` of a part's."""

    share: Share
    part: int
    start: int
    end: int


def entries_of(made: Sequence[Made], split: Split, between: int) -> list[Entry]:
    """`between` is the size of what parts a share's content from the one before. Raises
    `TooManyEntries`."""
    shares = (share for each in made for share in shares_of(each.note))
    found: list[Entry] = []
    for entry in _joined_up(shares, split, between):
        found.append(entry)
        if len(found) > MOST_ENTRIES:
            raise TooManyEntries(split)
    if not found and split.by is None:
        return [Entry(rejected=sum(each.rejected for each in made))]  # no rows are a file too
    return found


def placed(made: Iterable[Made], between: int) -> Iterator[Placed]:
    """The shares that have rows, in their order; `between` is the size of what is in front of each
    one's data."""
    for number, part in enumerate(made):
        start = 0
        for share in shares_of(part.note):
            if share.rows:
                end = start + between + share.piece.stored
                yield Placed(share, number, start, end)
                start = end


def _joined_up(shares: Iterable[Share], split: Split, between: int) -> Iterator[Entry]:
    """Shares none of whose rows were written make no file and end none. What they leave out is
    counted where their value has a file, before or behind them."""
    entry = ahead = Entry()
    for share in shares:
        alone = _alone(share)
        if entry.rows and _fits(entry, alone, split):
            entry = _longer(entry, alone, between)
        elif not share.rows:
            ahead = _longer(ahead, alone, between) if ahead.value == alone.value else alone
        else:
            if entry.rows:
                yield entry
            left_out = ahead.rejected if ahead.value == alone.value else 0
            entry = replace(alone, rejected=alone.rejected + left_out)
            ahead = Entry()
    if entry.rows:
        yield entry


def _alone(share: Share) -> Entry:
    return Entry(
        value=share.value,
        shares=1 if share.rows else 0,
        rows=share.rows,
        rejected=share.rejected,
        size=share.piece.size,
    )


def _fits(entry: Entry, alone: Entry, split: Split) -> bool:
    if split.by is not None:
        return entry.value == alone.value
    if split.rows is not None:
        return entry.rows + alone.rows <= split.rows
    return not alone.rows or entry.size + alone.size <= (split.bytes or 0)


def _longer(entry: Entry, alone: Entry, between: int) -> Entry:
    return replace(
        entry,
        shares=entry.shares + alone.shares,
        rows=entry.rows + alone.rows,
        rejected=entry.rejected + alone.rejected,
        size=entry.size + alone.size + (between if alone.rows else 0),
    )
