"""The table of work under way: jobs, leases, workers. Its SQL is `sql/work_queries.sql`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg import Connection
from psycopg.rows import DictRow

from domain.exports.work import Assemble, Extract, Job, Render
from domain.fairness import Demand
from domain.leases import Held, Lane, Lost, Share, Workforce
from domain.ports import StoreUnavailable
from domain.streams import JobKind, JobMessage
from infra.database import Pool
from infra.queries import load_queries

_SQL = load_queries("infra", "sql/work_queries.sql")


class WorkTable:
    """In seconds: `lease` is how long a silent worker keeps its jobs, `release` how long a message
    may be on its way before it is sent again, `silent` how long a process that is stopped in the
    middle of `syncing` holds up others, `sweep` how long after its end an export is swept."""

    def __init__(
        self,
        pool: Pool,
        lease: float,
        release: float = 15.0,
        silent: float = 10.0,
        sweep: float = 60.0,
    ) -> None:
        self._pool = pool
        self._lease = lease
        self._release = release
        self._silent = silent
        self._sweep = max(sweep, 2 * lease)  # whoever may still be at work has lost its lease

    @contextmanager
    def syncing(self, export_id: UUID) -> Iterator[_Sync]:
        with self._connection() as connection, connection.transaction():
            values = {"export_id": export_id, "silent": f"{int(self._silent * 1000)}ms"}
            connection.execute(_SQL["lock_export"], values)
            yield _Sync(connection, export_id, self._sweep)

    def claim(self, job_id: str, worker: str) -> Held | None:
        return self._claimed("claim", worker, id=job_id)

    def claim_waiting(self, worker: str) -> Held | None:
        return self._claimed("claim_waiting", worker)

    def holds(self, held: Held) -> bool:
        return bool(self._all("holds", _lease(held)))

    def release(self, held: Held, retry_in: float) -> None:
        self._do("release", _lease(held) | {"retry_in": retry_in})

    def hand_on(self, held: Held) -> None:
        self._do("hand_on", _lease(held))

    def done(self, held: Held) -> None:
        self._do("done", _lease(held))

    def beat(
        self, worker: str, renders: int, extractions: int, leases: Collection[Held]
    ) -> set[Held]:
        self._do("alive", {"worker": worker, "renders": renders, "extractions": extractions})
        if not leases:
            return set()
        held = {(lease.job.id, lease.tries): lease for lease in leases}
        ids, tries = zip(*sorted(held), strict=True)
        values = {"worker": worker, "ids": list(ids), "tries": list(tries), "lease": self._lease}
        return {held[row["id"], row["tries"]] for row in self._all("beat", values)}

    def leave(self, worker: str) -> None:
        self._do("give_back", {"worker": worker})
        self._do("leave", {"worker": worker})

    def workforce(self) -> Workforce:
        (row,) = self._all("workforce", {"lease": self._lease})
        taken = {Lane(each["lane"]): int(each["jobs"]) for each in self._all("taken", {})}
        return Workforce(**row, taken=taken)

    def demands(self, lanes: Collection[Lane]) -> dict[Lane, list[Demand]]:
        found: dict[Lane, list[Demand]] = {}
        for row in self._all("demands", {"lanes": [lane.value for lane in lanes]}):
            found.setdefault(Lane(row.pop("lane")), []).append(Demand(**row))
        return found

    def take(self, shares: Sequence[Share]) -> list[JobMessage]:
        if not shares:
            return []
        values = {
            "lanes": [share.lane.value for share in shares],
            "export_ids": [share.export_id for share in shares],
            "counts": [share.count for share in shares],
            "release": self._release,
        }
        return sorted(map(_message, self._all("take", values)), key=_by_index)

    def let_run_out(self) -> None:
        self._do("let_run_out", {})

    def recover(self) -> list[Lost]:
        return [
            Lost(job=_message(row), deaths=int(row["deaths"]))
            for row in self._all("recover", {})
            if row["was"] == "running"
        ]

    def idle_exports(self, seconds: float, limit: int) -> list[UUID]:
        return self._exports("idle_exports", {"seconds": seconds, "limit": limit})

    def seconds_in_hand(self, export_id: UUID) -> float | None:
        (row,) = self._all("seconds_in_hand", {"export_id": export_id})
        return float(row["seconds"]) if row["jobs"] else None

    def unknown_exports(self, export_ids: Collection[UUID]) -> set[UUID]:
        return set(self._exports("unknown_exports", {"export_ids": list(export_ids)}))

    def depths(self) -> dict[tuple[str, str], int]:
        return {(row["kind"], row["state"]): row["jobs"] for row in self._all("depths", {})}

    def now(self) -> datetime:
        (row,) = self._all("now", {})
        found: datetime = row["now"]
        return found

    def due_expiries(self, limit: int) -> list[UUID]:
        return self._exports("due_expiries", {"limit": limit})

    def expired(self, export_id: UUID) -> None:
        self._do("expired", {"export_id": export_id})

    def due_sweeps(self, limit: int) -> list[UUID]:
        return self._exports("due_sweeps", {"limit": limit, "again": self._sweep})

    def swept(self, export_id: UUID) -> None:
        self._do("swept", {"export_id": export_id})

    def _claimed(self, name: str, worker: str, **values: Any) -> Held | None:
        rows = self._all(name, {"worker": worker, "lease": self._lease, **values})
        return Held(job=_message(rows[0]), worker=worker, tries=rows[0]["tries"]) if rows else None

    def _exports(self, name: str, values: dict[str, Any]) -> list[UUID]:
        return [row["export_id"] for row in self._all(name, values)]

    def _do(self, name: str, values: dict[str, Any]) -> None:
        with self._connection() as connection:
            connection.execute(_SQL[name], values)

    def _all(self, name: str, values: dict[str, Any]) -> list[DictRow]:
        with self._connection() as connection:
            return connection.execute(_SQL[name], values).fetchall()

    @contextmanager
    def _connection(self) -> Iterator[Connection[DictRow]]:
        """One error for a database that is away, has no room or gives no lock in time."""
        try:
            with self._pool.connection() as connection:
                yield connection
        except (psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError) as error:
            raise StoreUnavailable(type(error).__name__) from error


class _Sync:
    """One export's rows, inside the transaction that holds its lock."""

    def __init__(self, connection: Connection[DictRow], export_id: UUID, sweep: float) -> None:
        self._connection = connection
        self._export_id = export_id
        self._sweep = sweep

    def replace(self, *, workspace: str, weight: int, small: bool, jobs: Iterable[Job]) -> bool:
        wanted = {_job_id(self._export_id, job): job for job in jobs}
        (row,) = self._do("known_jobs").fetchall()
        known: set[str] = set(row["ids"])
        forgotten = known - wanted.keys()
        if forgotten:
            self._do("forget_jobs", ids=list(forgotten))
        added = [_job_message(self._export_id, wanted[id_]) for id_ in wanted if id_ not in known]
        if added:
            self._do(
                "add_jobs",
                workspace=workspace,
                weight=weight,
                small=small,
                ids=[message.id for message in added],
                kinds=[message.kind.value for message in added],
                attempts=[message.attempt for message in added],
                indexes=[message.index for message in added],
                files=[message.file for message in added],
            )
        return bool(forgotten or added)

    def open(self) -> None:
        self._do("open_export")

    def close(self, expires_at: datetime | None) -> None:
        self._do("close_export", sweep=self._sweep, expires=expires_at is not None)
        if expires_at is not None:
            self._do("will_expire", expires_at=expires_at)

    def forget(self) -> None:
        self._do("forget_export")

    def _do(self, name: str, **values: Any) -> psycopg.Cursor[DictRow]:
        return self._connection.execute(_SQL[name], {"export_id": self._export_id, **values})


def _lease(held: Held) -> dict[str, Any]:
    return {"id": held.job.id, "worker": held.worker, "tries": held.tries}


def _job_id(export_id: UUID, job: Job) -> str:
    match job:
        case Extract():
            return f"{export_id}/extract/0//-1"
        case Render():
            return f"{export_id}/render/{job.attempt}/{job.file}/{job.index}"
        case Assemble():
            return f"{export_id}/assemble/{job.attempt}/{job.file}/-1"


def _job_message(export_id: UUID, job: Job) -> JobMessage:
    match job:
        case Extract():
            kind, attempt, index, file = JobKind.EXTRACT, 0, -1, ""
        case Render():
            kind, attempt, index, file = JobKind.RENDER, job.attempt, job.index, job.file
        case Assemble():
            kind, attempt, index, file = JobKind.ASSEMBLE, job.attempt, -1, job.file
    return JobMessage(
        id=_job_id(export_id, job),
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


def _by_index(job: JobMessage) -> int:
    return job.index
