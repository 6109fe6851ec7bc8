"""Rows written by compiled code, where it is installed (`processors.kernel`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final, Protocol, assert_never

from domain.date_patterns import Literal, Part
from processors.kernel import kernel
from processors.renderers.moment_forms import InternetOffset, Pieces, Rest, ShortOffset, Written
from processors.renderers.moments import Offsets
from processors.renderers.zones import zone_rules


class Compiled(Protocol):
    """How whole rows are written."""

    def write(self, block: bytes, start: int) -> tuple[bytes, int, int]:
        """Writes a block's rows from `start` on, up to the first that isn't ordinary. Returns what
        was written, how many rows, and where in the block they end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compilable:
    """A column: the kind of its values, what stands around each, and what null becomes together
    with that; None if it leaves out even what parts cells. `more` is what the kind needs."""

    kind: str
    before: bytes = b""
    after: bytes = b""
    null: bytes | None
    more: Mapping[str, Any] = field(default_factory=dict)


def copied(alphabet: bytes) -> tuple[str, Mapping[str, Any]]:
    """Values that stay as they are if they consist of the alphabet."""
    return "copied", {"alphabet": alphabet}


def compiled(
    columns: Sequence[Compilable | None], *, start: bytes, between: bytes, end: bytes
) -> Compiled | None:
    """None where there is no kernel, or it can't write one of the columns."""
    module = kernel()
    if module is None or not columns or None in columns:
        return None
    rows: Compiled = module.Rows(
        start,
        between,
        end,
        [(c.kind, c.before, c.after, c.null, dict(c.more)) for c in columns if c is not None],
    )
    return rows


def moments(
    pieces: Pieces, *, suffix: bytes, zone: str | None = None
) -> tuple[str, Mapping[str, Any]]:
    """Moments that end with `suffix`, as the zone's clocks showed them."""
    offsets = None if zone is None else _offset_of_day(zone)
    said = [_said(piece) for piece in pieces]
    return "moment", {"suffix": suffix, "pieces": said, "offset_of_day": offsets}


def days(pieces: Pieces) -> tuple[str, Mapping[str, Any]]:
    return "day", {"pieces": [_said(piece) for piece in pieces]}


def sheet_moments(suffix: bytes, zone: str | None) -> tuple[str, Mapping[str, Any]]:
    """Moments as the numbers of a spreadsheet."""
    offsets = None if zone is None else _offset_of_day(zone)
    return "sheet-moment", {"suffix": suffix, "offset_of_day": offsets}


def _said(piece: Written) -> tuple[str, bytes]:
    match piece:
        case Literal(text):
            return "literal", text.encode()
        case Rest():
            return "rest", b""
        case ShortOffset():
            return "short-offset", b""
        case InternetOffset():
            return Part.OFFSET.value, b""
        case Part():
            return piece.value, b""
        case _:
            assert_never(piece)


def _offset_of_day(zone: str) -> Callable[[int], int | None]:
    """From a day since 1970-01-01 in UTC to the seconds that the zone is ahead all day, or None."""
    offsets = Offsets(zone_rules(zone))

    def offset_of_day(day: int) -> int | None:
        offset = offsets.of_day(_FIRST_DAY + timedelta(days=day))
        return None if offset is None else round(offset.total_seconds())

    return offset_of_day


_FIRST_DAY: Final = date(1970, 1, 1)
