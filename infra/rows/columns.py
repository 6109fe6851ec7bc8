"""A dataset's columns and joins, as quoted identifiers.

Every column is qualified: a bare name in ORDER BY would bind to an output column, and one in a
join could be the other table's.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from psycopg.sql import SQL, Composable, Composed, Identifier

from domain.datasets import Dataset, Field, FieldType, Relation


class Aliases:
    """Names for what one statement reads from, each given once."""

    def __init__(self) -> None:
        self._given: Counter[str] = Counter()

    def next(self, letter: str) -> str:
        number = self._given[letter]
        self._given[letter] += 1
        return f"{letter}{number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A dataset's rows under the alias that a statement gives them."""

    alias: str
    dataset: Dataset

    def column(self, name: str) -> Composable:
        """One of the dataset's own fields, as it is stored."""
        return _qualified(self.alias, self.dataset.resolve(name).column)

    def rows(self) -> Composed:
        return _rows_of(self.dataset, self.alias)


class Columns:
    """The columns that one SELECT uses; the relations that it needs are joined, no others."""

    def __init__(self, dataset: Dataset, aliases: Aliases | None = None, alias: str = "t") -> None:
        self.aliases = aliases or Aliases()
        self._main = Place(alias=alias, dataset=dataset)
        self._places: dict[tuple[str, ...], Place] = {(): self._main}
        self._joins: list[Composable] = []

    def plain(self, field: Field) -> Composable:
        """The column as it is."""
        *path, _ = field.name.split(".")
        return _qualified(self.place(tuple(path)).alias, field.column)

    def compared(self, field: Field) -> Composable:
        """What a filter compares: the text of anything that was declared a text."""
        column = self.plain(field)
        return SQL("{}::text").format(column) if field.type is FieldType.TEXT else column

    def ordered(self, field: Field) -> Composable:
        """What sorts, and what less and more mean: text by its bytes."""
        compared = self.compared(field)
        return SQL('{} COLLATE "C"').format(compared) if field.type is FieldType.TEXT else compared

    def place(self, path: tuple[str, ...]) -> Place:
        """Where to-one relations, one after the other, lead."""
        if path not in self._places:
            self._places[path] = self._joined(self.place(path[:-1]), path[-1])
        return self._places[path]

    def join(self, joined: Composable) -> None:
        """Adds to what is read from; it may refer to all that was joined before."""
        self._joins.append(joined)

    def source(self) -> Composed:
        """What stands after FROM. Each relation is joined on the whole key of the other: that adds
        no rows."""
        return SQL(" ").join([self._main.rows(), *self._joins])

    def _joined(self, here: Place, name: str) -> Place:
        relation = here.dataset.relation(name)
        if relation is None or relation.many:
            raise ValueError(f"{here.dataset.id}.{name} leads to no single row")
        there = Place(alias=self.aliases.next("r"), dataset=here.dataset.beyond(relation))
        self.join(SQL("LEFT JOIN {} ON {}").format(there.rows(), matches(relation, here, there)))
        return there


def matches(relation: Relation, here: Place, there: Place) -> Composed:
    """What makes a row there one of the relation's."""
    return SQL(" AND ").join(
        SQL("{} = {}").format(there.column(name_there), here.column(name_here))
        for name_here, name_there in relation.on.items()
    )


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
