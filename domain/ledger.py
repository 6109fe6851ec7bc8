"""Deciding against the store: load, decide, append, and again when somebody else was first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Generic, TypeVar, cast
from uuid import UUID

from domain.downloads import decide as downloads
from domain.downloads.decide import Download, DownloadCommand
from domain.downloads.events import DownloadEvent
from domain.exports import decide as exports
from domain.exports.commands import ExportCommand
from domain.exports.events import ExportEvent
from domain.exports.state import Export
from domain.exports.state import evolve as evolve_export
from domain.keys import decide as keys
from domain.keys.decide import Key, KeyCommand
from domain.keys.events import KeyEvent
from domain.ports import EventStore, VersionConflict

State = TypeVar("State")
Command = TypeVar("Command")
Fact = TypeVar("Fact")

CONFLICTS = 50
"""How often a command is decided again before its conflict is the caller's: writers to one
aggregate are the workers at its chunks, so a long row of conflicts means something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known(Generic[State]):
    """An aggregate's state after `version` events; None and 0 for one that doesn't exist."""

    state: State | None
    version: int


class Ledger(Generic[State, Command, Fact]):
    """Aggregates of one kind. Folded states are kept for the most recently used ones, so that a
    command costs the events since the last look, not the whole history. Safe across threads."""

    def __init__(
        self,
        store: EventStore,
        decide: Callable[[Command, State | None], Sequence[Fact]],
        evolve: Callable[[State | None, Fact], State],
        remember: int = 256,
    ) -> None:
        self._store = store
        self._decide = decide
        self._evolve = evolve
        self._remember = remember
        self._known: OrderedDict[UUID, Known[State]] = OrderedDict()
        self._lock = Lock()

    def load(self, aggregate_id: UUID) -> Known[State]:
        """The present state, read from the store."""
        known = self._recall(aggregate_id)
        state, version = known.state, known.version
        for recorded in self._store.read(aggregate_id, after=version):
            state = self._evolve(state, cast("Fact", recorded.event))
            version = recorded.version
        return self._keep(aggregate_id, Known(state=state, version=version))

    def execute(self, aggregate_id: UUID, *commands: Command) -> list[Fact]:
        """Decides the commands one after the other and appends what they lead to, all or none.

        Raises what the rules raise."""
        for _ in range(CONFLICTS):
            known = self.load(aggregate_id)
            facts, state = self._run(commands, known.state)
            if not facts:
                return []
            try:
                self._store.append(aggregate_id, known.version, cast("Any", facts))
            except VersionConflict:
                continue
            self._keep(aggregate_id, Known(state=state, version=known.version + len(facts)))
            return facts
        raise VersionConflict(f"{aggregate_id} is written to faster than it can be decided")

    def _run(
        self, commands: Sequence[Command], state: State | None
    ) -> tuple[list[Fact], State | None]:
        facts: list[Fact] = []
        for command in commands:
            for fact in self._decide(command, state):
                facts.append(fact)
                state = self._evolve(state, fact)
        return facts, state

    def _recall(self, aggregate_id: UUID) -> Known[State]:
        with self._lock:
            return self._known.get(aggregate_id, Known(state=None, version=0))

    def _keep(self, aggregate_id: UUID, known: Known[State]) -> Known[State]:
        if known.state is None:
            return known  # ids that somebody made up push out nothing
        with self._lock:
            newest = self._known.get(aggregate_id)
            if newest is None or newest.version < known.version:
                self._known[aggregate_id] = known
            self._known.move_to_end(aggregate_id)
            while len(self._known) > self._remember:
                self._known.popitem(last=False)
        return known


Exports = Ledger[Export, ExportCommand, ExportEvent]
Downloads = Ledger[Download, DownloadCommand, DownloadEvent]
Keys = Ledger[Key, KeyCommand, KeyEvent]


def open_exports(store: EventStore) -> Exports:
    return Ledger(store, exports.decide, evolve_export)


def open_downloads(store: EventStore) -> Downloads:
    return Ledger(store, downloads.decide, downloads.evolve)


def open_keys(store: EventStore) -> Keys:
    return Ledger(store, keys.decide, keys.evolve)
