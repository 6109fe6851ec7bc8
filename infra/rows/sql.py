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

from dataclasses import dataclass

from psycopg.sql import SQL, Composable, Composed

from domain.datasets import Dataset, Field, FieldType
from domain.filters import fields_used
from domain.rows import Order, RowQuery
from infra.rows.columns import Columns
from infra.rows.conditions import Conditions, Parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """To be run with its parameters even if there are none: `%` is written `%%` in it."""

    text: Composed
    parameters: Parameters


def copy_rows(dataset: Dataset, query: RowQuery, folding: str | None) -> Statement:
    """The rows in their one order, as COPY text."""
    columns = Columns(dataset)
    selected = SQL(", ").join(_selected(columns, dataset.resolve(name)) for name in query.fields)
    order = SQL(", ").join(
        _ordered(columns, dataset, each) for each in _total_order(dataset, query)
    )
    where, parameters = _where(dataset, columns, query, folding)
    limit: Composable = SQL("")
    if query.limit is not None:
        limit = SQL(" LIMIT {}").format(query.limit)
    text = SQL("COPY (SELECT {} FROM {}{} ORDER BY {}{}) TO STDOUT").format(
        selected, columns.source(), where, order, limit
    )
    return Statement(text=text, parameters=parameters)


def count_rows(dataset: Dataset, query: RowQuery, folding: str | None) -> Statement:
    return _matching("SELECT count(*) FROM {}{}", dataset, query, folding)


def explain_rows(dataset: Dataset, query: RowQuery, folding: str | None) -> Statement:
    """Of the fields as they are stored: a cast would hide from the planner how wide they are."""
    columns = Columns(dataset)
    selected = [columns.plain(dataset.resolve(name)) for name in query.fields]
    where, parameters = _where(dataset, columns, query, folding)
    text = SQL("EXPLAIN (FORMAT JSON) SELECT {} FROM {}{}")
    return Statement(
        text=text.format(SQL(", ").join(selected), columns.source(), where), parameters=parameters
    )


def used_fields(dataset: Dataset, query: RowQuery) -> list[Field]:
    """Every field that the query selects, filters or orders by, each once."""
    filtered = fields_used(query.filter) if query.filter is not None else ()
    ordered = (each.field for each in _total_order(dataset, query))
    return [dataset.resolve(name) for name in dict.fromkeys((*query.fields, *filtered, *ordered))]


def no_rows_of(dataset: Dataset, fields: list[Field]) -> Statement:
    """These fields of no row: only their types."""
    columns = Columns(dataset)
    selected = SQL(", ").join(columns.plain(field) for field in fields)
    text = SQL("SELECT {} FROM {} LIMIT 0").format(selected, columns.source())
    return Statement(text=text, parameters={})


def _matching(text: str, dataset: Dataset, query: RowQuery, folding: str | None) -> Statement:
    columns = Columns(dataset)
    where, parameters = _where(dataset, columns, query, folding)
    return Statement(text=SQL(text).format(columns.source(), where), parameters=parameters)


def _where(
    dataset: Dataset, columns: Columns, query: RowQuery, folding: str | None
) -> tuple[Composable, Parameters]:
    if query.filter is None:
        return SQL(""), {}
    conditions = Conditions(dataset, columns, query.asked_at, folding)
    return SQL(" WHERE {}").format(conditions.of(query.filter)), conditions.parameters


def _selected(columns: Columns, field: Field) -> Composable:
    column = columns.plain(field)
    return SQL("{}::text").format(column) if field.type is FieldType.JSON else column


def _total_order(dataset: Dataset, query: RowQuery) -> list[Order]:
    named = {each.field for each in query.order}
    return [*query.order, *(Order(field=name) for name in dataset.key if name not in named)]


def _ordered(columns: Columns, dataset: Dataset, order: Order) -> Composed:
    way = SQL("{} DESC NULLS FIRST" if order.direction == "desc" else "{} ASC NULLS LAST")
    return way.format(columns.ordered(dataset.resolve(order.field)))
