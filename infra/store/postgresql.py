"""The event store: eventsourcing's PostgreSQL recorder behind our own port.

The recorder inserts under a lock, so that positions become visible in their order and nobody who
tails the log misses an event; its mode with database functions takes none and isn't used.
Reading is ours, as the recorder doesn't tell an event's position with an aggregate's events.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, cast
from uuid import UUID

from eventsourcing.persistence import (
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    StoredEvent,
)
from eventsourcing.postgres import (
    ConnectionPool,
    PostgresApplicationRecorder,
    PostgresDatastore,
)
from psycopg import sql
from psycopg.rows import DictRow, dict_row

from domain.events import Event
from domain.ports import Recorded, StoreUnavailable, VersionConflict
from infra.database import check_not_hung_up, watchful
from infra.queries import load_queries
from infra.store.wakeups import Wakeups
from schemas.registry import decode, encode

_SQL = load_queries("infra", "sql/store_queries.sql")

APPENDING = 7_301_003
"""The advisory lock of whoever appends. 7_301_001 is the migrations', 7_301_002 the relay's."""
_TAKE_TURNS = sql.SQL("SELECT pg_advisory_xact_lock({})").format(APPENDING)


class StoreNotMade(Exception):
    """This database has no event store yet, or not all of it. Run `waybill migrate` first."""

    def __str__(self) -> str:
        return self.__doc__ or ""


class EventStoreOnPostgresql:
    """Satisfies `domain.ports.EventStore`. `url` is any that libpq takes, `connections` the most
    it opens, `patience` how many seconds a call waits for one, and a writer for the lock, before
    it gives up. Safe across threads. Raises `StoreUnavailable` and `StoreNotMade`."""

    def __init__(self, url: str, connections: int = 8, patience: int = 5) -> None:
        self._url = url
        self._datastore = _datastore(url, connections, patience)
        try:
            self._recorder = _recorder(self._datastore)
        except BaseException:
            self._datastore.close()
            raise

    def append(self, aggregate_id: UUID, after: int, events: Sequence[Event]) -> int:
        if not events:
            return self.head()
        self._check_version(aggregate_id, after)
        stored = [
            _stored(aggregate_id, version, event)
            for version, event in enumerate(events, start=after + 1)
        ]
        with _unavailable():
            try:
                return self._recorder.insert_events(stored)[-1]
            except IntegrityError as error:
                raise VersionConflict(_conflict(aggregate_id, after)) from error

    def read(self, aggregate_id: UUID, after: int = 0) -> list[Recorded]:
        rows = self._rows("read", aggregate_id=aggregate_id, after=after)
        return [_recorded(aggregate_id, row) for row in rows]

    def log(self, after: int, limit: int) -> list[Recorded]:
        rows = self._rows("log", after=after, limit=limit)
        return [_recorded(row["originator_id"], row) for row in rows]

    def head(self) -> int:
        return int(self._rows("head")[0]["head"])

    def epoch(self) -> UUID:
        return cast("UUID", self._rows("epoch")[0]["epoch"])

    def new_epoch(self) -> UUID:
        """Begins another life of this store: for one that was restored from a backup, before
        anything uses it."""
        return cast("UUID", self._rows("new_epoch")[0]["epoch"])

    def listen(self) -> Wakeups:
        """A bell that rings when something was appended, by whomever."""
        return Wakeups(self._url)

    def close(self) -> None:
        self._datastore.close()

    def __enter__(self) -> EventStoreOnPostgresql:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _check_version(self, aggregate_id: UUID, after: int) -> None:
        """That nobody is further is seen at the insert, by the primary key. That the aggregate
        has come so far must be asked: a process that remembers what a restored store forgot
        would leave a hole. Versions are never removed, so there is no race."""
        if after and not self._rows("has_version", aggregate_id=aggregate_id, version=after):
            raise VersionConflict(_conflict(aggregate_id, after))

    def _rows(self, query: str, **values: object) -> list[DictRow]:
        with _unavailable(), self._datastore.get_connection() as connection:
            return connection.execute(_SQL[query], values, prepare=True).fetchall()


def _datastore(url: str, connections: int, patience: int) -> PostgresDatastore:
    datastore = PostgresDatastore(
        dbname="", host="", port="", user="", password="",  # the URL says it, below
        lock_timeout=patience,
        idle_in_transaction_session_timeout=patience,  # a stopped process keeps no lock
    )  # fmt: skip
    # A pool of ours: the five parameters can't say all that a URL can (sockets, TLS, several
    # hosts, options).
    datastore.pool = ConnectionPool(
        kwargs={
            **watchful(url, connect_timeout=patience),
            "row_factory": dict_row,
        },
        min_size=1,
        max_size=connections,
        open=False,
        configure=datastore.after_connect_func(),
        timeout=patience,
        # A pool that waits longer and longer between tries would miss a server that is back.
        reconnect_timeout=patience,
        check=check_not_hung_up,  # a connection that died in the pool is no failed append
    )
    return datastore


def _recorder(datastore: PostgresDatastore) -> _Recorder:
    with _unavailable():
        recorder = _Recorder(datastore)
    if not datastore.psycopg_python_types:  # the recorder's type of an event was not found
        raise StoreNotMade
    return recorder


class _Recorder(PostgresApplicationRecorder):
    """Inserts as its parent does, in one plain transaction. The parent's pipeline never ends when
    a statement is larger than the socket's buffer (psycopg 3.3 leaves the rest of it unsent),
    and it would hold the lock all the time. Nor does this try ten times, which would turn a dead
    server into a minute of silence and a lost answer to a commit into a conflict.

    Writers exclude each other by an advisory lock in the place of the parent's lock of the table,
    which a VACUUM holds up and which ends one that PostgreSQL began by itself (docs/adr/0002). It
    is held to the end of the transaction as well."""

    def __init__(self, datastore: PostgresDatastore) -> None:
        super().__init__(datastore)
        limit_waiting, _ = self.lock_table_statements
        self.lock_table_statements = [limit_waiting, _TAKE_TURNS]

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> Sequence[int]:
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_stored_events(cursor, stored_events)
            return [row["notification_id"] for row in cursor.fetchall()]


@contextmanager
def _unavailable() -> Iterator[None]:
    """No connection, no lock in time, no room on the disk, read-only: all of it can pass."""
    try:
        yield
    except (OperationalError, InterfaceError, InternalError) as error:
        raise StoreUnavailable(f"{StoreUnavailable.__doc__} ({_first_line(error)})") from error


def _stored(aggregate_id: UUID, version: int, event: Event) -> StoredEvent:
    name, payload = encode(event)
    return StoredEvent(
        originator_id=aggregate_id, originator_version=version, topic=name, state=payload
    )


def _recorded(aggregate_id: UUID, row: Mapping[str, Any]) -> Recorded:
    return Recorded(
        position=row["notification_id"],
        aggregate_id=aggregate_id,
        version=row["originator_version"],
        event=decode(row["topic"], row["state"]),
    )


def _conflict(aggregate_id: UUID, after: int) -> str:
    return f"{aggregate_id} is not at version {after} any more"


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
