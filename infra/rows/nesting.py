"""Relations as values of JSON: one more column of a row, in the same statement.

A nested value is what PostgreSQL's `row_to_json` makes of a row whose columns are the members: it
writes every type as our JSON format does, but for timestamps, and but for what is declared a text.
Arrays have one total order, by the aggregate itself.

A relation to many has two shapes that give the same. `LOOKED_UP` asks for the rows of each row,
one after the other: what a few rows need, where an index serves the relation. `GROUPED` reads the
other dataset once and joins what it has for each: what all rows need. Which costs less, the planner
knows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final, assert_never

from psycopg.sql import SQL, Composable, Composed, Identifier

from domain.datasets import Dataset, FieldType, Relation
from domain.masks import Keep
from domain.nested_masks import mask_of
from domain.rows import MAX_CHILDREN, Chosen, Nested, Order, name_of, relation_of
from infra.rows.columns import Columns, Place, matches
from infra.rows.conditions import Conditions, Parameters


class Shape(Enum):
    """How a relation to many is read."""

    LOOKED_UP = "looked up"
    GROUPED = "grouped"


TOO_MANY: Final = "2201G"
"""The SQLSTATE that a nested value of too many rows raises: nothing that a dataset's own query
would do (invalid_argument_for_width_bucket_function)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nesting:
    """What all parts of a statement share."""

    shape: Shape
    asked_at: datetime
    folding: str | None
    parameters: Parameters

    def selected(self, columns: Columns, chosen: Chosen) -> Composable:
        """A field or a nested value as a column of the export."""
        if isinstance(chosen, Nested):
            return SQL("{}::text").format(self._value(columns, (), chosen))
        field = columns.place(()).dataset.resolve(chosen)
        column = columns.plain(field)
        return SQL("{}::text").format(column) if field.type is FieldType.JSON else column

    def _value(self, columns: Columns, path: tuple[str, ...], nested: Nested) -> Composable:
        here = columns.place(path)
        relation = relation_of(nested.relation, here.dataset)
        if not relation.many:
            return self._one(columns, (*path, nested.relation), relation, nested)
        match self.shape:
            case Shape.LOOKED_UP:
                found = self._looked_up(columns, here, relation, nested)
            case Shape.GROUPED:
                found = self._grouped(columns, here, relation, nested)
            case _:
                assert_never(self.shape)
        return SQL("coalesce({}, '[]'::json)").format(found)

    def _one(
        self, columns: Columns, path: tuple[str, ...], relation: Relation, nested: Nested
    ) -> Composable:
        row = self._object(columns, path, nested)
        found = columns.place(path).column(next(iter(relation.on.values())))
        return SQL("CASE WHEN {} IS NOT NULL THEN {} END").format(found, row)

    def _looked_up(
        self, columns: Columns, here: Place, relation: Relation, nested: Nested
    ) -> Composable:
        inner = Columns(here.dataset.beyond(relation), columns.aliases, columns.aliases.next("c"))
        array = _of_few(SQL("count(*)"), self._array(inner, nested))
        where = self._where(inner, nested, [matches(relation, here, inner.place(()))])
        return SQL("(SELECT {} FROM {}{})").format(array, inner.source(), where)

    def _grouped(
        self, columns: Columns, here: Place, relation: Relation, nested: Nested
    ) -> Composable:
        """Of every row there, so nothing is said of too many before it is clear that they count.
        Rows that belong to none would be one large group."""
        inner = Columns(here.dataset.beyond(relation), columns.aliases, columns.aliases.next("c"))
        array = self._array(inner, nested)
        there = inner.place(())
        keys = [
            (there.column(name), Identifier(f"k{number}"), here.column(own))
            for number, (own, name) in enumerate(relation.on.items())
        ]
        where = self._where(inner, nested, [SQL("{} IS NOT NULL").format(key) for key, *_ in keys])
        alias = Identifier(columns.aliases.next("n"))
        columns.join(
            SQL(
                "LEFT JOIN (SELECT {}, count(*) AS n, CASE WHEN count(*) <= {} THEN {} END AS j"
                " FROM {}{} GROUP BY {}) AS {} ON {}"
            ).format(
                SQL(", ").join(SQL("{} AS {}").format(key, name) for key, name, _ in keys),
                MAX_CHILDREN,
                array,
                inner.source(),
                where,
                SQL(", ").join(key for key, _, _ in keys),
                alias,
                SQL(" AND ").join(
                    SQL("{}.{} = {}").format(alias, name, own) for _, name, own in keys
                ),
            )
        )
        return _of_few(SQL("{}.n").format(alias), SQL("{}.j").format(alias))

    def _array(self, columns: Columns, nested: Nested) -> Composable:
        row = self._object(columns, (), nested)
        dataset = columns.place(()).dataset
        order = SQL(", ").join(
            ordered(columns, each) for each in total_order(dataset, nested.order)
        )
        return SQL("array_to_json(array_agg({} ORDER BY {}))").format(row, order)

    def _object(self, columns: Columns, path: tuple[str, ...], nested: Nested) -> Composable:
        """The members are the columns of a row made for it, which costs nothing: PostgreSQL takes
        such a row for what it is made of. `.*` says that no column of this name is meant."""
        members = SQL(", ").join(
            SQL("{} AS {}").format(
                self._member(columns, path, nested, each), Identifier(name_of(each))
            )
            for each in nested.fields
        )
        alias = Identifier(columns.aliases.next("y"))
        columns.join(SQL("CROSS JOIN LATERAL (SELECT {}) AS {}").format(members, alias))
        return SQL("row_to_json({}.*)").format(alias)

    def _member(
        self, columns: Columns, path: tuple[str, ...], nested: Nested, chosen: Chosen
    ) -> Composable:
        """What is to be masked comes as the text that it would be as a column of its own."""
        if isinstance(chosen, Nested):
            return self._value(columns, path, chosen)
        field = columns.place(()).dataset.resolve(".".join((*path, chosen)))
        masked = not isinstance(mask_of(nested, chosen, columns.place(path).dataset), Keep)
        return _as_json(columns.plain(field), FieldType.TEXT if masked else field.type)

    def _where(self, columns: Columns, nested: Nested, conditions: list[Composable]) -> Composable:
        if nested.filter is not None:
            dataset = columns.place(()).dataset
            made = Conditions(dataset, columns, self.asked_at, self.folding, self.parameters)
            conditions.append(made.of(nested.filter))
        return SQL(" WHERE {}").format(SQL(" AND ").join(conditions))


def _of_few(count: Composable, array: Composable) -> Composable:
    """The array, or a failure if there are too many rows. A query that only reads has no way to
    fail by a code of its own, but by a function that nobody else would call like this."""
    return SQL(
        "CASE WHEN {count} > {most} THEN width_bucket({count}, 1, 1, 1)::text::json"
        " ELSE {array} END"
    ).format(count=count, most=MAX_CHILDREN, array=array)


def total_order(dataset: Dataset, order: Sequence[Order]) -> list[Order]:
    """What was asked for, then the key."""
    named = {each.field for each in order}
    return [*order, *(Order(field=name) for name in dataset.key if name not in named)]


def ordered(columns: Columns, order: Order) -> Composed:
    way = SQL("{} DESC NULLS FIRST" if order.direction == "desc" else "{} ASC NULLS LAST")
    return way.format(columns.ordered(columns.place(()).dataset.resolve(order.field)))


def _as_json(column: Composable, type_: FieldType) -> Composable:
    """So that `row_to_json` writes what the JSON format writes of the column."""
    form = _FORMS.get(type_)
    return column if form is None else SQL(form).format(column=column)


_FORMS: Final[Mapping[FieldType, str]] = {
    # As its type's output function writes it. A cast has it otherwise for some types.
    FieldType.TEXT: "CASE WHEN {column} IS NOT NULL THEN concat({column}) END",
    FieldType.TIMESTAMP: (
        "CASE WHEN {column} >= '0001-01-01 00:00:00' AND {column} < '10000-01-01 00:00:00'"
        " THEN translate({column}::text, ' ', 'T') ELSE {column}::text END"
    ),
    FieldType.INSTANT: (
        "CASE WHEN {column} >= '0001-01-01 00:00:00+00' AND {column} < '10000-01-01 00:00:00+00'"
        " THEN left(translate({column}::text, ' +', 'TZ'), -2) ELSE {column}::text END"
    ),
}
