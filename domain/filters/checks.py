"""Whether a filter makes sense for a dataset: its fields exist, operators and values fit them."""

from __future__ import annotations

from typing import assert_never

from domain.chosen_masks import HIDDEN, tells_of_nulls
from domain.datasets import Dataset, Field, FieldType, UnknownField
from domain.filters.errors import FilterInvalid, ValueUnfit
from domain.filters.tree import (
    AllOf,
    AnyOf,
    Between,
    Compare,
    Filter,
    In,
    IsNull,
    Leaf,
    Not,
    Sealed,
    TextMatch,
    Value,
)
from domain.filters.values import check_value

UNORDERED = frozenset({FieldType.BOOLEAN, FieldType.UUID})
"""Types whose values are equal or not, with no meaning in less or more."""


def check(tree: Filter, dataset: Dataset) -> None:
    """Raises `FilterInvalid` for the first thing that doesn't fit."""
    _check(tree, dataset, "filter")


def _check(tree: Filter, dataset: Dataset, path: str) -> None:
    match tree:
        case AllOf(items=items):
            _check_each(items, dataset, f"{path}.and")
        case AnyOf(items=items):
            _check_each(items, dataset, f"{path}.or")
        case Not(item=item):
            _check(item, dataset, f"{path}.not")
        case _:
            _check_leaf(tree, _field(tree.field, dataset, path), path)


def _check_each(items: tuple[Filter, ...], dataset: Dataset, path: str) -> None:
    for index, item in enumerate(items):
        _check(item, dataset, f"{path}[{index}]")


def _field(name: str, dataset: Dataset, path: str) -> Field:
    try:
        return dataset.resolve(name)
    except UnknownField as unknown:
        raise FilterInvalid(f"{path}.field", str(unknown)) from None


def _check_leaf(leaf: Leaf, field: Field, path: str) -> None:
    _check_open(leaf, field, path)
    match leaf:
        case IsNull():
            return
        case Compare(op="eq" | "ne", value=value):
            _check_value(value, field, f"{path}.value")
        case Compare(op=op, value=value):
            _check_ordered(field, op, path)
            _check_value(value, field, f"{path}.value")
        case In(values=values):
            _check_values(values, field, path)
        case Between(low=low, high=high):
            _check_ordered(field, "between", path)
            _check_values((low, high), field, path)
        case TextMatch(op=op, value=value):
            _check_text_match(op, value, field, path)
        case _:
            assert_never(leaf)


def _check_open(leaf: Leaf, field: Field, path: str) -> None:
    """Who may choose rows by values finds the values out."""
    if isinstance(leaf, IsNull):
        if not tells_of_nulls(field):
            raise FilterInvalid(f"{path}.field", f"{field.name} {HIDDEN}; use another field")
    elif field.mask_required:
        also = ", or is_null or not_null" if tells_of_nulls(field) else ""
        raise FilterInvalid(f"{path}.field", f"{field.name} {HIDDEN}; use another field{also}")


def _check_values(values: tuple[Value, ...], field: Field, path: str) -> None:
    for index, value in enumerate(values):
        _check_value(value, field, f"{path}.value[{index}]")


def _check_value(value: Value, field: Field, path: str) -> None:
    try:
        check_value(value, field.type)
    except ValueUnfit as unfit:
        raise FilterInvalid(path, str(unfit)) from None


def _check_ordered(field: Field, op: str, path: str) -> None:
    if field.type in UNORDERED:
        raise FilterInvalid(
            f"{path}.op",
            f"{op} asks for an order, which {field.name} ({field.type}) has not;"
            " use eq, ne, in, is_null or not_null",
        )


def _check_text_match(op: str, value: Value, field: Field, path: str) -> None:
    if field.type is not FieldType.TEXT:
        raise FilterInvalid(
            f"{path}.op", f"{op} fits text only, and {field.name} is of type {field.type}"
        )
    if value == "":
        raise FilterInvalid(f"{path}.value", "write at least one character to look for")
    if not isinstance(value, Sealed):
        _check_value(value, field, f"{path}.value")
