"""Instants around what clocks do, and how each format says them in a zone of its own; Parquet and
Arrow say them in UTC."""

from __future__ import annotations

from typing import Final

from domain.datasets import FieldType
from tests.contract.nasty_values import TEXT, Nasty, Outcome, Reads

ZONE: Final = "Europe/Madrid"


def _instant(name: str, value: str, text: str, json: str, xlsx: Outcome) -> Nasty:
    return Nasty(
        name=name,
        type=FieldType.INSTANT,
        value=value,
        csv=Reads(text),
        pdf=Reads(text),
        json=Reads(json),
        xlsx=xlsx,
    )


CLOCKS: Final = tuple(
    _instant(*row)
    for row in (
        ("before the spring's jump", "2013-03-31 00:59:59+00", "2013-03-31 01:59:59+01",
         "2013-03-31T01:59:59+01:00", Reads("2013-03-31 01:59:59")),
        ("after it", "2013-03-31 01:00:00+00", "2013-03-31 03:00:00+02",
         "2013-03-31T03:00:00+02:00", Reads("2013-03-31 03:00:00")),
        ("the first half past two", "2013-10-27 00:30:00+00", "2013-10-27 02:30:00+02",
         "2013-10-27T02:30:00+02:00", Reads("2013-10-27 02:30:00")),
        ("the second one", "2013-10-27 01:30:00+00", "2013-10-27 02:30:00+01",
         "2013-10-27T02:30:00+01:00", Reads("2013-10-27 02:30:00")),
        ("before there were zones", "1850-01-01 00:00:00+00", "1849-12-31 23:45:16-00:14:44",
         "1849-12-31T23:45:16-00:14:44", TEXT),
        ("the first moment", "0001-01-01 00:14:44+00", "0001-01-01 00:00:00-00:14:44",
         "0001-01-01T00:00:00-00:14:44", TEXT),
        ("the last one", "9999-12-31 22:59:59+00", "9999-12-31 23:59:59+01",
         "9999-12-31T23:59:59+01:00", Reads("9999-12-31 23:59:59")),
    )
)  # fmt: skip
BEYOND: Final = tuple(
    Nasty(name=value, type=FieldType.INSTANT, value=value, json=TEXT, xlsx=TEXT)
    for value in ("infinity", "-infinity", "0044-03-15 12:00:00+00 BC", "12013-01-01 00:00:00+00")
)
"""What no calendar has stays in UTC."""
