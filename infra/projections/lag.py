"""How far a read model is behind the log, by what its table holds and not by what was announced:
a message that was lost shows here, and is made good from here.

All aggregates advance on their own, so there is no one position up to which a table was filled.
Looking through the log for the first event that the table lacks finds it; where the last look
ended is kept, so that a look costs the events since then.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.ports import EventStore, Recorded
from infra.database import Pool
from infra.projections.tables import SQL, live
from projections.read_model import ReadModel

_BATCH = 1_000
"""Events looked at in one go: a megabyte or so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """Every event up to position `applied` is in the table and the log ends at `head`; `seconds`
    is the age of the oldest event that is not in the table, 0 when there is none."""

    projection: str
    applied: int
    head: int
    seconds: float

    @property
    def positions(self) -> int:
        return self.head - self.applied


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Some consecutive events of the log, and those of them that table `version` lacks."""

    version: int
    events: list[Recorded]
    lacking: list[Recorded]


class LogWalk:
    """Goes through the log behind the position up to which a read model is known to be filled."""

    def __init__(self, model: ReadModel[Any], store: EventStore, pool: Pool) -> None:
        self._model = model
        self._store = store
        self._pool = pool

    def looks(self) -> Iterator[Look]:
        """To the log's end as it is now. Whoever takes a look says `filled` for it, or stops."""
        head = self._store.head()
        while (look := self._look()).events:
            yield look
            if look.events[-1].position >= head:
                return

    def filled(self, look: Look, through: int) -> None:
        """Keeps that the looked-at table holds every event up to this position."""
        values = {"projection": self._model.name, "live": look.version, "position": through}
        with self._pool.connection() as connection:
            connection.execute(SQL["advance"], values)

    def lag(self, now: datetime) -> Lag:
        head = self._store.head()
        for look in self.looks():
            if look.lacking:
                first = look.lacking[0]
                self.filled(look, first.position - 1)
                return self._lag(first.position - 1, head, (now - first.event.at).total_seconds())
            self.filled(look, look.events[-1].position)
        return self._lag(head, head, 0.0)

    def _lag(self, applied: int, head: int, seconds: float) -> Lag:
        return Lag(
            projection=self._model.name,
            applied=applied,
            head=max(head, applied),
            seconds=max(0.0, seconds),
        )

    def _look(self) -> Look:
        with self._pool.connection() as connection:
            state = live(connection, self._model)
        events = self._store.log(state.applied_through, _BATCH)
        lacking = self._lacking([each for each in events if type(each.event) in self._model.reads])
        return Look(version=state.version, events=events, lacking=lacking)

    def _lacking(self, events: list[Recorded]) -> list[Recorded]:
        values = {
            "projection": self._model.name,
            "aggregate_ids": list({event.aggregate_id for event in events}),
        }
        with self._pool.connection() as connection:
            rows = connection.execute(SQL["versions"], values).fetchall()
        versions = {row["aggregate_id"]: row["version"] for row in rows}
        return [each for each in events if each.version > versions.get(each.aggregate_id, 0)]
