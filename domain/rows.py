"""The question an export asks of its source: which rows, which fields, in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, TypeAlias

from domain.chosen_masks import HIDDEN
from domain.datasets import Dataset, Field, FieldType, Relation, UnknownField
from domain.filters import Filter, FilterInvalid, check

FRAGMENT_ROWS = 16_384
"""Rows in a fragment, the unit of rendering: it never changes with the chunk size, so that the
same rows give the same bytes however they were cut into chunks."""

MAX_LIMIT = 2**63 - 1
MAX_MEMBER = 63
MAX_CHILDREN = 100_000
"""Rows of a relation in one nested value. More is a failure, never a shorter list: a value is held
in memory as a whole, and PostgreSQL's limit of 1 GB would come later and from nowhere."""


class QueryInvalid(Exception):
    """The question can't be asked. The path says where in it, the problem says what to do."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(path, problem)
        self.path = path
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}"


class ReadingStopped(Exception):
    """The reading of the source was stopped from outside. Nothing is wrong with the source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    field: str
    direction: Literal["asc", "desc"] = "asc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Nested:
    """A relation chosen as one value of JSON: an object or null where it leads to one row, else an
    array of objects, those that `filter` keeps, by `order` and at last by their dataset's key.
    `masks` are the JSON of those that were chosen for its fields, by name; others are masked as
    their dataset says."""

    relation: str
    fields: tuple[Chosen, ...]
    filter: Filter | None = None
    order: tuple[Order, ...] = ()
    masks: Mapping[str, object] = field(default_factory=dict, hash=False)


Chosen: TypeAlias = str | Nested
"""A field by its name, or a relation with fields of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowQuery:
    """A checked question. `asked_at` is what relative dates count from; the dataset's key is
    always the last order, so that the answer has one order."""

    fields: tuple[Chosen, ...]
    filter: Filter | None = None
    order: tuple[Order, ...] = ()
    limit: int | None = None
    asked_at: datetime


def name_of(chosen: Chosen) -> str:
    return chosen.relation if isinstance(chosen, Nested) else chosen


def relation_of(name: str, dataset: Dataset) -> Relation:
    """Of a checked question: there is one."""
    found = dataset.relation(name)
    if found is None:
        raise ValueError(f"{dataset.id} has no relation {name}")
    return found


def beyond(relation: str, dataset: Dataset) -> Dataset:
    """The dataset that a nested value of `dataset` comes from."""
    return dataset.beyond(relation_of(relation, dataset))


def map_filters(query: RowQuery, change: Callable[[Filter], Filter]) -> RowQuery:
    """The same question with `change` of each filter in it, those of nested values too."""

    def changed(chosen: Chosen) -> Chosen:
        if not isinstance(chosen, Nested):
            return chosen
        kept = None if chosen.filter is None else change(chosen.filter)
        return replace(chosen, fields=tuple(map(changed, chosen.fields)), filter=kept)

    kept = None if query.filter is None else change(query.filter)
    return replace(query, fields=tuple(map(changed, query.fields)), filter=kept)


def check_query(query: RowQuery, dataset: Dataset) -> None:
    """Raises `QueryInvalid` or `FilterInvalid` for the first thing that doesn't fit."""
    _check_fields(query.fields, dataset, "fields")
    _check_order(query.order, dataset, "order")
    _check_limit(query.limit)
    if query.asked_at.utcoffset() is None:
        raise QueryInvalid("asked_at", "the moment of asking needs a time zone")
    if query.filter is not None:
        check(query.filter, dataset)


def _check_fields(fields: Sequence[Chosen], dataset: Dataset, path: str) -> None:
    if not fields:
        raise QueryInvalid(path, "name at least one field")
    named: set[str] = set()
    for index, each in enumerate(fields):
        place = f"{path}[{index}]"
        if name_of(each) in named:
            raise QueryInvalid(place, f"{name_of(each)} is named twice; leave one out")
        named.add(name_of(each))
        if isinstance(each, Nested):
            _check_nested(each, dataset, place)
        else:
            _resolved(each, dataset, place)


def _check_nested(nested: Nested, dataset: Dataset, path: str) -> None:
    relation = dataset.relation(nested.relation)
    if relation is None:
        raise QueryInvalid(f"{path}.name", no_such_relation(nested.relation, dataset))
    other = dataset.beyond(relation)
    _check_fields(nested.fields, other, f"{path}.fields")
    _check_members(nested, f"{path}.fields")
    if not relation.many and (nested.filter is not None or nested.order):
        raise QueryInvalid(
            path, f"{relation.name} leads to one row, which needs no filter and no order"
        )
    _check_order(nested.order, other, f"{path}.order")
    if nested.filter is not None:
        with filter_at(path):
            check(nested.filter, other)


def _check_members(nested: Nested, path: str) -> None:
    """A member's name is an identifier on its way, and a longer one would be cut."""
    for index, each in enumerate(nested.fields):
        if len(name_of(each)) > MAX_MEMBER:
            raise QueryInvalid(
                f"{path}[{index}]",
                f"a nested name has at most {MAX_MEMBER} characters; nest the relations",
            )


def no_such_relation(name: str, dataset: Dataset) -> str:
    """What to tell."""
    shown = name if len(name) <= 63 else f"{name[:60]}..."
    known = ", ".join(each.name for each in dataset.relations) or "none"
    return f"{dataset.id} has no relation {shown!a}; it has: {known}"


@contextmanager
def filter_at(path: str) -> Iterator[None]:
    """Says of a filter that is refused inside where in the question it stands."""
    try:
        yield
    except FilterInvalid as invalid:
        raise FilterInvalid(f"{path}.{invalid.path}", invalid.problem) from None


def _resolved(name: str, dataset: Dataset, path: str) -> Field:
    try:
        return dataset.resolve(name)
    except UnknownField as unknown:
        raise QueryInvalid(path, str(unknown)) from None


def _check_order(order: Sequence[Order], dataset: Dataset, path: str) -> None:
    named: set[str] = set()
    for index, each in enumerate(order):
        place = f"{path}[{index}]"
        if each.field in named:
            raise QueryInvalid(place, f"{each.field} is named twice; leave one out")
        named.add(each.field)
        sorts = _resolved(each.field, dataset, place)
        if each.direction not in ("asc", "desc"):
            raise QueryInvalid(f"{place}.direction", "write asc or desc")
        if sorts.type is FieldType.JSON:
            raise QueryInvalid(f"{place}.field", f"{sorts.name} is JSON, which has no order")
        if sorts.mask_required:
            raise QueryInvalid(f"{place}.field", f"{sorts.name} {HIDDEN}; use another field")


def _check_limit(limit: int | None) -> None:
    if limit is not None and not 1 <= limit <= MAX_LIMIT:
        raise QueryInvalid("limit", "write a whole number of at least 1, or leave it out for all")
