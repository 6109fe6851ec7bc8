"""What an export asks of each of its datasets, as the rules for rows know it."""

from __future__ import annotations

from datetime import datetime

from domain.exports.events import Asked, ChosenField
from domain.filters import parse
from domain.nesting import parse_nested
from domain.rows import Chosen, Order, RowQuery


def row_query(asked: Asked, at: datetime) -> RowQuery:
    """The question to one dataset, asked at that instant; literals of personal-data fields are
    still sealed."""
    return RowQuery(
        fields=tuple(_chosen(index, field) for index, field in enumerate(asked.fields)),
        filter=None if asked.filter is None else parse(dict(asked.filter), sealed=True),
        order=order_of(asked),
        limit=asked.limit,
        asked_at=at,
    )


def order_of(asked: Asked) -> tuple[Order, ...]:
    return tuple(
        Order(field=by.field, direction="desc" if by.direction == "desc" else "asc")
        for by in asked.order
    )


def _chosen(index: int, field: ChosenField) -> Chosen:
    if field.nested is None:
        return field.name
    return parse_nested(field.nested, f"fields[{index}]", sealed=True)
