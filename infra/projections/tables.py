"""The versioned tables of the read models: which one is live, how rows get in and out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Generic, LiteralString
from uuid import UUID

import psycopg
from psycopg import Connection, sql
from psycopg.rows import DictRow

from infra.database import Pool
from infra.queries import load_queries
from projections.catalogue import READ_MODELS
from projections.read_model import ReadModel, Row, Trail

SQL = load_queries("infra", "sql/projections_queries.sql")

Here = Connection[DictRow]

SCRATCH = 0
"""The version of a table that only its connection sees and that goes with it."""

_DROP_PATIENCE = "2s"

_AT_ONCE = 1_000
"""Rows fetched in one go where all are read."""


class ReadModelFault(Exception):
    """A read model can't be used as it is now."""

    def __str__(self) -> str:
        return " ".join([*(self.__doc__ or "").split(), *map(str, self.args)])


class ReadModelMissing(ReadModelFault):
    """This database has no tables for the read models yet. Run `waybill migrate` first."""


class ReadModelOutdated(ReadModelFault):
    """The live table was made by another release. It can be read meanwhile; to have it follow the
    events again, run `waybill rebuild` for"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """`applied_through`: every event up to this position is in table `version`."""

    version: int
    shape: str
    applied_through: int


@dataclass(frozen=True, slots=True)
class Table(Generic[Row]):
    """One version of a read model's table; version `SCRATCH` is this connection's own."""

    model: ReadModel[Row]
    version: int

    @property
    def name(self) -> sql.Identifier:
        name = f"{self.model.name}_v{self.version}"
        return sql.Identifier("pg_temp", name) if self.version == SCRATCH else sql.Identifier(name)

    def create(self, connection: Here) -> None:
        connection.execute(sql.SQL(_definition(self.model.name)).format(table=self.name))

    def drop(self, connection: Here) -> None:
        connection.execute(sql.SQL("DROP TABLE {}").format(self.name))

    def analyze(self, connection: Here) -> None:
        """Tells the planner what is in it, before anybody asks."""
        connection.execute(sql.SQL("ANALYZE {}").format(self.name))

    def trails(self, connection: Here, keys: Sequence[UUID]) -> dict[UUID, Trail[Row]]:
        """These aggregates with their open rows, of those that have any."""
        found: dict[UUID, list[Row]] = {}
        if keys:
            for columns in connection.execute(_reading(self), {"keys": list(keys)}):
                rows = found.setdefault(columns[self.model.key], [])
                rows.append(self.model.from_columns(columns))
        return {key: Trail(self.model, rows) for key, rows in found.items()}

    def everything(self, connection: Here) -> Iterator[Row]:
        """All rows in the order of their identities, without holding them. To be used inside a
        transaction."""
        statement = sql.SQL(SQL["everything"]).format(
            table=self.name, identity=_names(self.model.identity)
        )
        with connection.cursor("everything") as cursor:
            cursor.itersize = _AT_ONCE
            for columns in cursor.execute(statement):
                yield self.model.from_columns(columns)

    def write(self, connection: Here, trails: Mapping[UUID, Trail[Row]]) -> None:
        """Puts changed rows in the place of those that were there, and how much of their
        aggregates the table holds now. To be used inside a transaction, so that one is never
        without the other."""
        rows = [row for trail in trails.values() for row in trail.changed]
        with connection.cursor() as cursor:
            cursor.executemany(_writing(self), [self.model.to_columns(row) for row in rows])
            if self.version != SCRATCH:
                held = [self._held(key, trail) for key, trail in trails.items()]
                cursor.executemany(SQL["hold"], held)
        for trail in trails.values():
            trail.written()

    def _held(self, key: UUID, trail: Trail[Row]) -> dict[str, object]:
        return {
            "projection": self.model.name,
            "table_version": self.version,
            "aggregate_id": key,
            "version": trail.version,
            "position": trail.position,
        }


def make_read_models(
    pool: Pool, models: Iterable[ReadModel[Any]] = tuple(READ_MODELS.values())
) -> list[str]:
    """Makes the tables of read models that have none and returns these models' names. They begin
    empty: `Projector.catch_up` or a rebuild fills them. Safe to call from several processes."""
    with pool.connection() as connection:
        return [model.name for model in models if _make(connection, model)]


def live(connection: Here, model: ReadModel[Any]) -> Live:
    """Raises `ReadModelMissing`."""
    row = connection.execute(SQL["live"], {"projection": model.name}).fetchone()
    if row is None:
        raise ReadModelMissing
    return Live(version=row["live"], shape=row["shape"], applied_through=row["applied_through"])


def shape(model: ReadModel[Any]) -> str:
    """Tells definitions apart whose tables can't stand in for one another."""
    digest = hashlib.sha256(_definition(model.name).encode()).hexdigest()
    return f"{model.revision}:{digest[:16]}"


def check_shape(model: ReadModel[Any], found: str) -> None:
    """Raises `ReadModelOutdated`."""
    if found != shape(model):
        raise ReadModelOutdated(model.name)


def versions(connection: Here, model: ReadModel[Any]) -> list[int]:
    """All tables of a read model that exist, by version."""
    found = connection.execute(SQL["tables"], {"pattern": f"^{model.name}_v[0-9]+$"}).fetchall()
    return sorted(int(row["tablename"].rpartition("_v")[2]) for row in found)


def drop_all_but(connection: Here, table: Table[Any]) -> None:
    """Removes a read model's other tables, unless somebody reads one at length, such as a backup:
    the next rebuild tries again."""
    with suppress(psycopg.errors.LockNotAvailable), connection.transaction():
        limit_waiting(connection, _DROP_PATIENCE)
        for version in versions(connection, table.model):
            if version != table.version:
                Table(table.model, version).drop(connection)
        values = {"projection": table.model.name, "live": table.version}
        connection.execute(SQL["forget_versions"], values)


def limit_waiting(connection: Here, patience: str) -> None:
    """Lets this transaction wait for a lock only so long."""
    connection.execute("SELECT set_config('lock_timeout', %s, true)", (patience,))


def _make(connection: Here, model: ReadModel[Any]) -> bool:
    with connection.transaction():
        values = {"projection": model.name, "shape": shape(model)}
        if connection.execute(SQL["claim"], values).fetchone() is None:
            return False
        Table(model, 1).create(connection)
        return True


@cache
def _reading(table: Table[Any]) -> sql.Composed:
    return sql.SQL(SQL["rows"]).format(
        table=table.name,
        key=sql.Identifier(table.model.key),
        open=sql.SQL("true" if table.model.entries is None else "open"),
    )


@cache
def _writing(table: Table[Any]) -> sql.Composed:
    columns = [sql.Identifier(name) for name in table.model.columns]
    return sql.SQL(SQL["write"]).format(
        table=table.name,
        identity=_names(table.model.identity),
        columns=sql.SQL(", ").join(columns),
        values=sql.SQL(", ").join(map(sql.Placeholder, table.model.columns)),
        excluded=sql.SQL(", ").join(sql.SQL("EXCLUDED.{}").format(name) for name in columns),
    )


def _names(columns: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


@cache
def _definition(name: str) -> LiteralString:
    """The file is part of the code, so its text is as trusted as a literal."""
    return files("projections").joinpath(name, "table.sql").read_text(encoding="utf-8")
