"""What every table of work promises, in memory or in PostgreSQL."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from domain.exports.work import Assemble, Extract, Job, Render
from domain.leases import Work
from domain.streams import JobKind

RENDERS = (JobKind.RENDER, JobKind.ASSEMBLE)
EXTRACTS = (JobKind.EXTRACT,)
CHUNKS: tuple[Job, ...] = tuple(Render(attempt=1, index=index, file="csv") for index in range(5))


def replace(work: Work, export_id: UUID, jobs: Sequence[Job], **more: object) -> None:
    values = {"workspace": "a", "weight": 4, "small": False} | more
    with work.syncing(export_id) as table:
        table.replace(jobs=jobs, **values)  # type: ignore[arg-type]


def ready(work: Work, kinds: Sequence[JobKind] = RENDERS) -> int:
    return sum(demand.ready for demand in work.demands(kinds))


class WorkContract:
    @pytest.fixture
    @abstractmethod
    def work(self) -> Work: ...

    @abstractmethod
    def lose(self, work: Work, job_id: str) -> None:
        """Lets the job's lease or release run out."""

    def test_replacing_leaves_exactly_these_jobs(self, work: Work) -> None:
        export_id = uuid4()
        replace(work, export_id, CHUNKS)
        replace(work, export_id, [*CHUNKS[3:], Assemble(attempt=1, file="csv")])
        taken = work.take(export_id, RENDERS, 10)
        assert [(job.kind, job.index) for job in taken] == [
            (JobKind.ASSEMBLE, -1),
            (JobKind.RENDER, 3),
            (JobKind.RENDER, 4),
        ]

    def test_a_job_that_stays_keeps_its_state(self, work: Work) -> None:
        export_id = uuid4()
        replace(work, export_id, CHUNKS)
        (job,) = work.take(export_id, RENDERS, 1)
        replace(work, export_id, CHUNKS)
        assert (ready(work), work.demands(RENDERS)[0].taken) == (4, 1)
        assert job.index == 0

    def test_another_exports_jobs_are_left_alone(self, work: Work) -> None:
        mine, other = uuid4(), uuid4()
        replace(work, mine, CHUNKS)
        replace(work, other, CHUNKS)
        replace(work, mine, [])
        assert [demand.export_id for demand in work.demands(RENDERS)] == [other]

    def test_only_one_of_two_gets_the_lease(self, work: Work) -> None:
        export_id = uuid4()
        replace(work, export_id, [Extract()])
        (job,) = work.take(export_id, EXTRACTS, 1)
        held = work.claim(job.id, "one")
        assert held is not None
        assert (held.job, held.tries) == (job, 1)
        assert work.claim(job.id, "two") is None

    def test_a_job_that_is_gone_cannot_be_claimed(self, work: Work) -> None:
        assert work.claim("nothing", "one") is None

    def test_a_job_given_back_is_ready_again(self, work: Work) -> None:
        export_id = uuid4()
        replace(work, export_id, [Extract()])
        (job,) = work.take(export_id, EXTRACTS, 1)
        work.claim(job.id, "one")
        work.release(job.id, "two", 0)  # not its job
        assert ready(work, EXTRACTS) == 0
        work.release(job.id, "one", 0)
        assert ready(work, EXTRACTS) == 1

    def test_a_job_that_is_done_is_gone(self, work: Work) -> None:
        export_id = uuid4()
        replace(work, export_id, [Extract()])
        (job,) = work.take(export_id, EXTRACTS, 1)
        work.done(job.id)
        assert work.demands(EXTRACTS) == []

    def test_a_heartbeat_tells_what_is_still_held(self, work: Work) -> None:
        export_id = uuid4()
        replace(work, export_id, CHUNKS)
        first, second = work.take(export_id, RENDERS, 2)
        work.claim(first.id, "one")
        work.claim(second.id, "one")
        replace(work, export_id, CHUNKS[1:])  # the first is no longer wanted
        assert work.beat("one", 2, 2, [first.id, second.id]) == {second.id}
        assert work.beat("two", 2, 2, [second.id]) == set()

    def test_a_lost_lease_is_found_and_a_lost_release_too(self, work: Work) -> None:
        export_id = uuid4()
        replace(work, export_id, CHUNKS[:3])
        running, released, held = work.take(export_id, RENDERS, 3)
        work.claim(running.id, "one")
        work.claim(held.id, "one")
        self.lose(work, running.id)
        self.lose(work, released.id)
        assert [(each.job, each.tries) for each in work.recover()] == [(running, 1)]
        assert ready(work) == 2
        assert work.recover() == []

    def test_a_worker_that_leaves_gives_its_jobs_back(self, work: Work) -> None:
        export_id = uuid4()
        replace(work, export_id, CHUNKS[:1])
        (job,) = work.take(export_id, RENDERS, 1)
        work.claim(job.id, "one")
        work.leave("one")
        assert ready(work) == 1

    def test_small_exports_are_told_from_others(self, work: Work) -> None:
        small, large = uuid4(), uuid4()
        replace(work, small, [Extract()], small=True)
        replace(work, large, [Extract()])
        assert [each.export_id for each in work.demands(EXTRACTS, small=True)] == [small]
        assert [each.export_id for each in work.demands(EXTRACTS, small=False)] == [large]
        assert work.take(large, EXTRACTS, 5, small=True) == []

    def test_an_export_falls_due_when_its_time_has_come(self, work: Work) -> None:
        export_id, at = uuid4(), datetime(2026, 1, 1, tzinfo=UTC)
        with work.syncing(export_id) as table:
            table.close(at)
        assert work.due_expiries(at - timedelta(seconds=1), 10) == []
        assert work.due_expiries(at, 10) == [export_id]
        work.expired(export_id)
        assert work.due_expiries(at, 10) == []

    def test_an_export_that_is_open_again_does_not_fall_due(self, work: Work) -> None:
        export_id, at = uuid4(), datetime(2026, 1, 1, tzinfo=UTC)
        with work.syncing(export_id) as table:
            table.close(at)
        with work.syncing(export_id) as table:
            table.open()
        assert work.due_expiries(at, 10) == []
