"""The table of work's contract on the fake and on PostgreSQL, and what only PostgreSQL can show."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from importlib.resources import files
from uuid import uuid4

import pytest

from domain.exports.work import Extract
from domain.leases import Work
from infra.database import Pool, open_pool
from infra.leadership import Leadership
from infra.work import WorkTable
from tests.contract.work_contract import CHUNKS, EXTRACTS, RENDERS, WorkContract, replace
from tests.fakes_work import FakeWork


class TestFakeWork(WorkContract):
    @pytest.fixture
    def work(self) -> Work:
        return FakeWork()

    def lose(self, work: Work, job_id: str) -> None:
        assert isinstance(work, FakeWork)
        work.lose(job_id)


@pytest.fixture
def pool(database_url: str) -> Iterator[Pool]:
    pool = open_pool(database_url)
    with pool.connection() as connection:
        connection.execute(files("infra").joinpath("sql/work.sql").read_bytes())
    yield pool
    pool.close()


class TestWorkTable(WorkContract):
    @pytest.fixture
    def work(self, pool: Pool) -> Work:
        self.pool = pool
        return WorkTable(pool, lease=10)

    def lose(self, work: Work, job_id: str) -> None:
        with self.pool.connection() as connection:
            connection.execute(
                "UPDATE jobs SET lease_until = now() - interval '1 s' WHERE id = %s", (job_id,)
            )

    def test_there_is_room_for_twice_the_renders_of_the_living(self, work: Work) -> None:
        assert work.room().renders == 0
        work.beat("one", renders=2, extractions=3, jobs=[])
        work.beat("two", renders=1, extractions=1, jobs=[])
        room = work.room()
        assert (room.renders, room.extractions, room.small) == (6, 4, 4)

    def test_what_is_taken_needs_room(self, work: Work) -> None:
        work.beat("one", renders=2, extractions=2, jobs=[])
        export_id, small = uuid4(), uuid4()
        replace(work, export_id, [*CHUNKS[:2], Extract()])
        replace(work, small, [Extract()], small=True)
        work.take(export_id, RENDERS, 2)
        work.take(export_id, EXTRACTS, 1)
        work.take(small, EXTRACTS, 1)
        room = work.room()
        assert (room.renders, room.extractions, room.small) == (2, 1, 1)

    def test_a_silent_worker_has_no_room(self, pool: Pool) -> None:
        work = WorkTable(pool, lease=0)
        work.beat("one", renders=2, extractions=2, jobs=[])
        assert work.room().renders == 0

    def test_a_heartbeat_keeps_a_lease_from_running_out(self, work: Work) -> None:
        export_id = uuid4()
        replace(work, export_id, [Extract()])
        (job,) = work.take(export_id, EXTRACTS, 1)
        work.claim(job.id, "one")
        self.lose(work, job.id)
        work.beat("one", 1, 1, [job.id])
        assert work.recover() == []

    def test_a_pause_before_the_next_try_is_kept(self, work: Work) -> None:
        export_id = uuid4()
        replace(work, export_id, [Extract()])
        (job,) = work.take(export_id, EXTRACTS, 1)
        work.claim(job.id, "one")
        work.release(job.id, "one", retry_in=60)
        assert work.demands(EXTRACTS)[0].ready == 0
        assert work.take(export_id, EXTRACTS, 1) == []

    def test_two_dispatchers_never_take_the_same_job(self, work: Work) -> None:
        export_id = uuid4()
        replace(work, export_id, CHUNKS)
        taken: list[str] = []
        threads = [
            threading.Thread(
                target=lambda: taken.extend(job.id for job in work.take(export_id, RENDERS, 5))
            )
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(taken) == len(set(taken)) == 5

    def test_an_open_export_that_nothing_is_heard_of_is_idle(self, work: Work) -> None:
        export_id = uuid4()
        with work.syncing(export_id) as table:
            table.open()
        assert work.idle_exports(60) == []
        assert work.idle_exports(0) == [export_id]


def test_one_candidate_leads_until_it_resigns(database_url: str) -> None:
    first, second = (Leadership(database_url, "steward") for _ in range(2))
    other = Leadership(database_url, "another office")
    assert (first.held(), second.held(), other.held()) == (True, False, True)
    first.resign()
    assert (second.held(), first.held()) == (True, False)
    second.resign()
    other.resign()


def test_a_leader_whose_connection_was_cut_leads_no_more(database_url: str, pool: Pool) -> None:
    leader = Leadership(database_url, "steward")
    assert leader.held()
    with pool.connection() as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
        )
    assert not leader.held()
    assert leader.held()
    leader.resign()


def test_without_a_database_nobody_leads() -> None:
    assert not Leadership("postgresql://nobody@127.0.0.1:1/none", "steward").held()
