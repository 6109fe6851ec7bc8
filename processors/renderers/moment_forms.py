"""How a moment is written, split in what stays the same for an hour and what a value adds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final

from domain.date_patterns import Literal, Part, Piece


@dataclass(frozen=True, slots=True)
class Rest:
    """Minutes, seconds and the fraction just as the source has them."""


@dataclass(frozen=True, slots=True)
class ShortOffset:
    """The offset as PostgreSQL writes it: +00, +05:30."""


@dataclass(frozen=True, slots=True)
class InternetOffset:
    """The offset by RFC 3339: Z for UTC itself, otherwise +00:00."""


Written = Piece | Rest | ShortOffset | InternetOffset
Pieces = tuple[Written, ...]

_DAY = (Part.YEAR, Literal("-"), Part.MONTH, Literal("-"), Part.DAY)
POSTGRESQL: Final[Pieces] = (*_DAY, Literal(" "), Part.HOUR, Literal(":"), Rest(), ShortOffset())
INTERNET: Final[Pieces] = (*_DAY, Literal("T"), Part.HOUR, Literal(":"), Rest(), InternetOffset())


class Form:
    """The pieces of a pattern, ready for use. `suffix` is how many bytes follow the time in the
    source's text: 3 for the `+00` of an instant."""

    def __init__(self, pieces: Pieces, suffix: int = 0) -> None:
        self._pieces = pieces
        self._suffix = suffix
        self._said = [_said(piece) for piece in pieces]
        self.pick = self._picker()

    def template(self, hour: date, offset: timedelta | None = None) -> bytes:
        """The form of one hour, or of a day, with a place for each thing that `pick` picks."""
        return "".join([say(hour, offset) for say in self._said]).encode()

    def fill(self, template: bytes, moment: bytes) -> bytes:
        """One moment by the template of its hour."""
        filled: bytes = template % self.pick(moment)
        return filled

    def _picker(self) -> Callable[[bytes], Any]:
        slices = [self._slice(piece) for piece in self._pieces if _within_hour(piece)]
        if not slices:
            return lambda _: ()
        pick = itemgetter(*slices)
        if {Part.MILLISECOND, Part.MICROSECOND}.isdisjoint(self._pieces):
            return pick
        return lambda cell: pick(self._with_microseconds(cell))

    def _slice(self, piece: Written) -> slice:
        if isinstance(piece, Rest):
            return slice(14, -self._suffix or None)
        return _WITHIN_HOUR[piece]

    def _with_microseconds(self, cell: bytes) -> bytes:
        fraction = cell[20 : len(cell) - self._suffix]
        return cell[:19] + b"." + fraction.ljust(6, b"0")


# Where they are in 2013-01-01 05:00:00.123456
_WITHIN_HOUR: Final[dict[Written, slice]] = {
    Part.MINUTE: slice(14, 16),
    Part.SECOND: slice(17, 19),
    Part.MILLISECOND: slice(20, 23),
    Part.MICROSECOND: slice(20, 26),
}


def _within_hour(piece: Written) -> bool:
    return isinstance(piece, Rest) or piece in _WITHIN_HOUR


_Said = Callable[[date, timedelta | None], str]


def _said(piece: Written) -> _Said:
    """What a piece says of an hour."""
    match piece:
        case Literal(text):
            escaped = text.replace("%", "%%")
            return lambda hour, offset: escaped
        case ShortOffset():
            return lambda hour, offset: _offset(offset).removesuffix(":00")
        case InternetOffset() | Part.OFFSET:
            return lambda hour, offset: _offset(offset)
        case _:
            return _place if _within_hour(piece) else _SAID[piece]


def _place(hour: date, offset: timedelta | None) -> str:
    return "%b"


def _hour(hour: date) -> int:
    return hour.hour if isinstance(hour, datetime) else 0


def _half_day_hour(hour: date) -> int:
    return (_hour(hour) - 1) % 12 + 1


_SAID: Final[dict[Written, _Said]] = {
    Part.YEAR: lambda hour, _: f"{hour.year:04}",
    Part.SHORT_YEAR: lambda hour, _: f"{hour.year % 100:02}",
    Part.MONTH: lambda hour, _: f"{hour.month:02}",
    Part.SHORT_MONTH: lambda hour, _: str(hour.month),
    Part.DAY: lambda hour, _: f"{hour.day:02}",
    Part.SHORT_DAY: lambda hour, _: str(hour.day),
    Part.HOUR: lambda hour, _: f"{_hour(hour):02}",
    Part.SHORT_HOUR: lambda hour, _: str(_hour(hour)),
    Part.HALF_DAY_HOUR: lambda hour, _: f"{_half_day_hour(hour):02}",
    Part.SHORT_HALF_DAY_HOUR: lambda hour, _: str(_half_day_hour(hour)),
    Part.HALF: lambda hour, _: "AM" if _hour(hour) < 12 else "PM",
}


@lru_cache(maxsize=1000)
def _offset(offset: timedelta | None) -> str:
    """+01:00; with seconds for the local mean times of long ago."""
    offset = offset or timedelta()
    seconds = round(abs(offset).total_seconds())
    text = f"{'-' if offset < timedelta() else '+'}{seconds // 3600:02}:{seconds // 60 % 60:02}"
    return text if seconds % 60 == 0 else f"{text}:{seconds % 60:02}"
