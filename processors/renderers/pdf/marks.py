"""What a file with groups, totals or links is made of, entry by entry: rows, and what stands around
them. An entry is a number: its kind, its level, and how many lines it takes. Most are a line of a
part's data each; pages are counted by the entries alone, before any data is read.

A level counts group fields: that of a header is its field's place, from 1 on; that of a total is
how many fields all of its rows share, 0 for those of the whole file."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Final


class Kind(IntEnum):
    """BEGIN has the values of the group fields of the rows from there on as JSON, its level is how
    many of them are as before; END has the totals of the rows since, LINK a link in the row above.
    These three take no room. A REPEATED header is one that is not shown, as its group began in an
    earlier fragment. A TOTAL has no data: it is known when the file is put together."""

    ROW = 0
    BEGIN = 1
    HEADER = 2
    END = 3
    LINK = 4
    REPEATED = 5
    TOTAL = 6


GOES_ON: Final = 1 << 31
"""Marks the lines of a strip whose row goes on in the next: it is taller than a page."""

Key = tuple[str | None, ...]
"""The values of a group's fields as they are written; None is null."""


def entry(kind: Kind, level: int = 0, lines: int = 0) -> int:
    return kind << KIND_SHIFT | level << _LEVEL | lines


def kind_of(number: int) -> int:
    return number >> KIND_SHIFT & 0xF


def level_of(number: int) -> int:
    return number >> _LEVEL & 0xF


def lines_of(number: int) -> int:
    return number & LINES


def in_common(before: Sequence[str | None], after: Sequence[str | None]) -> int:
    """How many of the first values are the same."""
    for number, (one, other) in enumerate(zip(before, after, strict=True)):
        if one != other:
            return number
    return len(after)


def open_groups(number: int, depth: int) -> int:
    """How many levels' groups have begun above an entry and go on with it."""
    match kind_of(number):
        case Kind.HEADER:
            return level_of(number) - 1
        case Kind.TOTAL:
            return level_of(number)
        case _:
            return depth


KIND_SHIFT: Final = 24
_LEVEL: Final = 20
LINES: Final = (1 << _LEVEL) - 1
