"""The table of work in memory, and a source of rows in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from threading import Lock
from uuid import UUID

from domain.datasets import Dataset
from domain.exports.work import Assemble, Extract, Job, Render
from domain.fairness import Demand
from domain.leases import Held, Lane, Lost, Share, Workforce
from domain.ports import Estimate, Fragment, RowsUnavailable, Source, StoreUnavailable
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
    deaths: int = 0
    lost: bool = False
    """Its lease or its release has run out."""
    claimed_at: datetime | None = None

    @property
    def lane(self) -> Lane:
        kind = self.message.kind
        return Lane(f"{kind}-small" if self.small and kind is not JobKind.RENDER else kind)


class FakeWork:
    """`force` are the workers there are; a lease runs out when a test says so by `lose`. While
    `unavailable`, every call fails."""

    def __init__(self, force: Workforce | None = None) -> None:
        self.jobs: dict[str, FakeJob] = {}
        self.opened: set[UUID] = set()
        self.idle: list[UUID] = []
        self.expiries: dict[UUID, datetime] = {}
        self.sweeps: list[UUID] = []
        self.force = force or Workforce(workers=1, renders=2, extractions=2, taken={})
        self.left: list[str] = []
        self.syncs = 0
        self.pauses: list[float] = []
        self.unavailable = False
        self.clock = FakeClock()
        self._claiming = Lock()

    @contextmanager
    def syncing(self, export_id: UUID) -> Iterator[FakeSync]:
        self._check()
        self.syncs += 1
        yield FakeSync(self, export_id)

    def claim(self, job_id: str, worker: str) -> Held | None:
        self._check()
        job = self.jobs.get(job_id)
        if job is None or (job.state == "running" and not job.lost):
            return None
        return self._claimed(job, worker)

    def claim_waiting(self, worker: str) -> Held | None:
        self._check()
        with self._claiming:
            waiting = [
                job
                for job in list(self.jobs.values())
                if (job.lane, job.state, job.lost) == (Lane.RENDER, "released", False)
            ]
            return self._claimed(waiting[0], worker) if waiting else None

    def holds(self, held: Held) -> bool:
        self._check()
        return self._held(held) is not None

    def release(self, held: Held, retry_in: float) -> None:
        self._check()
        if job := self._held(held):
            job.state, job.worker = "ready", None
            self.pauses.append(retry_in)

    def hand_on(self, held: Held) -> None:
        self._check()
        if job := self._held(held):
            job.state, job.worker, job.tries = "ready", None, job.tries - 1

    def done(self, held: Held) -> None:
        self._check()
        if self._held(held):
            del self.jobs[held.job.id]

    def beat(
        self, worker: str, renders: int, extractions: int, leases: Collection[Held]
    ) -> set[Held]:
        self._check()
        return {held for held in leases if held.worker == worker and self._held(held)}

    def leave(self, worker: str) -> None:
        self._check()
        self.left.append(worker)
        for job in self.jobs.values():
            if job.worker == worker:
                job.state, job.worker = "ready", None

    def workforce(self) -> Workforce:
        self._check()
        taken = Counter(job.lane for job in self.jobs.values() if job.state != "ready")
        return replace(self.force, taken=taken)

    def demands(self, lanes: Collection[Lane]) -> dict[Lane, list[Demand]]:
        self._check()
        found: dict[tuple[Lane, UUID], list[FakeJob]] = {}
        for job in self.jobs.values():
            if job.lane in lanes:
                found.setdefault((job.lane, job.message.export_id), []).append(job)
        demands: dict[Lane, list[Demand]] = {}
        for (lane, export_id), jobs in found.items():
            demands.setdefault(lane, []).append(
                Demand(
                    export_id=export_id,
                    workspace=jobs[0].workspace,
                    weight=jobs[0].weight,
                    ready=sum(job.state == "ready" for job in jobs),
                    taken=sum(job.state != "ready" for job in jobs),
                    since=datetime(2026, 1, 1, tzinfo=UTC),
                )
            )
        return demands

    def take(self, shares: Sequence[Share]) -> list[JobMessage]:
        self._check()
        taken: list[FakeJob] = []
        for share in shares:
            ready = [
                job
                for job in self.jobs.values()
                if job.message.export_id == share.export_id
                and job.lane is share.lane
                and job.state == "ready"
            ]
            taken += sorted(ready, key=lambda job: job.message.index)[: share.count]
        for job in taken:
            job.state = "released"
        return sorted((job.message for job in taken), key=lambda message: message.index)

    def lose(self, job_id: str) -> None:
        self.jobs[job_id].lost = True

    def let_run_out(self) -> None:
        self._check()
        for job in self.jobs.values():
            job.lost = job.lost or (job.state != "ready" and job.deaths == 0)

    def recover(self) -> list[Lost]:
        self._check()
        lost = [job for job in self.jobs.values() if job.lost]
        running = [job for job in lost if job.state == "running"]
        for job in running:
            job.deaths += 1
        for job in lost:
            job.state, job.worker, job.lost = "ready", None, False
        return [Lost(job=job.message, deaths=job.deaths) for job in running]

    def idle_exports(self, seconds: float, limit: int) -> list[UUID]:
        self._check()
        return self.idle[:limit]

    def seconds_in_hand(self, export_id: UUID) -> float | None:
        self._check()
        jobs = [job for job in self.jobs.values() if job.message.export_id == export_id]
        taken = [job.claimed_at for job in jobs if job.state == "running" and job.claimed_at]
        if not jobs:
            return None
        return max(((self.clock() - at).total_seconds() for at in taken), default=0.0)

    def unknown_exports(self, export_ids: Collection[UUID]) -> set[UUID]:
        self._check()
        return set(export_ids) - self.opened - self.expiries.keys()

    def depths(self) -> dict[tuple[str, str], int]:
        self._check()
        return dict(Counter((job.message.kind.value, job.state) for job in self.jobs.values()))

    def now(self) -> datetime:
        self._check()
        return self.clock()

    def due_expiries(self, limit: int) -> list[UUID]:
        now = self.now()
        return [export_id for export_id, at in self.expiries.items() if at <= now][:limit]

    def expired(self, export_id: UUID) -> None:
        self._check()
        self.expiries.pop(export_id, None)

    def due_sweeps(self, limit: int) -> list[UUID]:
        self._check()
        return self.sweeps[:limit]

    def swept(self, export_id: UUID) -> None:
        self._check()
        self.sweeps.remove(export_id)

    def _claimed(self, job: FakeJob, worker: str) -> Held:
        job.deaths += job.state == "running"
        job.claimed_at = self.clock()
        job.state, job.worker, job.lost, job.tries = "running", worker, False, job.tries + 1
        return Held(job=job.message, worker=worker, tries=job.tries)

    def _held(self, held: Held) -> FakeJob | None:
        job = self.jobs.get(held.job.id)
        if job is None or job.state != "running":
            return None
        return job if (job.worker, job.tries) == (held.worker, held.tries) else None

    def _check(self) -> None:
        if self.unavailable:
            raise StoreUnavailable


class FakeSync:
    def __init__(self, work: FakeWork, export_id: UUID) -> None:
        self._work, self._export_id = work, export_id

    def replace(self, *, workspace: str, weight: int, small: bool, jobs: Iterable[Job]) -> bool:
        wanted = {message.id: message for message in map(self._message, jobs)}
        known = {n: j for n, j in self._work.jobs.items() if j.message.export_id == self._export_id}
        for name in known.keys() - wanted.keys():
            del self._work.jobs[name]
        for name, message in wanted.items():
            job = FakeJob(message=message, workspace=workspace, weight=weight, small=small)
            self._work.jobs.setdefault(name, job)
        return known.keys() != wanted.keys()

    def open(self) -> None:
        self._work.opened.add(self._export_id)
        self._work.expiries.pop(self._export_id, None)
        if self._export_id in self._work.sweeps:
            self._work.sweeps.remove(self._export_id)

    def close(self, expires_at: datetime | None) -> None:
        lost = expires_at is not None and self._export_id not in self._work.expiries
        ended = lost or self._export_id in self._work.opened
        self._work.opened.discard(self._export_id)
        if ended and self._export_id not in self._work.sweeps:
            self._work.sweeps.append(self._export_id)
        if expires_at is not None:
            self._work.expiries[self._export_id] = expires_at

    def forget(self) -> None:
        self.replace(workspace="", weight=1, small=False, jobs=())
        self._work.opened.discard(self._export_id)
        self._work.expiries.pop(self._export_id, None)

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
    """`lines` are rows as COPY text without their line feed; `others` those of datasets that have
    others, by their ids."""

    lines: list[bytes] = field(default_factory=list)
    others: dict[str, list[bytes]] = field(default_factory=dict)
    failing: Exception | None = None
    dies_after: int | None = None
    estimated: int | None = None
    row_bytes: int = 100
    asked: list[RowQuery] = field(default_factory=list)

    @contextmanager
    def snapshot(self, dataset: Dataset, query: RowQuery) -> Iterator[FakeSnapshot]:
        self._check(query)
        yield FakeSnapshot(self, dataset, query)

    def lines_of(self, dataset: Dataset) -> list[bytes]:
        return self.others.get(dataset.id, self.lines)

    def estimate(self, dataset: Dataset, query: RowQuery) -> Estimate:
        self._check(query)
        rows = len(self.lines_of(dataset)) if self.estimated is None else self.estimated
        return Estimate(rows=rows, row_bytes=self.row_bytes)

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

    def __init__(self, rows: FakeRows, dataset: Dataset, query: RowQuery) -> None:
        self._rows, self._query = rows, query
        self._lines = rows.lines_of(dataset)

    def of(self, dataset: Dataset, query: RowQuery) -> FakeSnapshot:
        return FakeSnapshot(self._rows, dataset, query)

    def fragments(self, rows: int) -> Iterator[Fragment]:
        lines = iter(self._lines[: self._query.limit])
        given = 0
        while batch := list(islice(lines, rows)):
            yield _fragment(batch)
            given += len(batch)
            if self._rows.dies_after is not None and given >= self._rows.dies_after:
                raise RowsUnavailable

    def count(self) -> int:
        return len(self._lines)


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


class FakeSources:
    """These datasets, all with the same rows."""

    def __init__(self, datasets: Mapping[str, Dataset], rows: FakeRows) -> None:
        self._datasets = datasets
        self._rows = rows

    def find(self, dataset: str) -> Source | None:
        found = self._datasets.get(dataset)
        return None if found is None else Source(dataset=found, rows=self._rows)

    def all(self) -> list[Dataset]:
        return [each for _, each in sorted(self._datasets.items())]


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
