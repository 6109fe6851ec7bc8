"""Time zone rules from the pinned `tzdata` distribution, never from the machine: workers on
different systems must convert the same way."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo


class ZoneUnknown(Exception):
    """This release has no rules for the time zone. Choose another name of the IANA database."""


@cache
def zone_rules(name: str) -> ZoneInfo:
    rules = files("tzdata").joinpath("zoneinfo", *name.split("/"))
    try:
        with rules.open("rb") as source:
            return ZoneInfo.from_file(source, key=name)
    except (OSError, ValueError) as missing:
        raise ZoneUnknown(name) from missing
