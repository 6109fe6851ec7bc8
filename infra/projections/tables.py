"""The versioned tables of the read models: which one is live, how rows get in and out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
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
from projections.read_model import ReadModel, Row

SQL = load_queries("infra", "sql/projections_queries.sql")

Here = Connection[DictRow]

_DROP_PATIENCE = "2s"


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
    """One version of a read model's table."""

    model: ReadModel[Row]
    version: int

    @property
    def name(self) -> sql.Identifier:
        return sql.Identifier(f"{self.model.name}_v{self.version}")

    def create(self, connection: Here) -> None:
        connection.execute(sql.SQL(_definition(self.model.name)).format(table=self.name))

    def drop(self, connection: Here) -> None:
        connection.execute(sql.SQL("DROP TABLE {}").format(self.name))

    def analyze(self, connection: Here) -> None:
        """Tells the planner what is in it, before anybody asks."""
        connection.execute(sql.SQL("ANALYZE {}").format(self.name))

    def rows(self, connection: Here, keys: Sequence[UUID]) -> dict[UUID, Row]:
        """The rows of these aggregates, of those that have one."""
        if not keys:
            return {}
        statement = sql.SQL(SQL["rows"]).format(table=self.name, key=sql.Identifier(self.model.key))
        found = connection.execute(statement, {"keys": list(keys)}).fetchall()
        return {columns[self.model.key]: self.model.from_columns(columns) for columns in found}

    def write(self, connection: Here, rows: Iterable[Row]) -> None:
        """Puts rows in the place of those that were there, together with how much of their
        aggregates they hold."""
        with connection.cursor() as cursor:
            statement = _writing(self.model, self.version)
            cursor.executemany(statement, [self.model.to_columns(row) for row in rows])


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
def _writing(model: ReadModel[Any], version: int) -> sql.Composed:
    columns = [sql.Identifier(name) for name in model.columns]
    return sql.SQL(SQL["write"]).format(
        table=Table(model, version).name,
        key=sql.Identifier(model.key),
        columns=sql.SQL(", ").join(columns),
        values=sql.SQL(", ").join(map(sql.Placeholder, model.columns)),
        excluded=sql.SQL(", ").join(sql.SQL("EXCLUDED.{}").format(name) for name in columns),
        projection=sql.Literal(model.name),
        table_version=sql.Literal(version),
    )


@cache
def _definition(name: str) -> LiteralString:
    """The file is part of the code, so its text is as trusted as a literal."""
    return files("projections").joinpath(name, "table.sql").read_text(encoding="utf-8")
