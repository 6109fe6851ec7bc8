"""What PostgreSQL's planner says of a query before it runs: how many rows, how large, and which of
two shapes of it costs less."""

from __future__ import annotations

from collections.abc import Sequence

from domain.datasets import Dataset
from domain.ports import Estimate
from domain.rows import Chosen, Nested, RowQuery, beyond, name_of, relation_of
from infra.rows import sql
from infra.rows.nesting import Shape
from infra.rows.session import Session
from infra.rows.sql import Statement

_AROUND_A_MEMBER = 4
"""Quotes, colon and comma."""


def cheaper_shape(session: Session, dataset: Dataset, query: RowQuery) -> Shape:
    """Without a relation to many there is only one."""
    if not _has_many(dataset, query.fields):
        return Shape.LOOKED_UP
    return min(Shape, key=lambda shape: _cost(session, dataset, query, shape))


def estimated(session: Session, dataset: Dataset, query: RowQuery) -> Estimate:
    rows, width = _guess(session, sql.explain_rows(dataset, query, session.folding))
    nested = sum(_nested_bytes(session, dataset, each) for each in _nested(query.fields))
    return Estimate(rows=rows, row_bytes=width + round(nested))


def _nested_bytes(session: Session, dataset: Dataset, nested: Nested) -> float:
    """By the average: all rows of the relation, shared among all rows of the dataset."""
    other = beyond(nested.relation, dataset)
    rows, width = _guess(session, sql.explain_choice(other, nested.fields))
    names = sum(len(name_of(each)) + _AROUND_A_MEMBER for each in nested.fields)
    within = sum(_nested_bytes(session, other, each) for each in _nested(nested.fields))
    each_row = width + names + within
    if not relation_of(nested.relation, dataset).many:
        return each_row
    shared_by, _ = _guess(session, sql.explain_choice(dataset, ()))
    return each_row * rows / max(1, shared_by)


def _guess(session: Session, explained: Statement) -> tuple[int, int]:
    """Rows, and the bytes of each as it is stored."""
    plan = session.value(explained)[0]["Plan"]
    return int(plan["Plan Rows"]), int(plan["Plan Width"])


def _cost(session: Session, dataset: Dataset, query: RowQuery, shape: Shape) -> float:
    explained = sql.cost_of_rows(dataset, query, session.folding, shape)
    return float(session.value(explained)[0]["Plan"]["Total Cost"])


def _has_many(dataset: Dataset, fields: Sequence[Chosen]) -> bool:
    return any(
        relation_of(each.relation, dataset).many
        or _has_many(beyond(each.relation, dataset), each.fields)
        for each in _nested(fields)
    )


def _nested(fields: Sequence[Chosen]) -> list[Nested]:
    return [each for each in fields if isinstance(each, Nested)]
