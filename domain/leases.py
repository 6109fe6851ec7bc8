"""Who is at work at what: leases over the outstanding jobs. They tell the reaper and the dispatcher
who is busy; what counts is decided by the exports' rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.exports.work import Job
from domain.fairness import Demand
from domain.streams import JobKind, JobMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A lease that this worker holds. `tries` counts the claims of this job, this one included."""

    job: JobMessage
    tries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Free places over all living workers; `small` are extractions that each worker keeps
    for small exports."""

    renders: int
    extractions: int
    small: int


class Work(Protocol):
    """Jobs, leases and workers; operational state that can be lost. Its clock is the database's."""

    def syncing(self, export_id: UUID) -> AbstractContextManager[WorkSync]:
        """A transaction in which nobody else changes this export's jobs."""

    def claim(self, job_id: str, worker: str) -> Held | None:
        """The lease, or None when somebody else has it or the job is gone."""

    def release(self, job_id: str, worker: str, retry_in: float) -> None:
        """Gives a job back, to be released again after so many seconds."""

    def done(self, job_id: str) -> None: ...

    def beat(self, worker: str, renders: int, extractions: int, jobs: Iterable[str]) -> set[str]:
        """Says that a worker lives, extends its leases and returns those of `jobs` it still has."""

    def leave(self, worker: str) -> None:
        """Says that a worker has stopped; its jobs are ready at once."""

    def room(self) -> Room: ...

    def demands(self, kinds: Sequence[JobKind], *, small: bool | None = None) -> list[Demand]:
        """What waits and what is taken, per export; `small` narrows it to (not) small exports."""

    def take(
        self, export_id: UUID, kinds: Sequence[JobKind], count: int, *, small: bool | None = None
    ) -> list[JobMessage]:
        """Marks up to `count` ready jobs of an export as released, lowest index first."""

    def recover(self) -> list[Held]:
        """Makes jobs whose lease or release has run out ready again, and returns those that were
        running."""

    def idle_exports(self, seconds: float) -> list[UUID]:
        """Open exports that nothing was heard of for so long."""

    def due_expiries(self, now: datetime, limit: int) -> list[UUID]: ...

    def expired(self, export_id: UUID) -> None: ...


class WorkSync(Protocol):
    """One export's rows in the table of work."""

    def replace(self, *, workspace: str, weight: int, small: bool, jobs: Sequence[Job]) -> None:
        """Leaves exactly these jobs; those there already keep their state."""

    def open(self) -> None:
        """The export has not ended; it was heard of now."""

    def close(self, expires_at: datetime | None) -> None:
        """The export has ended; its files go at `expires_at`."""
