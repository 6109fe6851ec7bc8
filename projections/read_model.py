"""What a read model is, so that one projector and one rebuild serve them all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeAlias, TypeVar
from uuid import UUID

from domain.ports import Recorded
from domain.streams import Kind

Column: TypeAlias = str | int | bool | UUID | datetime | None
"""What stands in one column of a row; JSON as text."""


class HistoryBroken(Exception):
    """An aggregate's events don't begin with its first one or are out of order. Check the event
    store (`waybill doctor`), then rebuild the read model."""


Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries(Generic[Row]):
    """How the rows of one aggregate are told apart: `number` gives a row's number within it, which
    its table keeps in the column `entry`. `open` says whether a later event may still change the
    row, or is understood by it; the table keeps it in the column `open`. Only open rows are read
    again, so an aggregate may have any number of rows that are settled."""

    number: Callable[[Row], int]
    open: Callable[[Row], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadModel(Generic[Row]):
    """A table made from the events of some kinds of aggregates: a row per aggregate, or with
    `entries` several. `name` is the folder under `projections`, the prefix of its tables and its
    consumer group; `key` the column of the aggregate's id.

    `project` is given the aggregate's open rows and an event, and returns the rows that the event
    makes or changes. `revision` goes up when it gives other rows for the same events while
    `table.sql` stays as it is: a live table of another revision must be rebuilt."""

    name: str
    revision: int
    kinds: frozenset[Kind]
    key: str
    entries: Entries[Row] | None = None
    columns: tuple[str, ...]
    project: Callable[[Sequence[Row], Recorded], Sequence[Row]]
    to_columns: Callable[[Row], Mapping[str, Column]]
    from_columns: Callable[[Mapping[str, Any]], Row]
    reads: frozenset[type]
    """The classes of the events of `kinds`; others in the log are passed over."""

    @property
    def identity(self) -> tuple[str, ...]:
        """The columns that no two rows share."""
        return (self.key,) if self.entries is None else (self.key, "entry")


def one_row(
    project: Callable[[Row | None, Recorded], Row],
) -> Callable[[Sequence[Row], Recorded], Sequence[Row]]:
    """For read models with a row per aggregate: the row before, and the row after."""

    def projected(rows: Sequence[Row], recorded: Recorded) -> Sequence[Row]:
        return (project(rows[0] if rows else None, recorded),)

    return projected


class Trail(Generic[Row]):
    """One aggregate's rows while its events are folded in, beginning with those that its table has
    open. `version` is the last event's, 0 before one, `position` its place in the log."""

    def __init__(self, model: ReadModel[Row], rows: Iterable[Row] = ()) -> None:
        self.version = 0
        self.position = 0
        self._model = model
        self._open = {self._number(row): row for row in rows}
        self._changed: dict[int, Row] = {}

    @property
    def changed(self) -> Collection[Row]:
        """What is not in the table yet."""
        return self._changed.values()

    def fold(self, recorded: Recorded) -> int:
        """Applies an event that the read model reads; returns how many rows it made."""
        made = 0
        for row in self._model.project(tuple(self._open.values()), recorded):
            number = self._number(row)
            made += number not in self._open
            self._open[number] = self._changed[number] = row
        self._settle()
        self.version, self.position = recorded.version, recorded.position
        return made

    def written(self) -> None:
        self._changed = {}

    def _number(self, row: Row) -> int:
        return 0 if self._model.entries is None else self._model.entries.number(row)

    def _settle(self) -> None:
        if (entries := self._model.entries) is not None:
            self._open = {n: row for n, row in self._open.items() if entries.open(row)}


def folded(model: ReadModel[Row], events: Iterable[Recorded]) -> list[Row]:
    """All rows that these events make, in memory: what a table ought to hold."""
    trails: dict[UUID, Trail[Row]] = {}
    for recorded in events:
        if type(recorded.event) in model.reads:
            trails.setdefault(recorded.aggregate_id, Trail(model)).fold(recorded)
    return [row for trail in trails.values() for row in trail.changed]
