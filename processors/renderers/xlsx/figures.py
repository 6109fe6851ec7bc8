"""What the rows of a workbook come to, exactly: of a fragment, and of several put together. Only
what a cell holds as a number counts as one, as it does for Excel.

A float adds its digits as the file has them, so that no order of adding changes a sum."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact, InvalidOperation, localcontext
from enum import StrEnum
from typing import Any, Final, NamedTuple

EXACT: Final = Context(prec=1000, traps=[Inexact, InvalidOperation])
"""Cells hold numbers from 1e-308 to 1e308 of at most 17 digits, so that this is enough for sums."""
MOST_VALUES: Final = 256
"""Of a field by whose values there are totals; a longer list is no summary."""


class Kind(StrEnum):
    """What a cell that rows are grouped by holds."""

    NUMBER = "n"
    BOOLEAN = "b"
    TEXT = "t"
    EMPTY = "e"


class Key(NamedTuple):
    """A value that rows are grouped by, as its cell holds it."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """Of a column: cells that are not empty, and of those the numbers."""

    cells: int = 0
    numbers: int = 0
    sum: Decimal = Decimal(0)
    least: float | None = None
    greatest: float | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """What the rows with one value come to; the sums are in the order of the group's."""

    rows: int
    sums: tuple[Decimal, ...]


Shares = Mapping[Key, Share] | None
"""None once there are more different values than are counted, or one that is too long for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """In the order in which they were asked for."""

    totals: tuple[Total, ...]
    shares: tuple[Shares, ...]

    def to_json(self) -> list[Any]:
        return [
            [[t.cells, t.numbers, str(t.sum), t.least, t.greatest] for t in self.totals],
            [_shares_to_json(shares) for shares in self.shares],
        ]


def figures_from_json(json: Sequence[Any]) -> Figures:
    totals, shares = json
    return Figures(
        totals=tuple(
            Total(cells=cells, numbers=numbers, sum=Decimal(sum_), least=least, greatest=greatest)
            for cells, numbers, sum_, least, greatest in totals
        ),
        shares=tuple(map(_shares_from_json, shares)),
    )


def together(every: Iterable[Figures], totals: int, groups: int) -> Figures:
    """What several come to, one after the other as they may be many; of none, that many totals and
    groups of nothing."""
    found = Figures(totals=(Total(),) * totals, shares=({},) * groups)
    with localcontext(EXACT):
        for each in every:
            found = Figures(
                totals=tuple(map(_total, zip(found.totals, each.totals, strict=True))),
                shares=tuple(map(shares_of, zip(found.shares, each.shares, strict=True))),
            )
    return found


def shares_of(every: Iterable[Shares]) -> Shares:
    """What several come to; in a context that is exact."""
    found: dict[Key, Share] = {}
    for shares in every:
        if shares is None:
            return None
        for key, share in shares.items():
            before = found.get(key)
            found[key] = share if before is None else _added(before, share)
        if len(found) > MOST_VALUES:
            return None
    return found


def _added(one: Share, other: Share) -> Share:
    sums = tuple(a + b for a, b in zip(one.sums, other.sums, strict=True))
    return Share(one.rows + other.rows, sums)


def _total(totals: Sequence[Total]) -> Total:
    return Total(
        cells=sum(each.cells for each in totals),
        numbers=sum(each.numbers for each in totals),
        sum=sum((each.sum for each in totals), Decimal(0)),
        least=min((each.least for each in totals if each.least is not None), default=None),
        greatest=max((each.greatest for each in totals if each.greatest is not None), default=None),
    )


def _shares_to_json(shares: Shares) -> list[Any] | None:
    if shares is None:
        return None
    return [
        [key.kind.value, key.text, shares[key].rows, *map(str, shares[key].sums)]
        for key in sorted(shares)
    ]


def _shares_from_json(json: Sequence[Any] | None) -> Shares:
    if json is None:
        return None
    return {
        Key(Kind(kind), text): Share(rows, tuple(map(Decimal, sums)))
        for kind, text, rows, *sums in json
    }
