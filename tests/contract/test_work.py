"""The table of work's contract on the fake and on PostgreSQL, and what only PostgreSQL can show."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest

from domain.exports.work import Extract, Job, Render
from domain.leases import Lane, Work
from domain.ports import StoreUnavailable
from domain.streams import JobMessage
from infra.database import Pool, migrate, open_pool
from infra.leadership import Leadership
from infra.work import WorkTable
from tests.contract.work_contract import (
    CHUNKS,
    WorkContract,
    claim,
    extraction,
    ready,
    replace,
    take,
)
from tests.export_commands import AT
from tests.fakes_work import FakeWork


class TestFakeWork(WorkContract):
    @pytest.fixture
    def work(self) -> Work:
        return FakeWork()

    def lose(self, work: Work, job_id: str) -> None:
        assert isinstance(work, FakeWork)
        work.lose(job_id)

    def hasten_sweeps(self, work: Work) -> None:
        """The fake knows no delay."""

    def pass_by(self, work: Work, seconds: float) -> None:
        assert isinstance(work, FakeWork)
        work.clock.pass_by(seconds=seconds)


@pytest.fixture
def pool(module_database_url: str) -> Iterator[Pool]:
    migrate(module_database_url)
    pool = open_pool(module_database_url)
    _run(pool, "TRUNCATE jobs, workers, open_exports, expiries, sweeps")
    yield pool
    pool.close()


def _run(pool: Pool, statement: str, *values: object) -> None:
    with pool.connection() as connection:
        connection.execute(statement.encode(), values)


class TestWorkTable(WorkContract):
    @pytest.fixture
    def work(self, pool: Pool) -> Work:
        self.pool = pool
        return WorkTable(pool, lease=10)

    def lose(self, work: Work, job_id: str) -> None:
        late = "UPDATE jobs SET lease_until = now() - interval '1 s' WHERE id = %s"
        _run(self.pool, late, job_id)

    def hasten_sweeps(self, work: Work) -> None:
        _run(self.pool, "UPDATE sweeps SET due_at = due_at - interval '1 min'")

    def pass_by(self, work: Work, seconds: float) -> None:
        earlier = "UPDATE jobs SET claimed_at = claimed_at - make_interval(secs => %s)"
        _run(self.pool, earlier, seconds)

    def test_the_living_are_counted(self, work: Work) -> None:
        assert work.workforce().workers == 0
        work.beat("one", 2, 3, [])
        work.beat("two", 1, 1, [])
        force = work.workforce()
        assert (force.workers, force.renders, force.extractions) == (2, 3, 4)

    def test_a_silent_worker_is_not_counted(self, pool: Pool) -> None:
        work = WorkTable(pool, lease=0)
        work.beat("one", 2, 2, [])
        assert work.workforce().workers == 0

    def test_a_worker_that_was_long_silent_is_forgotten(self, work: Work) -> None:
        work.beat("one", 2, 2, [])
        _run(self.pool, "UPDATE workers SET seen_at = now() - interval '2 days'")
        work.beat("two", 2, 2, [])
        work.recover()
        with self.pool.connection() as connection:
            rows = connection.execute("SELECT id FROM workers").fetchall()
        assert [row["id"] for row in rows] == ["two"]

    def test_a_heartbeat_keeps_a_lease_from_running_out(self, work: Work) -> None:
        job = extraction(work, uuid4())
        held = claim(work, job, "one")
        self.lose(work, job.id)
        assert work.beat("one", 1, 1, [held]) == {held}
        assert work.recover() == []

    def test_a_pause_before_the_next_try_is_kept(self, work: Work) -> None:
        export_id = uuid4()
        job = extraction(work, export_id)
        work.release(claim(work, job, "one"), retry_in=60)
        assert ready(work, Lane.EXTRACT) == 0
        assert take(work, export_id, 1, Lane.EXTRACT) == []
        assert work.claim(job.id, "one") is None  # a message that was doubled

    def test_two_dispatchers_never_take_the_same_job(self, work: Work) -> None:
        export_id = uuid4()
        replace(work, export_id, CHUNKS)
        taken: list[str] = []
        threads = [
            threading.Thread(
                target=lambda: taken.extend(job.id for job in take(work, export_id, 5))
            )
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(taken) == len(set(taken)) == 5

    def test_two_who_help_never_get_the_same_chunk(self, work: Work) -> None:
        export_id = uuid4()
        replace(work, export_id, CHUNKS)
        messages = take(work, export_id, 5)
        got: list[str] = []

        def help_until_none_waits(name: str) -> None:
            while held := work.claim_waiting(name):
                got.append(held.job.id)

        def hear_of(message: JobMessage) -> None:
            if held := work.claim(message.id, "three"):
                got.append(held.job.id)

        threads = [
            *(threading.Thread(target=help_until_none_waits, args=(name,)) for name in "12"),
            *(threading.Thread(target=hear_of, args=(message,)) for message in messages),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(got) == sorted(message.id for message in messages)

    def test_an_open_export_that_nothing_is_heard_of_is_idle(self, work: Work) -> None:
        first, second = uuid4(), uuid4()
        for export_id in (first, second):
            with work.syncing(export_id) as table:
                table.open()
        assert work.idle_exports(60, 10) == []
        assert work.idle_exports(0, 10) == [first, second]
        assert work.idle_exports(0, 1) == [first]

    def test_an_export_is_known_while_it_is_open_and_until_it_has_expired(self, work: Work) -> None:
        opened, closed, forgotten, never = (uuid4() for _ in range(4))
        for export_id in (opened, closed, forgotten):
            with work.syncing(export_id) as table:
                table.open()
        with work.syncing(closed) as table:
            table.close(AT)
        with work.syncing(forgotten) as table:
            table.forget()
        asked = [opened, closed, forgotten, never]
        assert work.unknown_exports(asked) == {forgotten, never}
        work.expired(closed)
        assert work.unknown_exports(asked) == {closed, forgotten, never}
        assert work.unknown_exports([]) == set()

    def test_a_sweep_that_was_not_done_comes_again_later_not_at_once(self, work: Work) -> None:
        export_id = uuid4()
        with work.syncing(export_id) as table:
            table.open()
            table.close(None)
        assert work.due_sweeps(10) == []
        self.hasten_sweeps(work)
        assert work.due_sweeps(10) == [export_id]
        assert work.due_sweeps(10) == []
        self.hasten_sweeps(work)
        assert work.due_sweeps(10) == [export_id]

    def test_one_writer_at_a_time_changes_an_exports_jobs(self, work: Work) -> None:
        export_id, entered = uuid4(), list[str]()
        first_is_in, may_end = threading.Event(), threading.Event()

        def hold() -> None:
            with work.syncing(export_id):
                entered.append("first")
                first_is_in.set()
                may_end.wait(5)
                entered.append("first ends")

        thread = threading.Thread(target=hold)
        thread.start()
        first_is_in.wait(5)
        with work.syncing(uuid4()):  # another export's is free
            may_end.set()
        with work.syncing(export_id):
            entered.append("second")
        thread.join()
        assert entered == ["first", "first ends", "second"]

    def test_a_writer_that_is_stopped_in_the_middle_holds_nobody_up_for_long(
        self, pool: Pool
    ) -> None:
        work, export_id = WorkTable(pool, lease=10, silent=0.3), uuid4()
        with pytest.raises(StoreUnavailable), work.syncing(export_id) as table:
            table.open()
            time.sleep(0.6)
            table.open()
        assert work.idle_exports(0, 10) == []

    def test_an_export_of_a_thousand_chunks_is_brought_up_to_date_in_milliseconds(
        self, work: Work
    ) -> None:
        export_id = uuid4()
        jobs: list[Job] = [Render(attempt=1, index=i, file="csv") for i in range(1000)]
        replace(work, export_id, [Extract(), *jobs])
        began = time.perf_counter()
        for index in range(20):
            replace(work, export_id, [Extract(), *jobs[index:]])
        assert (time.perf_counter() - began) / 20 < 0.1


def test_a_database_that_is_away_is_said_to_be(pool: Pool) -> None:
    work = WorkTable(pool, lease=10)
    pool.close()
    with pytest.raises(StoreUnavailable):
        work.recover()


def test_one_candidate_leads_until_it_resigns(database_url: str) -> None:
    first, second = (Leadership(database_url, "steward") for _ in range(2))
    other = Leadership(database_url, "another office")
    assert (first.held(), second.held(), other.held()) == (True, False, True)
    first.resign()
    assert (second.held(), first.held()) == (True, False)
    second.resign()
    other.resign()


def test_a_leader_whose_connection_was_cut_leads_no_more(database_url: str) -> None:
    leader = Leadership(database_url, "steward")
    assert leader.held()
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
    assert not leader.held()
    assert leader.held()
    leader.resign()


def test_a_leader_that_is_stopped_is_followed_by_another(database_url: str) -> None:
    stopped = Leadership(database_url, "steward", silent_seconds=0.3)
    follower = Leadership(database_url, "steward")
    assert (stopped.held(), follower.held()) == (True, False)
    deadline = time.monotonic() + 10
    while not follower.held():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert not stopped.held()
    follower.resign()


def test_without_a_database_nobody_leads() -> None:
    assert not Leadership("postgresql://nobody@127.0.0.1:1/none", "steward").held()
