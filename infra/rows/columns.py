"""A dataset's columns and joins, as quoted identifiers.

Every column is qualified: a bare name in ORDER BY would bind to an output column, and one in a
join could be the other table's.
"""

from __future__ import annotations

from typing import Final

from psycopg.sql import SQL, Composable, Composed, Identifier

from domain.datasets import Dataset, Field, FieldType, Relation

_MAIN: Final = "t"


class Columns:
    """The columns that one statement uses; the relations that it needs are joined, no others."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._aliases = {name: f"r{number}" for number, name in enumerate(dataset.related)}
        self._joined: set[str] = set()

    def plain(self, field: Field) -> Composable:
        """The column as it is."""
        relation, _, _ = field.name.rpartition(".")
        if relation:
            self._joined.add(relation)
        return _qualified(self._aliases[relation] if relation else _MAIN, field.column)

    def compared(self, field: Field) -> Composable:
        """What a filter compares: the text of anything that was declared a text."""
        column = self.plain(field)
        return SQL("{}::text").format(column) if field.type is FieldType.TEXT else column

    def ordered(self, field: Field) -> Composable:
        """What sorts, and what less and more mean: text by its bytes."""
        compared = self.compared(field)
        return SQL('{} COLLATE "C"').format(compared) if field.type is FieldType.TEXT else compared

    def source(self) -> Composed:
        """What stands after FROM. Each join is on the whole key of the other: it adds no rows."""
        relations = {relation.name: relation for relation in self._dataset.relations}
        joins = [
            self._join(relations[name], other)
            for name, other in self._dataset.related.items()
            if name in self._joined
        ]
        return SQL(" ").join([_rows_of(self._dataset, _MAIN), *joins])

    def _join(self, relation: Relation, other: Dataset) -> Composed:
        alias = self._aliases[relation.name]
        matches = [
            SQL("{} = {}").format(
                _qualified(alias, other.resolve(there).column),
                _qualified(_MAIN, self._dataset.resolve(here).column),
            )
            for here, there in relation.on.items()
        ]
        return SQL("LEFT JOIN {} ON {}").format(_rows_of(other, alias), SQL(" AND ").join(matches))


def _rows_of(dataset: Dataset, alias: str) -> Composed:
    if dataset.query is not None:
        # The operator's own SQL; the line feed ends a comment on its last line.
        rows: Composable = SQL("({}\n)").format(SQL(_escaped(dataset.query)))
    else:
        rows = Identifier(*(_escaped(part) for part in (dataset.table or "").split(".")))
    return SQL("{} AS {}").format(rows, Identifier(alias))


def _qualified(alias: str, column: str) -> Composable:
    return Identifier(alias, _escaped(column))


def _escaped(text: str) -> str:
    """As psycopg reads it: `%` marks a parameter, `%%` is one `%`."""
    return text.replace("%", "%%")
