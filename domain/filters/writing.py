"""A filter as JSON, as it is sent and recorded: the inverse of `parse`."""

from __future__ import annotations

from typing import assert_never

from domain.filters.relative import Relative
from domain.filters.tree import (
    AllOf,
    AnyOf,
    Between,
    Compare,
    Filter,
    In,
    IsNull,
    Not,
    Sealed,
    TextMatch,
    Value,
)


def to_json(tree: Filter) -> dict[str, object]:
    """`parse(to_json(tree), sealed=True) == tree`."""
    match tree:
        case AllOf(items=items):
            return {"and": [to_json(item) for item in items]}
        case AnyOf(items=items):
            return {"or": [to_json(item) for item in items]}
        case Not(item=item):
            return {"not": to_json(item)}
        case Compare(field=field, op=op, value=value):
            return {"field": field, "op": op, "value": value_to_json(value)}
        case In(field=field, values=values):
            return {"field": field, "op": "in", "value": [value_to_json(each) for each in values]}
        case Between(field=field, low=low, high=high):
            ends = [value_to_json(low), value_to_json(high)]
            return {"field": field, "op": "between", "value": ends}
        case IsNull(field=field, negated=negated):
            return {"field": field, "op": "not_null" if negated else "is_null"}
        case TextMatch(field=field, op=op, value=value, ignore_case=ignore_case):
            leaf: dict[str, object] = {"field": field, "op": op, "value": value_to_json(value)}
            return leaf | {"ignore_case": True} if ignore_case else leaf
        case _:
            assert_never(tree)


def value_to_json(value: Value) -> object:
    match value:
        case Relative(expression=expression, zone=zone):
            return {"relative": expression, "zone": zone}
        case Sealed(reference=reference):
            return {"sealed": str(reference)}
        case _:
            return value
