"""A read model's table made from the log, or from the beginning of it, in tables that only one
connection sees: what it held at some time, and whether the live one holds what it should.

Nothing that lives is touched or waited for. Memory is bounded as in a rebuild."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from contextlib import contextmanager
from datetime import datetime
from typing import Generic
from uuid import UUID

from psycopg import sql
from psycopg.rows import DictRow

from domain.ports import EventStore, Recorded
from infra.database import Pool
from infra.projections.folding import Folding
from infra.projections.tables import SCRATCH, SQL, Here, Table, live
from projections.as_of import happened
from projections.read_model import ReadModel, Row

_BATCH = 5_000
"""Events folded in one go: some megabytes."""


class Scratch(Generic[Row]):
    """A read model's table of this connection's own, empty at first. `events` counts those that
    were folded, `position` is the last one's that was looked at."""

    def __init__(self, model: ReadModel[Row], connection: Here) -> None:
        self.table = Table(model, SCRATCH)
        self._connection = connection
        self._folding = Folding(self.table, connection)

    @property
    def events(self) -> int:
        return self._folding.events

    @property
    def position(self) -> int:
        return self._folding.position

    def fold(self, events: Iterable[list[Recorded]]) -> None:
        """Applies batches of events that stand in the log's order."""
        for batch in events:
            if batch:
                self._folding.add(batch)
        self._folding.flush()

    def fold_until(self, at: datetime, events: Iterable[list[Recorded]]) -> None:
        """Applies what had happened by then (`projections.as_of`)."""
        self._connection.execute(SQL["make_later"])
        try:
            self.fold(happened(events, at, _Later(self._connection)))
        finally:
            self._connection.execute(SQL["drop_later"])

    def rows(self) -> Iterator[Row]:
        with self._connection.transaction():
            yield from self.table.everything(self._connection)

    def chosen(self, workspace: str | None, about: UUID | None) -> Iterator[DictRow]:
        """The columns of the rows of a workspace, of an aggregate or an export, or of all; times
        in UTC."""
        statement = sql.SQL(SQL["chosen"]).format(
            table=self.table.name, key=sql.Identifier(self.table.model.key), identity=self._identity
        )
        with self._connection.transaction(), self._connection.cursor("chosen") as cursor:
            self._connection.execute("SET LOCAL TimeZone = 'UTC'")
            yield from cursor.execute(statement, {"workspace": workspace, "about": about})

    def count(self) -> int:
        statement = sql.SQL(SQL["count"]).format(table=self.table.name)
        row = self._connection.execute(statement).fetchone()
        return 0 if row is None else int(row["rows"])

    @property
    def _identity(self) -> sql.Composed:
        return sql.SQL(", ").join(map(sql.Identifier, self.table.model.identity))

    def differences(self) -> list[DictRow]:
        """The rows that the live table has and this one hasn't (`side` is `live`), or the other
        way round (`side` is `log`). Raises `ReadModelMissing`."""
        with self._connection.transaction():
            self._connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            model = self.table.model
            present = Table(model, live(self._connection, model).version)
            statement = sql.SQL(SQL["differences"]).format(
                live=present.name,
                scratch=self.table.name,
                identity=self._identity,
            )
            return self._connection.execute(statement).fetchall()


class _Later:
    """Satisfies `projections.as_of.Later`, in a table that goes with the connection."""

    def __init__(self, connection: Here) -> None:
        self._connection = connection

    def among(self, aggregate_ids: Set[UUID]) -> Set[UUID]:
        found = self._connection.execute(SQL["among_later"], {"ids": list(aggregate_ids)})
        return {row["aggregate_id"] for row in found}

    def add(self, aggregate_ids: Set[UUID]) -> None:
        if aggregate_ids:
            self._connection.execute(SQL["add_later"], {"ids": list(aggregate_ids)})


@contextmanager
def scratch(model: ReadModel[Row], pool: Pool) -> Iterator[Scratch[Row]]:
    """Needs the right to make temporary tables, which everybody has who may connect."""
    with pool.connection() as connection:
        table = Table(model, SCRATCH)
        table.create(connection)
        try:
            yield Scratch(model, connection)
        finally:
            if not connection.closed:
                table.drop(connection)


def whole_log(store: EventStore, after: int = 0) -> Iterator[list[Recorded]]:
    """To the log's end as it is when this comes to it."""
    while events := store.log(after, _BATCH):
        yield events
        after = events[-1].position


def log_through(store: EventStore, position: int) -> Iterator[list[Recorded]]:
    """The events up to this position, inclusive."""
    for batch in whole_log(store):
        if batch[-1].position > position:
            yield [each for each in batch if each.position <= position]
            return
        yield batch
