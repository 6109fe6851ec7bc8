"""A filter in plain English, for a waybill's reader: labels instead of names, no syntax."""

from __future__ import annotations

from typing import Final, assert_never

from domain.datasets import Dataset, Field, FieldType
from domain.filters.relative import Anchor, Relative, Unit, read
from domain.filters.tree import (
    AllOf,
    AnyOf,
    Between,
    Compare,
    Comparison,
    Filter,
    In,
    IsNull,
    Leaf,
    Match,
    Not,
    Sealed,
    TextMatch,
    Value,
)

MOST_LISTED: Final = 20
"""Values of a list that are said; the rest is counted."""


def sentence(tree: Filter, dataset: Dataset) -> str:
    """Such as "Departure delay is more than 60 and Carrier is one of AA, UA".

    Of a checked filter. Values that are not plain words stand in quotes, with anything invisible
    escaped, so that no value can pass for a part of the sentence."""
    match tree:
        case AllOf(items=items):
            return " and ".join(_part(item, dataset) for item in items)
        case AnyOf(items=items):
            return " or ".join(_part(item, dataset) for item in items)
        case Not(item=item):
            return f"not ({sentence(item, dataset)})"
        case _:
            field = dataset.resolve(tree.field)
            return f"{field.label} {_predicate(tree, field)}"


_COMPARED: Final[dict[Comparison, str]] = {
    "eq": "is",
    "ne": "is anything but",
    "lt": "is less than",
    "lte": "is at most",
    "gt": "is more than",
    "gte": "is at least",
}
_COMPARED_IN_TIME: Final[dict[Comparison, str]] = {
    "eq": "is",
    "ne": "is anything but",
    "lt": "is before",
    "lte": "is not after",
    "gt": "is after",
    "gte": "is not before",
}
_IN_TIME: Final = frozenset(
    {FieldType.DATE, FieldType.TIME, FieldType.TIMESTAMP, FieldType.INSTANT}
)
_MATCHED: Final[dict[Match, str]] = {
    "contains": "contains",
    "starts_with": "starts with",
    "ends_with": "ends with",
}
_ANCHORS: Final[dict[Anchor, str]] = {
    "now": "the moment of the request",
    "today": "the day of the request",
    "yesterday": "the day before the request",
    "tomorrow": "the day after the request",
    "start_of_week": "the start of the week of the request",
    "start_of_month": "the start of the month of the request",
    "start_of_quarter": "the start of the quarter of the request",
    "start_of_year": "the start of the year of the request",
}
_UNITS: Final[dict[Unit, str]] = {"h": "hour", "d": "day", "w": "week", "M": "month", "y": "year"}


def _part(item: Filter, dataset: Dataset) -> str:
    said = sentence(item, dataset)
    return f"({said})" if isinstance(item, AllOf | AnyOf) and len(item.items) > 1 else said


def _predicate(leaf: Leaf, field: Field) -> str:
    match leaf:
        case Compare(op=op, value=value):
            words = _COMPARED_IN_TIME if field.type in _IN_TIME else _COMPARED
            return f"{words[op]} {_said(value)}"
        case In(values=(value,)):
            return f"is {_said(value)}"
        case In(values=values):
            return f"is one of {_listed(values)}"
        case Between(low=low, high=high):
            return f"is from {_said(low)} to {_said(high)}"
        case IsNull(negated=negated):
            return "is not empty" if negated else "is empty"
        case TextMatch(op=op, value=value, ignore_case=ignore_case):
            return f"{_MATCHED[op]} {_said(value)}" + (" in any case" if ignore_case else "")
        case _:
            assert_never(leaf)


def _listed(values: tuple[Value, ...]) -> str:
    said = ", ".join(_said(value) for value in values[:MOST_LISTED])
    rest = len(values) - MOST_LISTED
    return said if rest <= 0 else f"{said} and {rest:,} more"


def _said(value: Value) -> str:
    match value:
        case Sealed():
            return "a protected value"
        case Relative():
            return _relative(value)
        case bool():
            return "true" if value else "false"
        case str():
            return value if _plain(value) else _quoted(value)
        case _:
            return str(value)


def _relative(value: Relative) -> str:
    anchor, amount, unit = read(value)
    said = _ANCHORS[anchor]
    if amount:
        several = "" if abs(amount) == 1 else "s"
        side = "before" if amount < 0 else "after"
        said = f"{abs(amount)} {_UNITS[unit]}{several} {side} {said}"
    return f"{said} ({value.zone})"


def _plain(text: str) -> bool:
    return text.replace("-", "").replace(":", "").replace(".", "").replace("+", "").isalnum()


def _quoted(text: str) -> str:
    shown = "".join(_visible(character) for character in text)
    return f"“{shown}”"


def _visible(character: str) -> str:
    if character in "“”\\" or not character.isprintable():
        return character.encode("unicode_escape").decode() if character != "\\" else "\\\\"
    return character
