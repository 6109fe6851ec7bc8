"""Folds the log into a table's rows in memory and writes each as rarely as possible.

An aggregate's events lie close together in the log, so its rows are mostly written once, when
others have pushed them out. Memory is bounded by the rows of `keep` aggregates that are still open
and one batch of events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic
from uuid import UUID

from domain.ports import Recorded
from infra.projections.tables import Here, Table
from projections.read_model import Row, Trail

_KEEP = 10_000


class Folding(Generic[Row]):
    """`position`: everything up to here is folded. `events` counts those that concern the read
    model, `rows` those that they made."""

    def __init__(self, table: Table[Row], connection: Here, keep: int = _KEEP) -> None:
        self.table = table
        self.position = 0
        self.events = 0
        self.rows = 0
        self._connection = connection
        self._keep = keep
        self._known: dict[UUID, Trail[Row]] = {}  # the least recently changed first
        self._unwritten: set[UUID] = set()

    def add(self, events: Sequence[Recorded]) -> None:
        own = [each for each in events if type(each.event) in self.table.model.reads]
        self._recall(own)
        for each in own:
            self._fold(each)
        self.events += len(own)
        self.position = events[-1].position
        if len(self._known) > self._keep:
            self._push_out(list(self._known)[: -self._keep // 2])

    def flush(self) -> None:
        """Writes what is not in the table yet."""
        self._write(self._unwritten)

    def _recall(self, events: Sequence[Recorded]) -> None:
        """Brings back the rows that were pushed out too early."""
        gone = {each.aggregate_id for each in events if each.aggregate_id not in self._known}
        begun = {each.aggregate_id for each in events if each.version == 1}
        self._known |= self.table.trails(self._connection, list(gone - begun))

    def _fold(self, recorded: Recorded) -> None:
        key = recorded.aggregate_id
        trail = self._known.pop(key, None) or Trail(self.table.model)
        self._known[key] = trail
        self.rows += trail.fold(recorded)
        self._unwritten.add(key)

    def _push_out(self, keys: Sequence[UUID]) -> None:
        self._write(self._unwritten.intersection(keys))
        for key in keys:
            del self._known[key]

    def _write(self, keys: set[UUID]) -> None:
        with self._connection.transaction():
            self.table.write(self._connection, {key: self._known[key] for key in keys})
        self._unwritten = self._unwritten - keys
