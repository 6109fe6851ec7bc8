"""Dates that count from the moment of asking: "today", "start_of_month-1M", "-7d".

An anchor, a shift, or both. A shift alone counts from `now`. Days, weeks, months and years move
the calendar and keep the wall clock (31 March less a month is the last of February); hours
move along the clock's true time, across a change of summer time too. A wall time that a
change skips is moved on by the gap, one that it repeats is the first of the two.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal, NamedTuple, TypeAlias, cast
from zoneinfo import ZoneInfo

from domain.datasets import FieldType
from domain.filters.errors import ValueUnfit
from domain.zones import zone_names

Anchor: TypeAlias = Literal[
    "now",
    "today",
    "yesterday",
    "tomorrow",
    "start_of_week",
    "start_of_month",
    "start_of_quarter",
    "start_of_year",
]
Unit: TypeAlias = Literal["h", "d", "w", "M", "y"]
MOST: dict[Unit, int] = {"h": 876_600, "d": 36_525, "w": 5_218, "M": 1_200, "y": 100}
"""A shift of at most a hundred years, in each unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relative:
    """`zone` is the IANA name of the time zone whose calendar is meant."""

    expression: str
    zone: str = "UTC"


class Reading(NamedTuple):
    """An expression taken apart; amount 0 for none."""

    anchor: Anchor
    amount: int
    unit: Unit


def read(relative: Relative) -> Reading:
    """Raises `ValueUnfit` when the expression or the zone is not one of ours."""
    if relative.zone not in zone_names():
        raise ValueUnfit(
            "the zone is no IANA time zone; use a name such as Europe/Madrid, America/New_York, UTC"
        )
    found = _GRAMMAR.fullmatch(relative.expression)
    if found is None or not relative.expression:
        raise ValueUnfit(
            "this relative date is not known; use today, yesterday, tomorrow, now, start_of_week,"
            " start_of_month, start_of_quarter, start_of_year, a shift such as -7d, +1w, -3M, -1y,"
            " -12h, or both as in start_of_month-1M"
        )
    amount, unit = int(found["amount"] or 0), cast(Unit, found["unit"] or "d")
    if abs(amount) > MOST[unit]:
        raise ValueUnfit("this relative date is more than 100 years away; use a date instead")
    return Reading(cast(Anchor, found["anchor"] or "now"), amount, unit)


def resolve(relative: Relative, field_type: FieldType, asked_at: datetime) -> date | datetime:
    """A date, a timestamp without a zone (the wall time in `relative.zone`), or an instant in UTC,
    as the field's type asks."""
    anchor, amount, unit = read(relative)
    zone = ZoneInfo(relative.zone)
    wall = _shifted(_anchored(anchor, asked_at.astimezone(zone)), amount, unit, zone)
    moment = wall.astimezone(UTC).astimezone(zone)  # out of a gap in the wall clock
    match field_type:
        case FieldType.DATE:
            return moment.date()
        case FieldType.TIMESTAMP:
            return moment.replace(tzinfo=None)
        case FieldType.INSTANT:
            return moment.astimezone(UTC)
        case _:
            raise ValueUnfit("a relative date fits fields of type date, timestamp and instant only")


_GRAMMAR = re.compile(
    r"(?P<anchor>now|today|yesterday|tomorrow|start_of_(?:week|month|quarter|year))?"
    r"(?:(?P<amount>[+-][0-9]{1,6})(?P<unit>[hdwMy]))?"
)


def _anchored(anchor: Anchor, now: datetime) -> datetime:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    match anchor:
        case "now":
            return now
        case "today":
            return midnight
        case "yesterday":
            return midnight - timedelta(days=1)
        case "tomorrow":
            return midnight + timedelta(days=1)
        case "start_of_week":
            return midnight - timedelta(days=midnight.weekday())
        case "start_of_month":
            return midnight.replace(day=1)
        case "start_of_quarter":
            return midnight.replace(month=midnight.month - (midnight.month - 1) % 3, day=1)
        case "start_of_year":
            return midnight.replace(month=1, day=1)


def _shifted(moment: datetime, amount: int, unit: Unit, zone: ZoneInfo) -> datetime:
    if not amount:
        return moment
    match unit:
        case "h":
            return (moment.astimezone(UTC) + timedelta(hours=amount)).astimezone(zone)
        case "d":
            return _days_on(moment, amount)
        case "w":
            return _days_on(moment, 7 * amount)
        case "M":
            return _months_on(moment, amount)
        case "y":
            return _months_on(moment, 12 * amount)


def _days_on(moment: datetime, days: int) -> datetime:
    # Between datetimes of one zone, Python counts on the wall clock.
    return (moment + timedelta(days=days)).replace(fold=0)


def _months_on(moment: datetime, months: int) -> datetime:
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    return moment.replace(year=year, month=month + 1, day=min(moment.day, last), fold=0)
