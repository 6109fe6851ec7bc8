"""Filters without personal data: literals of personal-data fields stay in the vault."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from domain.datasets import Dataset
from domain.filters import Filter, Sealed, Value, map_values, value_from_json, value_to_json
from domain.rows import Chosen, Nested, RowQuery, beyond


class LiteralErased(Exception):
    """A value of the filter was erased with the person it belonged to, so the export can't be
    made any more."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field

    def __str__(self) -> str:
        return f"{' '.join((self.__doc__ or '').split())} Field: {self.field}"


def protect(filter_: Filter, dataset: Dataset, keep: Callable[[str], UUID]) -> Filter:
    """The filter as it may stand in an event: `keep` stores a text and returns its reference."""

    def sealed(field: str, value: Value) -> Value:
        if isinstance(value, Sealed) or dataset.resolve(field).pii is None:
            return value
        return Sealed(reference=keep(json.dumps(value_to_json(value))))

    return map_values(filter_, sealed)


def protect_nested(nested: Nested, dataset: Dataset, keep: Callable[[str], UUID]) -> Nested:
    """The same for all filters of a nested value. `dataset` is the one that it leads to."""
    filter_ = None if nested.filter is None else protect(nested.filter, dataset, keep)
    return replace(nested, fields=_protected(nested.fields, dataset, keep), filter=filter_)


def protect_query(query: RowQuery, dataset: Dataset, keep: Callable[[str], UUID]) -> RowQuery:
    """The same for all filters of a question."""
    filter_ = None if query.filter is None else protect(query.filter, dataset, keep)
    return replace(query, fields=_protected(query.fields, dataset, keep), filter=filter_)


def unprotect(filter_: Filter, reveal: Callable[[UUID], str | None]) -> Filter:
    """The filter as it was asked. Raises `LiteralErased`."""

    def opened(field: str, value: Value) -> Value:
        if not isinstance(value, Sealed):
            return value
        text = reveal(value.reference)
        if text is None:
            raise LiteralErased(field)
        return value_from_json(json.loads(text))

    return map_values(filter_, opened)


def _protected(
    fields: tuple[Chosen, ...], dataset: Dataset, keep: Callable[[str], UUID]
) -> tuple[Chosen, ...]:
    return tuple(
        protect_nested(each, beyond(each.relation, dataset), keep)
        if isinstance(each, Nested)
        else each
        for each in fields
    )
