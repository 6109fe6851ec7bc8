"""Conditional formats of a workbook's columns: cells that look different for what is in them.
Excel applies them, on every sheet by itself, so that the values are the same without."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from typing import Final

from domain.format_options import OptionConflict
from domain.format_rules import boolean, colour
from domain.json_reading import ValueRefused, closest, kind
from domain.json_shapes import Listed, listed, or_null, record

Limit = int | str | bool
"""What cells are compared with. A number that is not whole is a text of its digits, as JSON that is
signed has none; so is a date."""


class When(StrEnum):
    """Which cells are highlighted."""

    GREATER = "greater"
    AT_LEAST = "at-least"
    LESS = "less"
    AT_MOST = "at-most"
    EQUAL = "equal"
    NOT_EQUAL = "not-equal"
    BETWEEN = "between"
    NOT_BETWEEN = "not-between"
    CONTAINS = "contains"
    BEGINS = "begins"
    EMPTY = "empty"
    DUPLICATE = "duplicate"
    TOP = "top"
    BOTTOM = "bottom"


BETWEEN: Final = (When.BETWEEN, When.NOT_BETWEEN)
RANKED: Final = (When.TOP, When.BOTTOM)
TEXTS: Final = (When.CONTAINS, When.BEGINS)
ALONE: Final = (When.EMPTY, When.DUPLICATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Highlight:
    """`value` is what cells are compared with, a text that they hold, or how many are the top;
    with BETWEEN it is the lower end, and `to` the upper one."""

    when: When
    value: Limit | None = None
    to: Limit | None = None
    font: str | None = None
    fill: str | None = None
    bold: bool = False

    def __post_init__(self) -> None:
        """Raises `OptionConflict`."""
        if (self.value is None) != (self.when in ALONE):
            wanted = "leave it out" if self.when in ALONE else "say what to compare with"
            raise OptionConflict("value", f"doesn't go with {self.when}: {wanted}")
        if (self.to is None) != (self.when not in BETWEEN):
            wanted = "give the upper end" if self.when in BETWEEN else "leave it out"
            raise OptionConflict("to", f"doesn't go with {self.when}: {wanted}")
        if self.when in RANKED and not _is_count(self.value):
            raise OptionConflict("value", f"must be a whole number from 1 to {_MOST_RANKED}")
        if self.when in TEXTS and not isinstance(self.value, str):
            raise OptionConflict("value", "must be a text")
        if self.font is None and self.fill is None and not self.bold:
            raise OptionConflict("fill", "is missing, and so are font and bold; set one of them")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """From the least to the greatest value, or over the middle one if there are three colours."""

    scale: Listed[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """Within each cell, as long as its value is great."""

    bars: str


Condition = Highlight | Scale | Bars


def limit(json: object) -> Limit:
    """A number, a text, a date such as 2013-12-31, or a boolean."""
    match json:
        case bool():
            return json
        case int() if abs(json) < _SAFE:
            return json
        case float() if isfinite(json):
            return repr(json)
        case str() if 0 < len(json) <= LONGEST_TEXT and json.isprintable():
            return json
        case str():
            raise ValueRefused(f"must have 1 to {LONGEST_TEXT} printable characters")
        case _:
            raise ValueRefused(f"must be a number, a text or a boolean, not {kind(json)}")


def when(json: object) -> When:
    names = tuple(When)
    if isinstance(json, str) and json in names:
        return When(json)
    raise ValueRefused(f"is unknown. {closest(json, names)}Known are {', '.join(names)}")


def colours(json: object) -> Listed[str]:
    found = listed(colour, _MOST_COLOURS)(json)
    if len(found) < _FEWEST_COLOURS:
        raise ValueRefused(f"must have {_FEWEST_COLOURS} or {_MOST_COLOURS} colours")
    return found


def condition(json: object) -> Condition:
    """An object with `when`, `scale` or `bars`, which says what it is."""
    if isinstance(json, dict):
        for name, read in _READERS.items():
            if name in json:
                return read(json)
    raise ValueRefused('must be an object such as {"when": "less", "value": 0, "font": "#9c0006"}')


LONGEST_TEXT: Final = 100
_SAFE: Final = 10**15
_MOST_RANKED: Final = 1000
_FEWEST_COLOURS, _MOST_COLOURS = 2, 3
_MOST_CONDITIONS: Final = 20

_READERS: Final[dict[str, Callable[[object], Condition]]] = {
    "when": record(
        Highlight,
        {
            "when": when,
            "value": or_null(limit),
            "to": or_null(limit),
            "font": or_null(colour),
            "fill": or_null(colour),
            "bold": boolean,
        },
    ),
    "scale": record(Scale, {"scale": colours}),
    "bars": record(Bars, {"bars": colour}),
}

conditions = listed(condition, _MOST_CONDITIONS)


def _is_count(value: Limit | None) -> bool:
    return type(value) is int and 1 <= value <= _MOST_RANKED
