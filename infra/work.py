"""The table of work under way: jobs, leases, workers. Its SQL is `sql/work_queries.sql`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import DictRow

from domain.exports.work import Assemble, Extract, Job, Render
from domain.fairness import Demand
from domain.leases import Held, Room
from domain.streams import JobKind, JobMessage
from infra.database import Pool
from infra.queries import load_queries

_SQL = load_queries("infra", "sql/work_queries.sql")


class WorkTable:
    """`lease` and `release` are in seconds: how long a silent worker keeps its jobs, and how long
    a message may be on its way before it is sent again."""

    def __init__(self, pool: Pool, lease: float, release: float = 15.0) -> None:
        self._pool = pool
        self._lease = lease
        self._release = release

    @contextmanager
    def syncing(self, export_id: UUID) -> Iterator[_Sync]:
        with self._pool.connection() as connection, connection.transaction():
            connection.execute(_SQL["lock_export"], {"export_id": export_id})
            yield _Sync(connection, export_id)

    def claim(self, job_id: str, worker: str) -> Held | None:
        values = {"id": job_id, "worker": worker, "lease": self._lease}
        row = self._one("claim", values)
        return None if row is None else Held(job=_message(row), tries=int(row["tries"]))

    def release(self, job_id: str, worker: str, retry_in: float) -> None:
        self._do("release", {"id": job_id, "worker": worker, "retry_in": retry_in})

    def done(self, job_id: str) -> None:
        self._do("done", {"id": job_id})

    def beat(self, worker: str, renders: int, extractions: int, jobs: Iterable[str]) -> set[str]:
        values = {"worker": worker, "renders": renders, "extractions": extractions}
        self._do("alive", values)
        held = {"worker": worker, "ids": sorted(jobs), "lease": self._lease}
        return {str(row["id"]) for row in self._all("beat", held)} if held["ids"] else set()

    def leave(self, worker: str) -> None:
        self._do("give_back", {"worker": worker})
        self._do("leave", {"worker": worker})

    def room(self) -> Room:
        row = self._one("room", {"lease": self._lease})
        assert row is not None  # noqa: S101 - an aggregate always has a row
        return Room(
            renders=max(0, row["renders"]),
            extractions=max(0, row["extractions"]),
            small=max(0, row["small"]),
        )

    def demands(self, kinds: Sequence[JobKind], *, small: bool | None = None) -> list[Demand]:
        values = {"kinds": [kind.value for kind in kinds], "small": small}
        return [Demand(**row) for row in self._all("demands", values)]

    def take(
        self, export_id: UUID, kinds: Sequence[JobKind], count: int, *, small: bool | None = None
    ) -> list[JobMessage]:
        values = {
            "export_id": export_id,
            "kinds": [kind.value for kind in kinds],
            "count": count,
            "small": small,
            "release": self._release,
        }
        return sorted(
            (_message(row) for row in self._all("take", values)), key=lambda job: job.index
        )

    def recover(self) -> list[Held]:
        return [
            Held(job=_message(row), tries=int(row["tries"]))
            for row in self._all("recover", {})
            if row["was"] == "running"
        ]

    def idle_exports(self, seconds: float) -> list[UUID]:
        return [row["export_id"] for row in self._all("idle_exports", {"seconds": seconds})]

    def due_expiries(self, now: datetime, limit: int) -> list[UUID]:
        values = {"now": now, "limit": limit}
        return [row["export_id"] for row in self._all("due_expiries", values)]

    def expired(self, export_id: UUID) -> None:
        self._do("expired", {"export_id": export_id})

    def _do(self, name: str, values: dict[str, Any]) -> None:
        with self._pool.connection() as connection:
            connection.execute(_SQL[name], values)

    def _one(self, name: str, values: dict[str, Any]) -> DictRow | None:
        with self._pool.connection() as connection:
            return connection.execute(_SQL[name], values).fetchone()

    def _all(self, name: str, values: dict[str, Any]) -> list[DictRow]:
        with self._pool.connection() as connection:
            return connection.execute(_SQL[name], values).fetchall()


class _Sync:
    """One export's rows, inside the transaction that holds its lock."""

    def __init__(self, connection: Connection[DictRow], export_id: UUID) -> None:
        self._connection = connection
        self._export_id = export_id

    def replace(self, *, workspace: str, weight: int, small: bool, jobs: Sequence[Job]) -> None:
        messages = [_job_message(self._export_id, job) for job in jobs]
        self._connection.execute(
            _SQL["forget_jobs"],
            {"export_id": self._export_id, "ids": [message.id for message in messages]},
        )
        if messages:
            self._connection.execute(
                _SQL["add_jobs"],
                {
                    "export_id": self._export_id,
                    "workspace": workspace,
                    "weight": weight,
                    "small": small,
                    "ids": [message.id for message in messages],
                    "kinds": [message.kind.value for message in messages],
                    "attempts": [message.attempt for message in messages],
                    "indexes": [message.index for message in messages],
                    "files": [message.file for message in messages],
                },
            )

    def open(self) -> None:
        self._connection.execute(_SQL["open_export"], {"export_id": self._export_id})
        self._connection.execute(_SQL["expired"], {"export_id": self._export_id})

    def close(self, expires_at: datetime | None) -> None:
        self._connection.execute(_SQL["close_export"], {"export_id": self._export_id})
        if expires_at is not None:
            values = {"export_id": self._export_id, "expires_at": expires_at}
            self._connection.execute(_SQL["will_expire"], values)


def _job_message(export_id: UUID, job: Job) -> JobMessage:
    match job:
        case Extract():
            kind, attempt, index, file = JobKind.EXTRACT, 0, -1, ""
        case Render():
            kind, attempt, index, file = JobKind.RENDER, job.attempt, job.index, job.file
        case Assemble():
            kind, attempt, index, file = JobKind.ASSEMBLE, job.attempt, -1, job.file
    return JobMessage(
        id=f"{export_id}/{kind.value}/{attempt}/{file}/{index}",
        export_id=export_id,
        kind=kind,
        attempt=attempt,
        index=index,
        file=file,
    )


def _message(row: DictRow) -> JobMessage:
    return JobMessage(
        id=row["id"],
        export_id=row["export_id"],
        kind=JobKind(row["kind"]),
        attempt=row["attempt"],
        index=row["index"],
        file=row["file"],
    )
