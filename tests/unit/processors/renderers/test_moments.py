"""Dates and times in patterns and zones equal what the standard library makes of each alone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.datasets import FieldType
from processors.renderers.zones import ZoneUnknown, zone_rules
from tests.unit.processors.renderers.rendering import csv_cells, json_cells

_INSTANT = FieldType.INSTANT
_NOON = b"2013-01-02 15:04:05.5+00"


@pytest.mark.parametrize(
    ("pattern", "written"),
    [
        ("YYYY-MM-DD", "2013-01-02"),
        ("D/M/YY", "2/1/13"),
        ("DD.MM.YYYY HH:mm:ss", "02.01.2013 15:04:05"),
        ("h:mm A", "3:04 PM"),
        ("hh[h]mm A", "03h04 PM"),
        ("H[%b 100%]", "15%b 100%"),
        ("ss.SSS", "05.500"),
        ("SSSSSS/mm", "500000/04"),
        ("YYYY-MM-DDTHH:mm:ssZ", "2013-01-02T15:04:05+00:00"),
        ("YYYYMMDDHHmmss", "20130102150405"),
    ],
)
def test_a_pattern_writes_its_parts(pattern: str, written: str) -> None:
    assert csv_cells(_INSTANT, _NOON, instant_format=pattern) == [written]


@pytest.mark.parametrize(("hour", "written"), [("00", "12 AM"), ("01", "1 AM"), ("12", "12 PM")])
def test_midnight_and_noon_are_twelve(hour: str, written: str) -> None:
    cell = f"2013-01-02 {hour}:00:00".encode()
    assert csv_cells(FieldType.TIMESTAMP, cell, timestamp_format="h A") == [written]


def test_dates_have_their_pattern() -> None:
    cells = [b"2013-01-02", rb"\N", b"infinity", b"0044-03-15 BC", b"12013-01-01", b"0001-01-01"]
    assert csv_cells(FieldType.DATE, *cells, date_format="DD/MM/YYYY") == [
        *["02/01/2013", "", "infinity", "0044-03-15 BC", "12013-01-01", "01/01/0001"]
    ]


@pytest.mark.parametrize(
    "cell",
    [
        b"infinity",
        b"-infinity",
        b"0044-03-15 12:00:00+00 BC",
        b"12013-01-01 00:00:00+00",
        b"9999-12-31 23:30:00+00",  # already the year 10000 in this zone
    ],
)
def test_what_no_calendar_has_stays_as_it_is(cell: bytes) -> None:
    options = {"zone": "Asia/Tokyo", "instant_format": "DD/MM/YYYY HH:mm"}
    assert csv_cells(_INSTANT, cell, **options) == [cell.decode()]
    assert csv_cells(_INSTANT, b"2013-01-01 00:00:00+00", cell, **options)[1] == cell.decode()
    assert json_cells(_INSTANT, cell, zone="Asia/Tokyo") == [f'"{cell.decode()}"']


@pytest.mark.parametrize(
    ("zone", "cell", "written"),
    [
        ("America/New_York", b"2013-01-01 05:00:00+00", "2013-01-01 00:00:00-05"),
        ("Asia/Kolkata", b"2013-01-01 18:45:00.25+00", "2013-01-02 00:15:00.25+05:30"),
        ("Asia/Kathmandu", b"2013-01-01 18:14:59+00", "2013-01-01 23:59:59+05:45"),
        ("America/St_Johns", b"2013-01-01 00:00:00+00", "2012-12-31 20:30:00-03:30"),
        ("Europe/Madrid", b"2024-03-31 00:59:59+00", "2024-03-31 01:59:59+01"),
        ("Europe/Madrid", b"2024-03-31 01:00:00+00", "2024-03-31 03:00:00+02"),
        ("Europe/Madrid", b"2024-10-27 00:30:00+00", "2024-10-27 02:30:00+02"),
        ("Europe/Madrid", b"2024-10-27 01:30:00+00", "2024-10-27 02:30:00+01"),
        ("Australia/Lord_Howe", b"2024-04-06 15:15:00+00", "2024-04-07 01:45:00+10:30"),
        ("America/Caracas", b"2016-05-01 06:59:00+00", "2016-05-01 02:29:00-04:30"),
        ("America/Caracas", b"2016-05-01 07:00:00+00", "2016-05-01 03:00:00-04"),
        ("Africa/Monrovia", b"1970-01-01 12:00:00+00", "1970-01-01 11:15:30-00:44:30"),
        ("Etc/UTC", b"2013-01-01 05:00:00+00", "2013-01-01 05:00:00+00"),
        ("Europe/Madrid", b"9999-12-31 00:00:00+00", "9999-12-31 01:00:00+01"),
        ("Europe/Madrid", b"9999-12-31 22:59:59.5+00", "9999-12-31 23:59:59.5+01"),
        ("Europe/Madrid", b"9999-12-31 23:00:00+00", "9999-12-31 23:00:00+00"),
        ("Asia/Kolkata", b"9999-12-31 18:29:59+00", "9999-12-31 23:59:59+05:30"),
        ("Asia/Kolkata", b"9999-12-31 18:30:00+00", "9999-12-31 18:30:00+00"),
        ("America/New_York", b"9999-12-31 23:59:59+00", "9999-12-31 18:59:59-05"),
        ("America/New_York", b"0001-01-01 04:56:02+00", "0001-01-01 00:00:00-04:56:02"),
        ("America/New_York", b"0001-01-01 04:56:01+00", "0001-01-01 04:56:01+00"),
        ("Asia/Tokyo", b"0001-01-01 00:00:00+00", "0001-01-01 09:18:59+09:18:59"),
    ],
)
def test_an_instant_is_what_the_clocks_of_the_zone_showed(
    zone: str, cell: bytes, written: str
) -> None:
    assert csv_cells(_INSTANT, cell, zone=zone) == [written]
    assert csv_cells(_INSTANT, rb"\N", cell, b"infinity", zone=zone) == ["", written, "infinity"]


_ZONES = ["Europe/Madrid", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia"]
_MOMENTS = st.datetimes(datetime(1850, 1, 1), datetime(2040, 1, 1))  # noqa: DTZ001 - in UTC


@given(moments=st.lists(_MOMENTS, min_size=1, max_size=5), zone=st.sampled_from(_ZONES))
def test_instants_equal_those_of_the_standard_library(moments: list[datetime], zone: str) -> None:
    local = [moment.replace(tzinfo=UTC).astimezone(zone_rules(zone)) for moment in moments]
    cells = [f"{moment.isoformat(' ')}+00".encode() for moment in moments]
    assert json_cells(_INSTANT, *cells, zone=zone) == [f'"{each.isoformat()}"' for each in local]
    assert csv_cells(_INSTANT, *cells, zone=zone, instant_format="DD/MM/YYYY HH:mm:ss.SSSSSS") == [
        f"{each:%d/%m/}{each.year}{each: %H:%M:%S.%f}" for each in local
    ]


@given(st.lists(st.dates(date(1, 1, 1)), max_size=5))
def test_dates_equal_those_of_the_standard_library(days: list[date]) -> None:
    cells = [str(day).encode() for day in days]
    expected = [f"{day.day}.{day.month}.{day.year:04}" for day in days]
    assert csv_cells(FieldType.DATE, *cells, date_format="D.M.YYYY") == expected


def test_many_distinct_hours_are_forgotten_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("processors.renderers.moments._KEPT", 3)
    cells = [f"20{year:02}-01-01 00:00:00+00".encode() for year in range(50)]
    days = [cell[:10] for cell in cells]
    assert csv_cells(_INSTANT, *cells, zone="Asia/Tokyo", null_text="forgotten") == [
        f"20{year:02}-01-01 09:00:00+09" for year in range(50)
    ]
    assert csv_cells(FieldType.DATE, *days, date_format="YY", null_text="forgotten") == [
        f"{year:02}" for year in range(50)
    ]


@pytest.mark.parametrize("name", ["Europe/Atlantis", "../tzdata", "Europe", "zone1970.tab"])
def test_a_zone_without_rules_is_refused(name: str) -> None:
    with pytest.raises(ZoneUnknown):
        zone_rules(name)


def test_the_rules_are_those_of_the_standard_library() -> None:
    moment = datetime(2013, 7, 1, tzinfo=UTC)
    ours, theirs = zone_rules("Europe/Madrid"), ZoneInfo("Europe/Madrid")
    assert moment.astimezone(ours).utcoffset() == moment.astimezone(theirs).utcoffset()
