"""What every table of work promises, in memory or in PostgreSQL."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from domain.exports.work import Assemble, Extract, Job, Render
from domain.leases import Held, Lane, Share, Work
from domain.streams import JobKind, JobMessage

CHUNKS: tuple[Job, ...] = tuple(Render(attempt=1, index=index, file="csv") for index in range(5))


def replace(work: Work, export_id: UUID, jobs: Sequence[Job], **more: object) -> bool:
    values = {"workspace": "a", "weight": 4, "small": False} | more
    with work.syncing(export_id) as table:
        return table.replace(jobs=jobs, **values)  # type: ignore[arg-type]


def ready(work: Work, lane: Lane = Lane.RENDER) -> int:
    return sum(demand.ready for demand in work.demands([lane]).get(lane, []))


def take(work: Work, export_id: UUID, count: int, lane: Lane = Lane.RENDER) -> list[JobMessage]:
    return work.take([Share(lane=lane, export_id=export_id, count=count)])


def extraction(work: Work, export_id: UUID) -> JobMessage:
    """The released job of a new export."""
    replace(work, export_id, [Extract()])
    (job,) = take(work, export_id, 1, Lane.EXTRACT)
    return job


def claim(work: Work, job: JobMessage, worker: str) -> Held:
    held = work.claim(job.id, worker)
    assert held is not None
    return held


class WorkContract:
    @pytest.fixture
    @abstractmethod
    def work(self) -> Work: ...

    @abstractmethod
    def lose(self, work: Work, job_id: str) -> None:
        """Lets the job's lease or release run out."""

    @abstractmethod
    def hasten_sweeps(self, work: Work) -> None:
        """Lets the time pass that ended exports are left alone."""

    @abstractmethod
    def pass_by(self, work: Work, seconds: float) -> None:
        """Makes what is in hand so much older."""

    def test_replacing_leaves_exactly_these_jobs(self, work: Work) -> None:
        export_id = uuid4()
        replace(work, export_id, CHUNKS)
        replace(work, export_id, [*CHUNKS[3:], Assemble(attempt=1, file="csv")])
        taken = [*take(work, export_id, 10), *take(work, export_id, 10, Lane.ASSEMBLE)]
        assert [(job.kind, job.index) for job in taken] == [
            (JobKind.RENDER, 3),
            (JobKind.RENDER, 4),
            (JobKind.ASSEMBLE, -1),
        ]

    def test_replacing_says_whether_it_changed_anything(self, work: Work) -> None:
        export_id = uuid4()
        changes = [CHUNKS, CHUNKS, CHUNKS[1:], [*CHUNKS[2:], Extract()], []]
        assert [replace(work, export_id, jobs) for jobs in changes] == [
            True,
            False,
            True,
            True,
            True,
        ]

    def test_a_job_that_stays_keeps_its_state(self, work: Work) -> None:
        export_id = uuid4()
        replace(work, export_id, CHUNKS)
        (job,) = take(work, export_id, 1)
        replace(work, export_id, CHUNKS)
        (demand,) = work.demands([Lane.RENDER])[Lane.RENDER]
        assert (demand.ready, demand.taken) == (4, 1)
        assert job.index == 0

    def test_another_exports_jobs_are_left_alone(self, work: Work) -> None:
        mine, other = uuid4(), uuid4()
        replace(work, mine, CHUNKS)
        replace(work, other, CHUNKS)
        replace(work, mine, [])
        assert [each.export_id for each in work.demands([Lane.RENDER])[Lane.RENDER]] == [other]

    def test_shares_of_several_exports_and_lanes_are_taken_at_once(self, work: Work) -> None:
        one, two = uuid4(), uuid4()
        replace(work, one, [*CHUNKS, Extract()])
        replace(work, two, [*CHUNKS, Assemble(attempt=1, file="csv")])
        taken = work.take(
            [
                Share(lane=Lane.RENDER, export_id=one, count=2),
                Share(lane=Lane.RENDER, export_id=two, count=1),
                Share(lane=Lane.EXTRACT, export_id=one, count=1),
                Share(lane=Lane.ASSEMBLE, export_id=two, count=1),
            ]
        )
        assert sorted((job.export_id == one, job.kind, job.index) for job in taken) == [
            (False, JobKind.ASSEMBLE, -1),
            (False, JobKind.RENDER, 0),
            (True, JobKind.EXTRACT, -1),
            (True, JobKind.RENDER, 0),
            (True, JobKind.RENDER, 1),
        ]
        assert work.take([]) == []

    def test_only_one_of_two_gets_the_lease(self, work: Work) -> None:
        job = extraction(work, uuid4())
        held = claim(work, job, "one")
        assert (held.job, held.worker, held.tries) == (job, "one", 1)
        assert work.claim(job.id, "two") is None

    def test_a_job_that_is_gone_cannot_be_claimed(self, work: Work) -> None:
        assert work.claim("nothing", "one") is None

    def test_a_chunk_that_waits_for_a_busy_worker_goes_to_whoever_asks(self, work: Work) -> None:
        export_id = uuid4()
        replace(work, export_id, [*CHUNKS, Extract()])
        take(work, export_id, 1, Lane.EXTRACT)
        first, second = take(work, export_id, 1) + take(work, export_id, 1)
        claim(work, first, "one")
        held = work.claim_waiting("two")
        assert held == Held(job=second, worker="two", tries=1)
        assert work.holds(held)
        assert work.claim(second.id, "one") is None
        assert work.claim_waiting("two") is None  # what is ready is the dispatcher's to release

    def test_of_the_chunks_that_wait_the_first_released_comes_first(self, work: Work) -> None:
        later, sooner = uuid4(), uuid4()
        for export_id in (sooner, later):
            replace(work, export_id, CHUNKS)
            take(work, export_id, 2)
        waiting = [work.claim_waiting("one") for _ in range(5)]
        assert [(held.job.export_id, held.job.index) for held in waiting if held] == [
            (sooner, 0),
            (sooner, 1),
            (later, 0),
            (later, 1),
        ]

    def test_a_job_given_back_is_ready_again(self, work: Work) -> None:
        job = extraction(work, uuid4())
        held = claim(work, job, "one")
        work.release(Held(job=job, worker="two", tries=1), 0)  # not its job
        assert (ready(work, Lane.EXTRACT), work.holds(held)) == (0, True)
        work.release(held, 0)
        assert (ready(work, Lane.EXTRACT), work.holds(held)) == (1, False)

    def test_a_job_that_is_done_is_gone(self, work: Work) -> None:
        work.done(claim(work, extraction(work, uuid4()), "one"))
        assert work.demands([Lane.EXTRACT]) == {}

    @pytest.mark.parametrize("second", ["one", "two"])
    def test_a_lease_that_was_lost_can_do_nothing_more(self, work: Work, second: str) -> None:
        job = extraction(work, uuid4())
        old = claim(work, job, "one")
        self.lose(work, job.id)
        new = claim(work, job, second)
        work.done(old)
        work.release(old, 0)
        assert (work.holds(old), work.holds(new)) == (False, True)
        assert work.beat("one", 1, 1, [old]) == set()
        assert work.beat(second, 1, 1, [new]) == {new}

    def test_a_heartbeat_tells_what_is_still_held(self, work: Work) -> None:
        export_id = uuid4()
        replace(work, export_id, CHUNKS)
        first, second = (claim(work, job, "one") for job in take(work, export_id, 2))
        replace(work, export_id, CHUNKS[1:])  # the first is no longer wanted
        assert work.beat("one", 2, 2, [first, second]) == {second}
        assert work.beat("two", 2, 2, [second]) == set()
        assert work.beat("two", 2, 2, []) == set()

    def test_a_lost_lease_is_found_and_a_lost_release_too(self, work: Work) -> None:
        export_id = uuid4()
        replace(work, export_id, CHUNKS[:3])
        running, released, held = take(work, export_id, 3)
        claim(work, running, "one")
        claim(work, held, "one")
        self.lose(work, running.id)
        self.lose(work, released.id)
        assert [(each.job, each.deaths) for each in work.recover()] == [(running, 1)]
        assert ready(work) == 2
        assert work.recover() == []

    def test_all_can_be_let_run_out_but_what_a_worker_died_at_before(self, work: Work) -> None:
        export_id = uuid4()
        replace(work, export_id, CHUNKS[:3])
        deadly, running, _ = take(work, export_id, 3)
        claim(work, deadly, "one")
        claim(work, running, "one")
        self.lose(work, deadly.id)
        claim(work, deadly, "two")
        work.let_run_out()
        assert [(each.job, each.deaths) for each in work.recover()] == [(running, 1)]
        assert ready(work) == 2  # with the one that was only released

    def test_deaths_are_counted_and_other_faults_are_not(self, work: Work) -> None:
        job = extraction(work, uuid4())
        for _ in range(3):
            work.release(claim(work, job, "one"), 0)
        claim(work, job, "one")
        self.lose(work, job.id)
        assert [each.deaths for each in work.recover()] == [1]

    def test_a_worker_that_leaves_gives_its_jobs_back(self, work: Work) -> None:
        export_id = uuid4()
        replace(work, export_id, CHUNKS[:1])
        (job,) = take(work, export_id, 1)
        claim(work, job, "one")
        work.leave("one")
        assert ready(work) == 1

    def test_a_job_that_is_handed_on_is_ready_and_that_was_no_try(self, work: Work) -> None:
        export_id = uuid4()
        replace(work, export_id, CHUNKS[:2])
        first, second = take(work, export_id, 2)
        kept, handed_on = claim(work, first, "one"), claim(work, second, "one")
        work.hand_on(handed_on)
        work.hand_on(Held(job=first, worker="two", tries=1))  # not its job
        assert ready(work) == 1
        assert work.holds(kept)
        assert claim(work, second, "two").tries == 1

    def test_small_exports_have_lanes_of_their_own_but_for_rendering(self, work: Work) -> None:
        small, large = uuid4(), uuid4()
        jobs = [Extract(), CHUNKS[0], Assemble(attempt=1, file="csv")]
        replace(work, small, jobs, small=True)
        replace(work, large, jobs)
        lanes = {
            lane: {each.export_id for each in demands}
            for lane, demands in work.demands(list(Lane)).items()
        }
        assert lanes == {
            Lane.EXTRACT: {large},
            Lane.EXTRACT_SMALL: {small},
            Lane.RENDER: {small, large},
            Lane.ASSEMBLE: {large},
            Lane.ASSEMBLE_SMALL: {small},
        }
        assert take(work, large, 5, Lane.EXTRACT_SMALL) == []

    def test_what_is_taken_is_told_by_lane(self, work: Work) -> None:
        export_id, small = uuid4(), uuid4()
        replace(work, export_id, CHUNKS)
        replace(work, small, [Extract()], small=True)
        claim(work, take(work, export_id, 2)[0], "one")
        take(work, small, 1, Lane.EXTRACT_SMALL)
        assert work.workforce().taken == {Lane.RENDER: 2, Lane.EXTRACT_SMALL: 1}

    def test_the_queues_depth_is_told_by_kind_and_state(self, work: Work) -> None:
        export_id = uuid4()
        replace(work, export_id, [*CHUNKS, Extract()])
        claim(work, take(work, export_id, 2)[0], "one")
        assert work.depths() == {
            ("extract", "ready"): 1,
            ("render", "ready"): 3,
            ("render", "released"): 1,
            ("render", "running"): 1,
        }

    def test_an_export_falls_due_when_its_time_has_come(self, work: Work) -> None:
        export_id, at = uuid4(), datetime(2026, 1, 1, tzinfo=UTC)
        with work.syncing(export_id) as table:
            table.close(at)
        assert work.due_expiries(10) == [export_id]
        work.expired(export_id)
        assert work.due_expiries(10) == []

    def test_an_export_falls_due_by_the_clock_of_the_table(self, work: Work) -> None:
        export_id = uuid4()
        with work.syncing(export_id) as table:
            table.close(work.now() + timedelta(minutes=1))
        assert work.due_expiries(10) == []

    def test_how_long_a_worker_has_had_a_job_is_told(self, work: Work) -> None:
        export_id = uuid4()
        assert work.seconds_in_hand(export_id) is None
        replace(work, export_id, CHUNKS)
        assert work.seconds_in_hand(export_id) == 0
        first, second = take(work, export_id, 2)
        assert work.seconds_in_hand(export_id) == 0
        held = claim(work, first, "one")
        self.pass_by(work, 30)
        claim(work, second, "two")
        assert 30 <= (work.seconds_in_hand(export_id) or 0) < 60
        work.release(held, retry_in=0)
        assert (work.seconds_in_hand(export_id) or 0) < 30

    def test_an_export_that_is_open_again_does_not_fall_due(self, work: Work) -> None:
        export_id, at = uuid4(), datetime(2026, 1, 1, tzinfo=UTC)
        with work.syncing(export_id) as table:
            table.close(at)
        with work.syncing(export_id) as table:
            table.open()
        assert work.due_expiries(10) == []

    def test_an_export_that_ended_is_swept_once(self, work: Work) -> None:
        export_id, at = uuid4(), datetime(2026, 1, 1, tzinfo=UTC)
        for _ in range(2):
            with work.syncing(export_id) as table:
                table.open()
            with work.syncing(export_id) as table:
                table.close(at)
        self.hasten_sweeps(work)
        assert work.due_sweeps(10) == [export_id]
        work.swept(export_id)
        with work.syncing(export_id) as table:
            table.close(at)
        self.hasten_sweeps(work)
        assert work.due_sweeps(10) == []

    def test_an_ended_export_whose_rows_were_lost_is_swept_again(self, work: Work) -> None:
        export_id, at = uuid4(), datetime(2026, 1, 1, tzinfo=UTC)
        with work.syncing(export_id) as table:
            table.close(at)
        self.hasten_sweeps(work)
        assert work.due_sweeps(10) == [export_id]
        work.swept(export_id)
        with work.syncing(export_id) as table:
            table.close(at)
        self.hasten_sweeps(work)
        assert work.due_sweeps(10) == []

    def test_an_export_that_is_open_again_is_not_swept(self, work: Work) -> None:
        export_id = uuid4()
        for _ in range(2):
            with work.syncing(export_id) as table:
                table.open()
            with work.syncing(export_id) as table:
                table.close(None)
        with work.syncing(export_id) as table:
            table.open()
        self.hasten_sweeps(work)
        assert work.due_sweeps(10) == []

    def test_an_export_that_is_forgotten_leaves_nothing(self, work: Work) -> None:
        export_id, at = uuid4(), datetime(2026, 1, 1, tzinfo=UTC)
        replace(work, export_id, CHUNKS)
        with work.syncing(export_id) as table:
            table.open()
            table.close(at)
            table.forget()
        assert (work.depths(), work.due_expiries(10)) == ({}, [])
