"""An installation's read models on a real database, and what they ought to hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from domain.events import Event
from domain.ports import Recorded
from domain.streams import Envelope
from infra.database import Pool, migrate, open_pool
from infra.projections import make_read_models
from infra.projections.tables import Table, live, versions
from infra.store import EventStoreOnPostgresql
from projections.read_model import ReadModel, folded
from schemas.registry import kind_of, name_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    url: str
    pool: Pool
    store: EventStoreOnPostgresql

    def record(self, events: Sequence[Event], aggregate_id: UUID | None = None) -> UUID:
        """Appends a whole history and returns its aggregate's id."""
        key = aggregate_id or uuid4()
        self.store.append(key, 0, events)
        return key

    def hints(self) -> list[Envelope]:
        """An envelope for every event of the log."""
        return [envelope(each) for each in self.store.log(0, 1_000_000)]

    def held(self, model: ReadModel[Any]) -> dict[UUID, Any]:
        """The live table's rows; a list of them where an aggregate has several."""
        with self.pool.connection() as connection, connection.transaction():
            table = Table(model, live(connection, model).version)
            return _by_aggregate(model, table.everything(connection))

    def owed(self, model: ReadModel[Any]) -> dict[UUID, Any]:
        """The rows that the log's events make, by the pure function alone."""
        return _by_aggregate(model, folded(model, self.store.log(0, 1_000_000)))

    def live_version(self, model: ReadModel[Any]) -> int:
        with self.pool.connection() as connection:
            return live(connection, model).version

    def tables(self, model: ReadModel[Any]) -> list[int]:
        with self.pool.connection() as connection:
            return versions(connection, model)

    def bookkeeping(self, model: ReadModel[Any]) -> dict[tuple[int, UUID], int]:
        """What `projected` says: version by table and aggregate."""
        with self.pool.connection() as connection:
            rows = connection.execute(
                "SELECT table_version, aggregate_id, version FROM projected WHERE projection = %s",
                (model.name,),
            ).fetchall()
        return {(row["table_version"], row["aggregate_id"]): row["version"] for row in rows}


@contextmanager
def open_site(url: str, connections: int = 8) -> Iterator[Site]:
    migrate(url)
    pool = open_pool(url, size=connections)
    with pool, EventStoreOnPostgresql(url) as store:
        make_read_models(pool)
        yield Site(url=url, pool=pool, store=store)


def envelope(recorded: Recorded) -> Envelope:
    return Envelope(
        position=recorded.position,
        epoch=UUID(int=0),
        kind=kind_of(name_of(recorded.event)),
        aggregate_id=recorded.aggregate_id,
        version=recorded.version,
        type="some.event.v1",
        at=recorded.event.at,
        data={},
    )


def _by_aggregate(model: ReadModel[Any], rows: Iterable[Any]) -> dict[UUID, Any]:
    found: dict[UUID, Any] = {}
    for row in rows:
        key = getattr(row, model.key)
        if model.entries is None:
            found[key] = row
        else:
            found.setdefault(key, []).append(row)
    return found
