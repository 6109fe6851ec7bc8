"""Relative dates: calendars, month ends and the two days a year when clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.datasets import FieldType
from domain.filters.errors import ValueUnfit
from domain.filters.relative import Relative, resolve

NOON = datetime(2024, 5, 15, 12, 30, 45, tzinfo=UTC)  # a Wednesday


def day(expression: str, asked_at: datetime = NOON, zone: str = "UTC") -> str:
    resolved = resolve(Relative(expression=expression, zone=zone), FieldType.DATE, asked_at)
    return resolved.isoformat()


def instant(expression: str, asked_at: datetime = NOON, zone: str = "UTC") -> str:
    resolved = resolve(Relative(expression=expression, zone=zone), FieldType.INSTANT, asked_at)
    return resolved.isoformat()


def wall(expression: str, asked_at: datetime = NOON, zone: str = "UTC") -> str:
    resolved = resolve(Relative(expression=expression, zone=zone), FieldType.TIMESTAMP, asked_at)
    return resolved.isoformat()


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("now", "2024-05-15"),
        ("today", "2024-05-15"),
        ("yesterday", "2024-05-14"),
        ("tomorrow", "2024-05-16"),
        ("start_of_week", "2024-05-13"),
        ("start_of_month", "2024-05-01"),
        ("start_of_quarter", "2024-04-01"),
        ("start_of_year", "2024-01-01"),
        ("-7d", "2024-05-08"),
        ("+1w", "2024-05-22"),
        ("-3M", "2024-02-15"),
        ("+2y", "2026-05-15"),
        ("-13h", "2024-05-14"),
        ("start_of_month-1M", "2024-04-01"),
        ("start_of_month-1d", "2024-04-30"),
        ("start_of_year+0d", "2024-01-01"),
        ("-100y", "1924-05-15"),
    ],
)
def test_an_expression_names_a_day(expression: str, expected: str) -> None:
    assert day(expression) == expected


@pytest.mark.parametrize(
    ("asked", "expression", "expected"),
    [
        (datetime(2024, 3, 31, tzinfo=UTC), "-1M", "2024-02-29"),
        (datetime(2023, 3, 31, tzinfo=UTC), "-1M", "2023-02-28"),
        (datetime(2024, 1, 31, tzinfo=UTC), "+1M", "2024-02-29"),
        (datetime(2024, 1, 31, tzinfo=UTC), "-2M", "2023-11-30"),
        (datetime(2024, 2, 29, tzinfo=UTC), "-1y", "2023-02-28"),
        (datetime(2024, 12, 31, tzinfo=UTC), "+2M", "2025-02-28"),
        (datetime(2024, 1, 1, tzinfo=UTC), "start_of_week", "2024-01-01"),
        (datetime(2024, 12, 31, tzinfo=UTC), "start_of_quarter", "2024-10-01"),
    ],
)
def test_a_month_ends_where_it_ends(asked: datetime, expression: str, expected: str) -> None:
    assert day(expression, asked) == expected


def test_today_is_the_zones_own_day() -> None:
    late = datetime(2024, 5, 15, 23, 30, tzinfo=UTC)
    assert day("today", late, "Europe/Madrid") == "2024-05-16"
    assert day("today", late, "America/New_York") == "2024-05-15"
    assert instant("today", late, "Europe/Madrid") == "2024-05-15T22:00:00+00:00"
    assert wall("today", late, "Europe/Madrid") == "2024-05-16T00:00:00"


def test_now_is_the_very_moment_even_in_the_hour_that_comes_twice() -> None:
    second_half_past_two = datetime(2024, 10, 27, 1, 30, tzinfo=UTC)  # Madrid: 02:30, again
    assert instant("now", second_half_past_two, "Europe/Madrid") == "2024-10-27T01:30:00+00:00"
    assert wall("now", second_half_past_two, "Europe/Madrid") == "2024-10-27T02:30:00"


def test_a_day_back_keeps_the_wall_clock_across_a_change() -> None:
    after_the_change = datetime(2024, 3, 31, 10, 0, tzinfo=UTC)  # Madrid: 12:00, summer
    assert instant("-1d", after_the_change, "Europe/Madrid") == "2024-03-30T11:00:00+00:00"
    assert wall("-1d", after_the_change, "Europe/Madrid") == "2024-03-30T12:00:00"


def test_hours_are_true_hours_across_a_change() -> None:
    after_the_change = datetime(2024, 3, 31, 10, 0, tzinfo=UTC)
    assert instant("-24h", after_the_change, "Europe/Madrid") == "2024-03-30T10:00:00+00:00"
    assert wall("-24h", after_the_change, "Europe/Madrid") == "2024-03-30T11:00:00"


def test_a_skipped_wall_time_moves_on_by_the_gap() -> None:
    next_day = datetime(2024, 4, 1, 0, 30, tzinfo=UTC)  # Madrid: 02:30; the day before has none
    assert wall("-1d", next_day, "Europe/Madrid") == "2024-03-31T03:30:00"
    assert instant("-1d", next_day, "Europe/Madrid") == "2024-03-31T01:30:00+00:00"


def test_a_day_without_midnight_starts_at_its_first_moment() -> None:
    # Cairo's clocks went from 00:00 to 01:00 on 26 April 2024.
    noon = datetime(2024, 4, 26, 9, 0, tzinfo=UTC)
    assert wall("today", noon, "Africa/Cairo") == "2024-04-26T01:00:00"
    assert instant("today", noon, "Africa/Cairo") == "2024-04-25T22:00:00+00:00"
    assert day("today", noon, "Africa/Cairo") == "2024-04-26"


def test_a_repeated_wall_time_is_the_first_of_the_two() -> None:
    # Havana's clocks went back from 01:00 to 00:00 on 3 November 2024: midnight came twice.
    noon = datetime(2024, 11, 3, 17, 0, tzinfo=UTC)
    assert instant("today", noon, "America/Havana") == "2024-11-03T04:00:00+00:00"
    half_past_two = datetime(2024, 10, 28, 1, 30, tzinfo=UTC)  # Madrid: 02:30
    assert instant("-1d", half_past_two, "Europe/Madrid") == "2024-10-27T00:30:00+00:00"


@given(
    st.timedeltas(timedelta(0), timedelta(days=20_000)).map(
        lambda since: datetime(1985, 1, 1, tzinfo=UTC) + since
    ),
    st.sampled_from(["Europe/Madrid", "America/Havana", "Africa/Cairo", "Asia/Kathmandu"]),
)
def test_today_starts_at_most_a_day_before_now(asked_at: datetime, zone: str) -> None:
    start = resolve(Relative(expression="today", zone=zone), FieldType.INSTANT, asked_at)
    assert isinstance(start, datetime)
    assert timedelta(0) <= asked_at - start < timedelta(hours=25)
    assert start.date() <= asked_at.date()


@pytest.mark.parametrize(
    "expression",
    ["", "7d", "-d", "-7", "-7 d", "-7D", "last_week", "TODAY", "today-7d-1h", "-٣d", "today\n"],
)
def test_another_expression_is_refused(expression: str) -> None:
    with pytest.raises(ValueUnfit, match="not known"):
        day(expression)


@pytest.mark.parametrize("expression", ["-101y", "+1201M", "-36526d", "+999999w", "-876601h"])
def test_more_than_a_century_is_refused(expression: str) -> None:
    with pytest.raises(ValueUnfit, match="100 years"):
        day(expression)


@pytest.mark.parametrize(
    "zone",
    [
        "",
        "Madrid",
        "localtime",
        "europe/madrid",
        "../UTC",
        "/etc/passwd",
        "Europe",
        "UTC\0",
        "+02:00",
    ],
)
def test_another_zone_is_refused(zone: str) -> None:
    with pytest.raises(ValueUnfit, match="IANA"):
        day("today", zone=zone)


@pytest.mark.parametrize("field_type", [FieldType.TEXT, FieldType.INTEGER, FieldType.TIME])
def test_other_types_have_no_relative_values(field_type: FieldType) -> None:
    with pytest.raises(ValueUnfit, match="date, timestamp and instant"):
        resolve(Relative(expression="today"), field_type, NOON)


def test_a_resolved_date_is_a_date() -> None:
    assert type(resolve(Relative(expression="today"), FieldType.DATE, NOON)) is date
