"""Who is at work at what: leases over the outstanding jobs. They tell the reaper and the dispatcher
who is busy; what counts is decided by the exports' rules."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from domain.exports.work import Job
from domain.fairness import Demand
from domain.streams import JobMessage


class Lane(StrEnum):
    """Jobs that wait for places of the same kind. What takes long has a lane of its own for small
    exports, so that they never wait for a large one to end."""

    EXTRACT = "extract"
    EXTRACT_SMALL = "extract-small"
    RENDER = "render"
    ASSEMBLE = "assemble"
    ASSEMBLE_SMALL = "assemble-small"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A lease. `tries` counts the claims of this job, this one included, so that with the worker it
    tells this lease from any other of the same job."""

    job: JobMessage
    worker: str
    tries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A job whose lease ran out; `deaths` counts the leases of it that did."""

    job: JobMessage
    deaths: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Workforce:
    """The living workers, the places that they say they have, and how many jobs of each lane are on
    their way or being done."""

    workers: int
    renders: int
    extractions: int
    taken: Mapping[Lane, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How many of an export's ready jobs in a lane are to be released."""

    lane: Lane
    export_id: UUID
    count: int


class Work(Protocol):
    """Jobs, leases and workers; operational state that can be lost. Its clock is the database's.
    Raises `StoreUnavailable`."""

    def syncing(self, export_id: UUID) -> AbstractContextManager[WorkSync]:
        """A transaction in which nobody else changes this export's jobs."""

    def claim(self, job_id: str, worker: str) -> Held | None:
        """The lease, or None when somebody else has it, the job is gone or must wait."""

    def claim_waiting(self, worker: str) -> Held | None:
        """The lease of the chunk that was released first of those that nobody has begun with."""

    def holds(self, held: Held) -> bool:
        """Whether it is still this lease that counts."""

    def release(self, held: Held, retry_in: float) -> None:
        """Gives a job back, to be released again after so many seconds; nothing when the lease was
        lost."""

    def hand_on(self, held: Held) -> None:
        """Gives a job back that nothing is wrong with: it is ready at once, and this was no try."""

    def done(self, held: Held) -> None:
        """Takes the job off the table; nothing when the lease was lost."""

    def beat(
        self, worker: str, renders: int, extractions: int, leases: Collection[Held]
    ) -> set[Held]:
        """Says that a worker lives, extends its leases and returns those it still has."""

    def leave(self, worker: str) -> None:
        """Says that a worker has stopped; its jobs are ready at once."""

    def workforce(self) -> Workforce: ...

    def demands(self, lanes: Collection[Lane]) -> dict[Lane, list[Demand]]:
        """What waits and what is taken, per export."""

    def take(self, shares: Sequence[Share]) -> list[JobMessage]:
        """Marks ready jobs as released, an export's lowest index first."""

    def let_run_out(self) -> None:
        """Has all leases and releases run out now, but for jobs at which a worker died before: what
        kills its worker is not begun again at once for ever."""

    def recover(self) -> list[Lost]:
        """Makes jobs whose lease or release has run out ready again, and returns those that were
        running."""

    def idle_exports(self, seconds: float, limit: int) -> list[UUID]:
        """Open exports that nothing was heard of for so long, the quietest first."""

    def seconds_in_hand(self, export_id: UUID) -> float | None:
        """For how long a worker has had one of its jobs, the longest; 0 while all wait for places,
        None when it has none."""

    def unknown_exports(self, export_ids: Collection[UUID]) -> set[UUID]:
        """Those of these that the table holds neither as open nor as expiring."""

    def depths(self) -> dict[tuple[str, str], int]:
        """How many jobs there are, by kind and state."""

    def now(self) -> datetime:
        """By the clock that leases and expiries go by: a process's own may be an hour ahead."""

    def due_expiries(self, limit: int) -> list[UUID]: ...

    def expired(self, export_id: UUID) -> None: ...

    def due_sweeps(self, limit: int) -> list[UUID]:
        """Exports that ended a while ago and were not swept since. They come again later unless
        `swept` is said."""

    def swept(self, export_id: UUID) -> None: ...


class WorkSync(Protocol):
    """One export's rows in the table of work."""

    def replace(self, *, workspace: str, weight: int, small: bool, jobs: Iterable[Job]) -> bool:
        """Leaves exactly these jobs; those there already keep their state. Says whether that
        changed anything."""

    def open(self) -> None:
        """The export has not ended; it was heard of now."""

    def close(self, expires_at: datetime | None) -> None:
        """The export has ended; its files go at `expires_at`."""

    def forget(self) -> None:
        """There is no such export."""
