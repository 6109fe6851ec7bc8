"""The table of work in memory, and a source of rows in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from uuid import UUID

from domain.datasets import Dataset
from domain.exports.work import Assemble, Extract, Job, Render
from domain.fairness import Demand
from domain.leases import Held, Room
from domain.ports import Fragment, RowsUnavailable
from domain.rows import RowQuery
from domain.streams import JobKind, JobMessage, Tick


@dataclass
class FakeJob:
    message: JobMessage
    workspace: str
    weight: int
    small: bool
    state: str = "ready"
    worker: str | None = None
    tries: int = 0
    lost: bool = False
    """Its lease or its release has run out."""


class FakeWork:
    """`places` is the room there is; a lease runs out when a test says so by `lose`."""

    def __init__(self, places: Room | None = None) -> None:
        self.jobs: dict[str, FakeJob] = {}
        self.opened: set[UUID] = set()
        self.idle: list[UUID] = []
        self.expiries: dict[UUID, datetime] = {}
        self.places = places or Room(renders=4, extractions=2, small=2)
        self.left: list[str] = []

    @contextmanager
    def syncing(self, export_id: UUID) -> Iterator[FakeSync]:
        yield FakeSync(self, export_id)

    def claim(self, job_id: str, worker: str) -> Held | None:
        job = self.jobs.get(job_id)
        if job is None or (job.state == "running" and not job.lost):
            return None
        job.state, job.worker, job.lost, job.tries = "running", worker, False, job.tries + 1
        return Held(job=job.message, tries=job.tries)

    def release(self, job_id: str, worker: str, retry_in: float) -> None:
        job = self.jobs.get(job_id)
        if job is not None and job.worker == worker:
            job.state, job.worker = "ready", None

    def done(self, job_id: str) -> None:
        self.jobs.pop(job_id, None)

    def beat(self, worker: str, renders: int, extractions: int, jobs: Iterable[str]) -> set[str]:
        return {name for name in jobs if name in self.jobs and self.jobs[name].worker == worker}

    def leave(self, worker: str) -> None:
        self.left.append(worker)
        for job in self.jobs.values():
            if job.worker == worker:
                job.state, job.worker = "ready", None

    def room(self) -> Room:
        return self.places

    def demands(self, kinds: Sequence[JobKind], *, small: bool | None = None) -> list[Demand]:
        found: dict[UUID, list[FakeJob]] = {}
        for job in self.jobs.values():
            if job.message.kind in kinds and small in (None, job.small):
                found.setdefault(job.message.export_id, []).append(job)
        return [
            Demand(
                export_id=export_id,
                workspace=jobs[0].workspace,
                weight=jobs[0].weight,
                ready=sum(job.state == "ready" for job in jobs),
                taken=sum(job.state != "ready" for job in jobs),
                since=datetime(2026, 1, 1, tzinfo=UTC),
            )
            for export_id, jobs in found.items()
        ]

    def take(
        self, export_id: UUID, kinds: Sequence[JobKind], count: int, *, small: bool | None = None
    ) -> list[JobMessage]:
        ready = [
            job
            for job in self.jobs.values()
            if job.message.export_id == export_id
            and job.message.kind in kinds
            and job.state == "ready"
            and small in (None, job.small)
        ]
        taken = sorted(ready, key=lambda job: job.message.index)[:count]
        for job in taken:
            job.state = "released"
        return [job.message for job in taken]

    def lose(self, job_id: str) -> None:
        self.jobs[job_id].lost = True

    def recover(self) -> list[Held]:
        lost = [job for job in self.jobs.values() if job.lost]
        running = [job for job in lost if job.state == "running"]
        for job in lost:
            job.state, job.worker, job.lost = "ready", None, False
        return [Held(job=job.message, tries=job.tries) for job in running]

    def idle_exports(self, seconds: float) -> list[UUID]:
        return self.idle

    def due_expiries(self, now: datetime, limit: int) -> list[UUID]:
        return [export_id for export_id, at in self.expiries.items() if at <= now][:limit]

    def expired(self, export_id: UUID) -> None:
        self.expiries.pop(export_id, None)


class FakeSync:
    def __init__(self, work: FakeWork, export_id: UUID) -> None:
        self._work, self._export_id = work, export_id

    def replace(self, *, workspace: str, weight: int, small: bool, jobs: Sequence[Job]) -> None:
        wanted = {message.id: message for message in (self._message(job) for job in jobs)}
        for name, job in list(self._work.jobs.items()):
            if job.message.export_id == self._export_id and name not in wanted:
                del self._work.jobs[name]
        for name, message in wanted.items():
            job = FakeJob(message=message, workspace=workspace, weight=weight, small=small)
            self._work.jobs.setdefault(name, job)

    def open(self) -> None:
        self._work.opened.add(self._export_id)
        self._work.expiries.pop(self._export_id, None)

    def close(self, expires_at: datetime | None) -> None:
        self._work.opened.discard(self._export_id)
        if expires_at is not None:
            self._work.expiries[self._export_id] = expires_at

    def _message(self, job: Job) -> JobMessage:
        match job:
            case Extract():
                parts = (JobKind.EXTRACT, 0, -1, "")
            case Render():
                parts = (JobKind.RENDER, job.attempt, job.index, job.file)
            case Assemble():
                parts = (JobKind.ASSEMBLE, job.attempt, -1, job.file)
        kind, attempt, index, file = parts
        return JobMessage(
            id=f"{self._export_id}/{kind}/{attempt}/{file}/{index}",
            export_id=self._export_id,
            kind=kind,
            attempt=attempt,
            index=index,
            file=file,
        )


@dataclass
class FakeRows:
    """`lines` are rows as COPY text without their line feed."""

    lines: list[bytes] = field(default_factory=list)
    failing: Exception | None = None
    dies_after: int | None = None
    estimated: int | None = None
    asked: list[RowQuery] = field(default_factory=list)

    @contextmanager
    def snapshot(self, dataset: Dataset, query: RowQuery) -> Iterator[FakeSnapshot]:
        self._check(query)
        yield FakeSnapshot(self, query)

    def estimate(self, dataset: Dataset, query: RowQuery) -> int:
        self._check(query)
        return len(self.lines) if self.estimated is None else self.estimated

    def count(self, dataset: Dataset, query: RowQuery) -> int:
        self._check(query)
        return len(self.lines)

    def preview(self, dataset: Dataset, query: RowQuery, rows: int) -> Fragment:
        self._check(query)
        return _fragment(self.lines[:rows])

    def _check(self, query: RowQuery) -> None:
        self.asked.append(query)
        if self.failing is not None:
            raise self.failing


class FakeSnapshot:
    taken_at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    def __init__(self, rows: FakeRows, query: RowQuery) -> None:
        self._rows, self._query = rows, query

    def fragments(self, rows: int) -> Iterator[Fragment]:
        lines = iter(self._rows.lines[: self._query.limit])
        given = 0
        while batch := list(islice(lines, rows)):
            yield _fragment(batch)
            given += len(batch)
            if self._rows.dies_after is not None and given >= self._rows.dies_after:
                raise RowsUnavailable

    def count(self) -> int:
        return len(self._rows.lines)


class FakeTicks:
    def __init__(self) -> None:
        self.published: list[Tick] = []

    def publish(self, tick: Tick) -> None:
        self.published.append(tick)


class FakeJobs:
    def __init__(self) -> None:
        self.released: list[JobMessage] = []

    def release(self, job: JobMessage) -> None:
        self.released.append(job)


class FakeClock:
    """Stands still until it is moved on."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **delta: float) -> None:
        self.now += timedelta(**delta)


def _fragment(lines: list[bytes]) -> Fragment:
    return Fragment(rows=len(lines), data=b"".join(line + b"\n" for line in lines))
