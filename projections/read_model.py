"""What a read model is, so that one projector and one rebuild serve them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeAlias, TypeVar
from uuid import UUID

from domain.ports import Recorded
from domain.streams import Kind

Column: TypeAlias = str | int | bool | UUID | datetime | None
"""What stands in one column of a row; JSON as text."""


class HistoryBroken(Exception):
    """An aggregate's events don't begin with its first one or are out of order. Check the event
    store (`waybill doctor`), then rebuild the read model."""


class Versioned(Protocol):
    """Every row says which event of its aggregate it has seen last."""

    @property
    def version(self) -> int: ...

    @property
    def position(self) -> int: ...


Row = TypeVar("Row", bound=Versioned)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadModel(Generic[Row]):
    """One row per aggregate. `name` is the folder under `projections`, the prefix of its tables
    and its consumer group; `key` the column of the aggregate's id.

    `revision` goes up when `project` gives other rows for the same events while `table.sql` stays
    as it is: a live table of another revision must be rebuilt."""

    name: str
    revision: int
    kind: Kind
    key: str
    columns: tuple[str, ...]
    project: Callable[[Row | None, Recorded], Row]
    to_columns: Callable[[Row], Mapping[str, Column]]
    from_columns: Callable[[Mapping[str, Any]], Row]
    reads: frozenset[type]
    """The classes of the events of `kind`; others in the log are passed over."""
