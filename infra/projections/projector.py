"""Keeps a read model up to date while events come in.

A message is a hint that its aggregate has news: what counts is read from the event store, from the
version on that the table has already. So messages that are lost, doubled or out of order do no
harm (docs/adr/0007).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Generic, NamedTuple
from uuid import UUID

from domain.ports import EventStore, Recorded
from domain.streams import Envelope, Subscription
from infra.database import Pool
from infra.projections.lag import Lag, LogWalk
from infra.projections.tables import SQL, Here, ReadModelFault, ReadModelMissing, Table, check_shape
from projections.read_model import ReadModel, Row, Trail
from schemas.registry import EVENTS

_TRIES = 500
_PAUSE = 0.02  # seconds; with the tries, a switch may take 10 s


class ReadModelSwitching(ReadModelFault):
    """A rebuild has been switching this read model for too long. Nothing is lost: the event is
    applied later. Look whether a connection to the database hangs in a transaction."""


class _Applied(NamedTuple):
    table: int
    version: int


class Projector(Generic[Row]):
    """One read model's consumer. Safe across threads and processes."""

    def __init__(self, model: ReadModel[Row], store: EventStore, pool: Pool) -> None:
        self._model = model
        self._store = store
        self._pool = pool
        self._walk = LogWalk(model, store, pool)

    @property
    def subscription(self) -> Subscription:
        name, kinds = self._model.name, self._model.kinds
        return Subscription(name=name, kinds=kinds, handle=self.handle)

    def handle(self, envelope: Envelope) -> None:
        """Raises `StoreUnavailable`, `ReadModelOutdated`, `ReadModelSwitching` and what psycopg
        raises; nothing is applied then."""
        known = EVENTS.get(envelope.type)
        if envelope.kind in self._model.kinds and (known is None or known in self._model.reads):
            self.refresh(envelope.aggregate_id, envelope.version)

    def refresh(self, aggregate_id: UUID, version: int | None = None) -> None:
        """Applies what the table lacks of one aggregate; nothing when it has `version` already.

        No connection is held while the store is read: the store needs one too, and threads that
        hold one while they wait for a second can wait for each other."""
        for _ in range(_TRIES):
            applied = self._applied(aggregate_id)
            if version is not None and applied.version >= version:
                return
            events = self._store.read(aggregate_id, after=applied.version)
            missing = [each for each in events if type(each.event) in self._model.reads]
            if not missing or self._apply(aggregate_id, missing, applied.version):
                return
            time.sleep(_PAUSE)
        raise ReadModelSwitching

    def catch_up(self) -> int:
        """Applies what no message told of, up to the log's present end, and returns how many
        events that were. Cheap when nothing was lost: for every start, and now and then."""
        applied = 0
        for look in self._walk.looks():
            for aggregate_id in dict.fromkeys(each.aggregate_id for each in look.lacking):
                self.refresh(aggregate_id)
            self._walk.filled(look, look.events[-1].position)
            applied += len(look.lacking)
        return applied

    def lag(self, now: datetime) -> Lag:
        return self._walk.lag(now)

    def _applied(self, aggregate_id: UUID) -> _Applied:
        with self._pool.connection() as connection:
            return self._applied_over(connection, aggregate_id)

    def _applied_over(self, connection: Here, aggregate_id: UUID) -> _Applied:
        row = connection.execute(SQL["applied"], self._names(aggregate_id)).fetchone()
        if row is None:
            raise ReadModelMissing
        check_shape(self._model, row["shape"])
        return _Applied(row["live"], row["version"])

    def _apply(self, aggregate_id: UUID, events: Sequence[Recorded], after: int) -> bool:
        """Applies those of the events behind version `after` that the table lacks. False when the
        table that was asked is about to be switched, or was and lacks more."""
        with self._pool.connection() as connection, connection.transaction():
            free = connection.execute(SQL["try_applying"], self._names(aggregate_id)).fetchone()
            if free is None or not free["taken"]:
                return False
            applied = self._applied_over(connection, aggregate_id)
            if applied.version < after:
                return False
            fresh = [event for event in events if event.version > applied.version]
            self._write(connection, Table(self._model, applied.table), aggregate_id, fresh)
        return True

    def _write(
        self, connection: Here, table: Table[Row], aggregate_id: UUID, events: Sequence[Recorded]
    ) -> None:
        trails = table.trails(connection, [aggregate_id])
        trail = trails.setdefault(aggregate_id, Trail(self._model))
        for event in events:
            trail.fold(event)
        if events:
            table.write(connection, trails)

    def _names(self, aggregate_id: UUID) -> dict[str, object]:
        return {"projection": self._model.name, "aggregate_id": aggregate_id}
