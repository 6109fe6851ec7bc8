"""What flows between the parts: thin envelopes of events, job messages, progress ticks.

A handler gets these from a transport and can't tell which one. Envelopes come at least once and
in order per aggregate; what counts is read from the event store.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID


class Kind(StrEnum):
    """The kinds of aggregates; each has a public topic of its own."""

    EXPORT = "export"
    DOWNLOAD = "download"
    REFUSAL = "refusal"
    KEY = "key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One recorded event as subscribers see it. `type` is the wire name, such as
    `export.chunk-rendered.v1`; `data` is the public, thin payload; `version` is the aggregate's
    sequence number; `epoch` the life of the store that recorded it."""

    position: int
    epoch: UUID
    kind: Kind
    aggregate_id: UUID
    version: int
    type: str
    at: datetime
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A consumer group: its name is also its processor's file and its faust agent. `handle` is
    synchronous and idempotent; what it raises is retried a few times, then its key is parked."""

    name: str
    kinds: frozenset[Kind]
    handle: Callable[[Envelope], None]


class JobKind(StrEnum):
    EXTRACT = "extract"
    RENDER = "render"
    ASSEMBLE = "assemble"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobMessage:
    """A piece of work that was released to the workers. It may be lost, doubled or late: `id` is
    the row in `jobs` whose lease decides who does it. `index` and `file` are -1 and "" where
    the kind has none."""

    id: str
    export_id: UUID
    kind: JobKind
    attempt: int
    index: int
    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Fine progress between two events; never stored. `rows` and `size` (bytes of text) are
    totals of the running extraction."""

    export_id: UUID
    attempt: int
    rows: int
    size: int
    at: datetime


class Jobs(Protocol):
    """The way from the dispatcher to the workers."""

    def release(self, job: JobMessage) -> None:
        """Hands a job to some worker. Returning means that it is on its way, not done."""


class Ticks(Protocol):
    """The way from the workers to whoever watches."""

    def publish(self, tick: Tick) -> None:
        """Says how far an extraction is. Never blocks for long and never raises: a lost tick is
        no harm."""
