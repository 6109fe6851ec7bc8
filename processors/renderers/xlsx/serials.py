"""Dates and times as the numbers that spreadsheets keep: days since 1899-12-30, as true from
1900-03-01 on, since Excel believes in a 29 February 1900; in workbooks of the 1904 date system days
since 1904-01-01. Earlier ones, years of more than four digits and infinities have no number.

A time is cut to milliseconds: Excel rounds to those, and 23:59:59.999999 would be the next day."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Final, Generic, TypeVar

import orjson

from domain.date_patterns import Literal, Part
from processors.renderers.copy_text import TAB
from processors.renderers.moment_forms import Form, Rest
from processors.renderers.moments import instant_writer, ordinary
from processors.renderers.values import Cells
from processors.renderers.xlsx.cells import Inner
from processors.renderers.zones import zone_rules


@dataclass(frozen=True, slots=True, kw_only=True)
class DateSystem:
    """From which day a workbook counts, and the first day that has a number (ECMA-376 part 1,
    18.17.4.1)."""

    zero: date
    first: date


DATES_1900: Final = DateSystem(zero=date(1899, 12, 30), first=date(1900, 3, 1))
DATES_1904: Final = DateSystem(zero=date(1904, 1, 1), first=date(1904, 1, 1))


def serial_of_day(text: str) -> str | None:
    """Of `2013-12-31`; None for a day that has no number."""
    try:
        return _day(DATES_1900, text.encode()).decode()
    except ValueError:
        return None


def dates(system: DateSystem) -> Inner:
    days = _Known(partial(_day, system))

    def inner(column: Cells) -> Cells | None:
        try:
            return list(map(days.__getitem__, column))
        except ValueError:
            return None

    return inner


def times() -> Inner:
    clock, fractions = _Known(_clock), _Known(_fraction)

    def inner(column: Cells) -> Cells | None:
        if TAB.join(column).translate(None, b"0123456789:.\t"):
            return None
        try:
            return _numbers([clock[cell[:8]] + fractions[cell[8:12]] for cell in column])
        except ValueError:
            return None

    return inner


def timestamps(system: DateSystem) -> Inner:
    return _moments(system, b"")


def instants(system: DateSystem, zone: str) -> Inner:
    """As the zone's clocks showed them."""
    if zone == "UTC":
        return _moments(system, b"+00")
    local = instant_writer(Form(_LOCAL, suffix=3), zone_rules(zone), lambda odd: odd)
    inner = _moments(system, b"")
    return lambda column: inner(local(column))


_LOCAL: Final = (
    *(Part.YEAR, Literal("-"), Part.MONTH, Literal("-"), Part.DAY),
    *(Literal(" "), Part.HOUR, Literal(":"), Rest()),
)


def _moments(system: DateSystem, suffix: bytes) -> Inner:
    hours, within = _Known(partial(_hour, system)), _Known(_within_hour)
    fractions = _Known(_fraction)

    def inner(column: Cells) -> Cells | None:
        if not ordinary(column, suffix):
            return None
        try:
            return _numbers(
                [hours[c[:13]] + within[c[14:19]] + fractions[c[19:23]] for c in column]
            )
        except ValueError:
            return None

    return inner


def _numbers(days: list[float]) -> Cells:
    """The shortest digits that give the same double."""
    return orjson.dumps(days)[1:-1].split(b",")


_Value = TypeVar("_Value", bytes, float)
_KEPT: Final = 100_000


class _Known(dict[bytes, _Value], Generic[_Value]):
    """What was worked out already."""

    def __init__(self, work_out: Callable[[bytes], _Value]) -> None:
        super().__init__()
        self._work_out: Callable[[bytes], _Value] = work_out

    def __missing__(self, text: bytes) -> _Value:
        if len(self) >= _KEPT:
            self.clear()
        self[text] = worked_out = self._work_out(text)
        return worked_out


_DAY: Final = 86_400
_FRACTION = re.compile(rb"(?:\.([0-9]{1,3}))?(?:\+0{0,2})?")


def _days(system: DateSystem, day: date) -> int:
    if day < system.first:
        raise ValueError(f"Excel counts days from {system.first} on")
    return (day - system.zero).days


def _day(system: DateSystem, text: bytes) -> bytes:
    if len(text) != 10:  # 20130101 is a date too, but not PostgreSQL's
        raise ValueError("not a date")
    return b"%d" % _days(system, date.fromisoformat(text.decode("ascii")))


def _hour(system: DateSystem, text: bytes) -> float:
    hour = datetime.fromisoformat(text.decode("ascii"))
    return _days(system, hour.date()) + hour.hour / 24


def _within_hour(text: bytes) -> float:
    minute, second = int(text[:2]), int(text[3:])
    if minute > 59 or second > 59:
        raise ValueError("not a time")
    return (60 * minute + second) / _DAY


def _clock(text: bytes) -> float:
    hour, colon, rest = text.partition(b":")
    if len(text) != 8 or not colon or int(hour) > 24:
        raise ValueError("not a time")
    return int(hour) / 24 + _within_hour(rest)


def _fraction(text: bytes) -> float:
    found = _FRACTION.fullmatch(text)
    if found is None:
        raise ValueError("not a fraction of a second")
    return int((found[1] or b"0").ljust(3, b"0")) / (1000 * _DAY)
