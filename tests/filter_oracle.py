"""What a filter keeps, in a few lines of Python: sources are compared with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from domain.datasets import Dataset, FieldType
from domain.filters import (
    AllOf,
    AnyOf,
    Between,
    Compare,
    Filter,
    In,
    IsNull,
    Not,
    TextMatch,
    Value,
    bound_text,
)
from tests.samples import ASKED_AT

COMPARABLE: dict[FieldType, Callable[[str], Any]] = {
    FieldType.TEXT: str.encode,
    FieldType.INTEGER: int,
    FieldType.DECIMAL: Decimal,
    FieldType.FLOAT: float,
    FieldType.BOOLEAN: lambda text: text[0] == "t",
    FieldType.DATE: date.fromisoformat,
    FieldType.TIME: time.fromisoformat,
    FieldType.TIMESTAMP: datetime.fromisoformat,
    FieldType.INSTANT: lambda text: datetime.fromisoformat(text).astimezone(UTC),
    FieldType.UUID: str.lower,
}
"""From a value's canonical text to something that Python compares as the language says."""


def keeps(tree: Filter, dataset: Dataset, row: Mapping[str, str | None]) -> bool:
    """Whether a row, as canonical texts by field name, meets the filter."""
    match tree:
        case AllOf(items=items):
            return all(keeps(item, dataset, row) for item in items)
        case AnyOf(items=items):
            return any(keeps(item, dataset, row) for item in items)
        case Not(item=item):
            return not keeps(item, dataset, row)
        case IsNull(field=name, negated=negated):
            return (row[name] is None) != negated
        case _:
            return _meets(tree, dataset.resolve(tree.field).type, row[tree.field])


def _meets(
    leaf: Compare | In | Between | TextMatch, field_type: FieldType, text: str | None
) -> bool:
    if text is None:
        return isinstance(leaf, Compare) and leaf.op == "ne"
    read = COMPARABLE[field_type]
    stored = read(text)

    def wanted(value: Value) -> Any:
        return read(bound_text(value, field_type, ASKED_AT))

    match leaf:
        case Compare(op=op, value=value):
            return bool(getattr(stored, _METHODS[op])(wanted(value)))
        case In(values=values):
            return any(stored == wanted(value) for value in values)
        case Between(low=low, high=high):
            return bool(wanted(low) <= stored <= wanted(high))
        case TextMatch(op="contains", value=value):
            return wanted(value) in stored
        case TextMatch(op="starts_with", value=value):
            return bool(stored.startswith(wanted(value)))
        case TextMatch(value=value):
            return bool(stored.endswith(wanted(value)))


_METHODS = {
    "eq": "__eq__",
    "ne": "__ne__",
    "lt": "__lt__",
    "lte": "__le__",
    "gt": "__gt__",
    "gte": "__ge__",
}
