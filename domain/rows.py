"""The question an export asks of its source: which rows, which fields, in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from domain.chosen_masks import HIDDEN
from domain.datasets import Dataset, Field, FieldType, UnknownField
from domain.filters import Filter, check

FRAGMENT_ROWS = 16_384
"""Rows in a fragment, the unit of rendering: it never changes with the chunk size, so that the
same rows give the same bytes however they were cut into chunks."""

MAX_LIMIT = 2**63 - 1


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
class RowQuery:
    """A checked question. `asked_at` is what relative dates count from; the dataset's key is
    always the last order, so that the answer has one order."""

    fields: tuple[str, ...]
    filter: Filter | None = None
    order: tuple[Order, ...] = ()
    limit: int | None = None
    asked_at: datetime


def check_query(query: RowQuery, dataset: Dataset) -> None:
    """Raises `QueryInvalid` or `FilterInvalid` for the first thing that doesn't fit."""
    if not query.fields:
        raise QueryInvalid("fields", "name at least one field")
    _check_named(query.fields, dataset, "fields")
    _check_order(query.order, dataset)
    _check_limit(query.limit)
    if query.asked_at.utcoffset() is None:
        raise QueryInvalid("asked_at", "the moment of asking needs a time zone")
    if query.filter is not None:
        check(query.filter, dataset)


def _check_named(names: Sequence[str], dataset: Dataset, path: str) -> list[Field]:
    fields: dict[str, Field] = {}
    for index, name in enumerate(names):
        place = f"{path}[{index}]"
        if name in fields:
            raise QueryInvalid(place, f"{name} is named twice; leave one out")
        fields[name] = _resolved(name, dataset, place)
    return list(fields.values())


def _resolved(name: str, dataset: Dataset, path: str) -> Field:
    try:
        return dataset.resolve(name)
    except UnknownField as unknown:
        raise QueryInvalid(path, str(unknown)) from None


def _check_order(order: Sequence[Order], dataset: Dataset) -> None:
    fields = _check_named([each.field for each in order], dataset, "order")
    for index, (each, field) in enumerate(zip(order, fields, strict=True)):
        if each.direction not in ("asc", "desc"):
            raise QueryInvalid(f"order[{index}].direction", "write asc or desc")
        if field.type is FieldType.JSON:
            raise QueryInvalid(f"order[{index}].field", f"{field.name} is JSON, which has no order")
        if field.mask_required:
            raise QueryInvalid(f"order[{index}].field", f"{field.name} {HIDDEN}; use another field")


def _check_limit(limit: int | None) -> None:
    if limit is not None and not 1 <= limit <= MAX_LIMIT:
        raise QueryInvalid("limit", "write a whole number of at least 1, or leave it out for all")
