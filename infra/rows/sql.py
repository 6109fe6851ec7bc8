"""A checked query as SQL for PostgreSQL.

No text of a user's is ever part of a statement: names of tables and columns come from the catalog
and are quoted as identifiers, values are parameters. `infra/rows/postgresql.py` says how COPY,
to which the protocol gives no parameters, gets them.

What the statements promise, so that the same rows give the same bytes on every server:
- one total order: the query's, then the dataset's key, nulls where an index has them;
- text sorts, and is less or more, by its bytes (collation C), whatever the server's locale;
- two-valued filters: `ne` and `not` keep the rows without a value (see `domain.filters`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg.sql import SQL, Composable, Composed

from domain.datasets import Dataset, Field
from domain.filters import fields_used
from domain.rows import Chosen, Nested, RowQuery
from infra.rows.columns import Columns
from infra.rows.conditions import Conditions, Parameters
from infra.rows.nesting import Nesting, Shape, ordered, total_order


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """To be run with its parameters even if there are none: `%` is written `%%` in it."""

    text: Composed
    parameters: Parameters


def copy_rows(
    dataset: Dataset, query: RowQuery, folding: str | None, shape: Shape = Shape.LOOKED_UP
) -> Statement:
    """The rows in their one order, as COPY text."""
    rows = read_rows(dataset, query, folding, shape)
    text = SQL("COPY ({}) TO STDOUT").format(rows.text)
    return Statement(text=text, parameters=rows.parameters)


def cost_of_rows(dataset: Dataset, query: RowQuery, folding: str | None, shape: Shape) -> Statement:
    rows = read_rows(dataset, query, folding, shape)
    text = SQL("EXPLAIN (FORMAT JSON) {}").format(rows.text)
    return Statement(text=text, parameters=rows.parameters)


def read_rows(dataset: Dataset, query: RowQuery, folding: str | None, shape: Shape) -> Statement:
    columns, parameters = Columns(dataset), Parameters()
    nesting = Nesting(shape=shape, asked_at=query.asked_at, folding=folding, parameters=parameters)
    selected = SQL(", ").join(nesting.selected(columns, each) for each in query.fields)
    order = SQL(", ").join(ordered(columns, each) for each in total_order(dataset, query.order))
    where = _where(dataset, columns, query, folding, parameters)
    limit: Composable = SQL("")
    if query.limit is not None:
        limit = SQL(" LIMIT {}").format(query.limit)
    text = SQL("SELECT {} FROM {}{} ORDER BY {}{}").format(
        selected, columns.source(), where, order, limit
    )
    return Statement(text=text, parameters=parameters)


def count_rows(dataset: Dataset, query: RowQuery, folding: str | None) -> Statement:
    return _matching("SELECT count(*) FROM {}{}", dataset, query, folding)


def explain_rows(dataset: Dataset, query: RowQuery, folding: str | None) -> Statement:
    """Of the fields as they are stored: a cast would hide from the planner how wide they are.
    Without those of nested values, which `explain_choice` tells of."""
    columns, parameters = Columns(dataset), Parameters()
    selected = [columns.plain(dataset.resolve(name)) for name in plain_fields(query.fields)]
    where = _where(dataset, columns, query, folding, parameters)
    text = SQL("EXPLAIN (FORMAT JSON) SELECT {} FROM {}{}").format(
        SQL(", ").join(selected), columns.source(), where
    )
    return Statement(text=text, parameters=parameters)


def explain_choice(dataset: Dataset, fields: Sequence[Chosen]) -> Statement:
    """All rows of a dataset, with these of their fields but for the nested ones."""
    columns = Columns(dataset)
    selected = [columns.plain(dataset.resolve(name)) for name in plain_fields(fields)]
    text = SQL("EXPLAIN (FORMAT JSON) SELECT {} FROM {}")
    return Statement(
        text=text.format(SQL(", ").join(selected), columns.source()), parameters=Parameters()
    )


def used_fields(dataset: Dataset, asked: RowQuery | Nested) -> list[Field]:
    """Every field that a query, or a nested value by itself, selects, filters or orders by, each
    once."""
    filtered = fields_used(asked.filter) if asked.filter is not None else ()
    sorted_by = (each.field for each in total_order(dataset, asked.order))
    names = dict.fromkeys((*plain_fields(asked.fields), *filtered, *sorted_by))
    return [dataset.resolve(name) for name in names]


def plain_fields(fields: Sequence[Chosen]) -> list[str]:
    return [each for each in fields if not isinstance(each, Nested)]


def no_rows_of(dataset: Dataset, fields: list[Field]) -> Statement:
    """These fields of no row: only their types."""
    columns = Columns(dataset)
    selected = SQL(", ").join(columns.plain(field) for field in fields)
    text = SQL("SELECT {} FROM {} LIMIT 0").format(selected, columns.source())
    return Statement(text=text, parameters=Parameters())


def _matching(text: str, dataset: Dataset, query: RowQuery, folding: str | None) -> Statement:
    columns, parameters = Columns(dataset), Parameters()
    where = _where(dataset, columns, query, folding, parameters)
    return Statement(text=SQL(text).format(columns.source(), where), parameters=parameters)


def _where(
    dataset: Dataset,
    columns: Columns,
    query: RowQuery,
    folding: str | None,
    parameters: Parameters,
) -> Composable:
    if query.filter is None:
        return SQL("")
    conditions = Conditions(dataset, columns, query.asked_at, folding, parameters)
    return SQL(" WHERE {}").format(conditions.of(query.filter))
