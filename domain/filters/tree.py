"""The nodes of a filter and what can be done with any of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, assert_never
from uuid import UUID

from domain.filters.relative import Relative

Comparison: TypeAlias = Literal["eq", "ne", "lt", "lte", "gt", "gte"]
Match: TypeAlias = Literal["contains", "starts_with", "ends_with"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """Stands for a value of a personal-data field that lies in the vault."""

    reference: UUID


Value: TypeAlias = str | int | float | bool | Relative | Sealed
"""As it came over the wire; the field's type says what it means (`bound_text`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AllOf:
    items: tuple[Filter, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    items: tuple[Filter, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """Every row that `item` doesn't keep, those without a value included."""

    item: Filter


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare:
    field: str
    op: Comparison
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class In:
    field: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """Both ends belong to it."""

    field: str
    low: Value
    high: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class IsNull:
    field: str
    negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TextMatch:
    field: str
    op: Match
    value: Value
    ignore_case: bool = False


Leaf: TypeAlias = Compare | In | Between | IsNull | TextMatch
Filter: TypeAlias = AllOf | AnyOf | Not | Leaf


def fields_used(tree: Filter) -> tuple[str, ...]:
    """The names of the fields in it, each once, in order of appearance."""
    return tuple(dict.fromkeys(leaf.field for leaf in _leaves(tree)))


def map_values(
    tree: Filter,
    change: Callable[[str, Value], Value],
) -> Filter:
    """The same filter with `change(field name, value)` in place of each value."""
    match tree:
        case AllOf(items=items) | AnyOf(items=items):
            return replace(tree, items=tuple(map_values(item, change) for item in items))
        case Not(item=item):
            return Not(item=map_values(item, change))
        case Compare(field=field, value=value) | TextMatch(field=field, value=value):
            return replace(tree, value=change(field, value))
        case In(field=field, values=values):
            return replace(tree, values=tuple(change(field, value) for value in values))
        case Between(field=field, low=low, high=high):
            return replace(tree, low=change(field, low), high=change(field, high))
        case IsNull():
            return tree
        case _:
            assert_never(tree)


def _leaves(tree: Filter) -> Iterator[Leaf]:
    match tree:
        case AllOf(items=items) | AnyOf(items=items):
            for item in items:
                yield from _leaves(item)
        case Not(item=item):
            yield from _leaves(item)
        case Compare() | In() | Between() | IsNull() | TextMatch():
            yield tree
        case _:
            assert_never(tree)
