"""A worker with outages, zombies, stops and refusals around it."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest

from domain import layout
from domain.exports.commands import (
    CancelExport,
    FailExport,
    PauseExport,
    ResumeExport,
    RetryExport,
    StartExtraction,
)
from domain.exports.failures import Reason
from domain.exports.state import Status
from domain.leases import Held, Lane, Share
from domain.ports import FilesUnavailable, RowsRefused, RowsUnavailable
from domain.streams import JobKind, JobMessage
from processors import outages, queue_work
from processors.assemble_files import AssembleTask
from processors.faults import fault_of
from processors.ports import Limits
from processors.render_chunks import RenderTask
from processors.stage_rows import Extracted, ExtractTask
from tests.processing import World
from tests.unit.processors.small_chunks import only_job, planned, reason, told, until, world_of


def _overtaken(world: World, job: JobMessage) -> list[Held]:
    """While the next task is done, its lease runs out and another worker begins a new attempt."""
    others: list[Held] = []

    def overtake(task: Any) -> None:
        world.children.before = lambda task: None
        world.work.lose(job.id)
        held = world.work.claim(job.id, "another")
        assert held is not None
        others.append(held)
        world.ports.exports.execute(
            job.export_id, StartExtraction(attempt=task.attempt + 1, at=world.clock())
        )

    world.children.before = overtake
    return others


def test_a_worker_that_lost_its_lease_takes_nothing_from_the_one_who_has_it() -> None:
    world = world_of()
    export_id = planned(world)
    job = only_job(world)
    others = _overtaken(world, job)
    world.worker.claim_and_do(job)
    assert world.work.holds(others[0])
    assert (world.export(export_id).attempt, world.export(export_id).staged) == (2, {})


def test_a_failure_of_an_old_attempt_does_not_end_the_new_one() -> None:
    world = world_of()
    export_id = planned(world)
    job = only_job(world)
    others = _overtaken(world, job)
    world.rows.failing = RowsRefused("an old one")
    world.worker.claim_and_do(job)
    assert world.work.holds(others[0])
    assert not world.export(export_id).ended


def test_a_failure_of_one_who_lost_the_lease_does_not_end_the_export() -> None:
    world = world_of()
    export_id = planned(world)
    until(world, export_id, JobKind.ASSEMBLE)
    job = only_job(world)

    def lose(task: Any) -> None:
        world.work.lose(job.id)
        assert world.work.claim(job.id, "another")
        raise ValueError("only here")

    world.children.before = lose
    world.work.jobs[job.id].tries = 9
    world.worker.claim_and_do(job)
    assert not world.export(export_id).ended


def test_a_failure_of_the_run_before_a_retry_does_not_end_the_new_one() -> None:
    """The lease is still the same, as the retried run wants the same job."""
    world = world_of()
    export_id = planned(world)
    until(world, export_id, JobKind.ASSEMBLE)
    job = only_job(world)

    def fail_and_retry(task: Any) -> None:
        export = world.export(export_id)
        failure = FailExport(
            reason=Reason.STORAGE_FULL,
            detail=None,
            attempt=export.attempt,
            retries=export.retries,
            at=world.clock(),
        )
        world.ports.exports.execute(export_id, failure)
        world.ports.exports.execute(export_id, RetryExport(by=world.me, at=world.clock()))
        raise ValueError("of the run that has failed")

    world.children.before = fail_and_retry
    world.work.jobs[job.id].tries = 9
    world.worker.claim_and_do(job)
    assert world.export(export_id).retries == 1
    assert not world.export(export_id).ended


def test_a_zombie_that_still_assembles_an_old_attempt_changes_nothing_of_what_is_ready() -> None:
    world = world_of()
    export_id = planned(world)
    old = until(world, export_id, JobKind.ASSEMBLE)
    stuck: list[AssembleTask] = []
    world.children.before = stuck.append
    part = layout.part(export_id, 1, "csv", 0)
    lost = world.files.objects.pop(part)
    world.worker.claim_and_do(old)
    assert reason(world.export(export_id)) is Reason.STAGED_ROWS_LOST
    world.children.before = lambda task: None
    world.ports.exports.execute(export_id, RetryExport(by=world.me, at=world.clock()))
    assert world.finish(export_id).attempt == 2
    mine = layout.attempt_prefix(export_id, 2)
    ready = {key: each for key, each in world.files.objects.items() if key.startswith(mine)}
    world.files.objects[part] = lost
    world.children._done(stuck[0], lambda said: None)
    assert {key: world.files.objects[key] for key in ready} == ready


def test_work_that_is_wanted_again_by_the_time_it_is_given_up_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = world_of()
    export_id = planned(world)
    job = until(world, export_id, JobKind.RENDER)
    before = set(world.work.jobs)
    release = world.work.release

    def resume_then_release(held: Held, retry_in: float) -> None:
        world.ports.exports.execute(export_id, ResumeExport(by=world.me, at=world.clock()))
        release(held, retry_in)

    monkeypatch.setattr(world.work, "release", resume_then_release)
    world.ports.exports.execute(export_id, PauseExport(by=world.me, at=world.clock()))
    world.worker.claim_and_do(job)
    assert set(world.work.jobs) == before
    assert world.work.jobs[job.id].state == "ready"


def test_work_that_is_wanted_no_more_is_taken_off_the_table() -> None:
    world = world_of()
    export_id = planned(world)
    job = until(world, export_id, JobKind.RENDER)
    world.ports.exports.execute(export_id, CancelExport(by=world.me, at=world.clock()))
    world.worker.claim_and_do(job)
    assert not world.work.jobs


def test_counts_that_do_not_add_up_end_the_export_instead_of_going_round(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = world_of()
    export_id = planned(world)
    done = world.children._done

    def lie(task: Any, heard: Callable[[Any], None]) -> Any:
        result = done(task, heard)
        if isinstance(result, Extracted):
            result = Extracted(rows=1, chunks=result.chunks, matched=1, taken_at=result.taken_at)
        return result

    monkeypatch.setattr(world.children, "_done", lie)
    assert reason(world.finish(export_id)) is Reason.INTERNAL
    assert world.export(export_id).attempt == 3


@pytest.mark.parametrize("part", ["store", "work"])
@pytest.mark.parametrize("kind", [ExtractTask, RenderTask, AssembleTask])
def test_what_is_done_while_the_database_is_away_is_recorded_when_it_is_back(
    part: str, kind: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outages, "_FIRST", 0.01)
    world = world_of()
    export_id = planned(world)
    done: Counter[type] = Counter()
    away = getattr(world, part)

    def take_away(task: Any) -> None:
        done[type(task)] += 1
        if isinstance(task, kind):
            away.unavailable = True
            threading.Timer(0.1, lambda: setattr(away, "unavailable", False)).start()

    world.children.after = take_away
    export = world.finish(export_id)
    assert (export.status, export.attempt) == (Status.COMPLETED, 1)
    assert done == {ExtractTask: 1, RenderTask: 3, AssembleTask: 1}


def test_an_outage_is_waited_out_no_longer_than_the_work_is_wanted() -> None:
    world = world_of()
    export_id = planned(world)

    def take_away(task: Any) -> None:
        world.store.unavailable = True
        threading.Timer(0.1, world.worker.stop).start()

    world.children.after = take_away
    job = until(world, export_id, JobKind.EXTRACT)
    world.worker.claim_and_do(job)
    world.store.unavailable = False
    assert world.export(export_id).attempt == 1
    assert world.export(export_id).extraction is None


def test_a_message_that_comes_while_the_database_is_away_is_dropped_without_a_word_raised() -> None:
    world = world_of()
    export_id = planned(world)
    job = until(world, export_id, JobKind.RENDER)
    world.work.unavailable = True
    world.worker.run(job)
    world.work.unavailable = False
    assert world.finish(export_id).status is Status.COMPLETED


def test_a_worker_that_stops_gives_back_what_is_under_way() -> None:
    world = world_of()
    planned(world)
    job = only_job(world)
    began, stopping = threading.Event(), threading.Event()

    def wait(task: Any) -> None:
        began.set()
        stopping.wait(5)

    world.children.before = wait
    world.worker.finish_seconds = 0.1
    world.worker.run(job)
    assert began.wait(5)
    ended: list[bool] = []
    thread = threading.Thread(target=lambda: ended.append(world.worker.stop()))
    thread.start()
    assert world.worker.stopping.wait(5)
    stopping.set()
    thread.join(5)
    assert ended == [True]
    assert (world.work.left, world.work.jobs[job.id].state) == (["w1"], "ready")


def test_a_worker_that_stops_ends_what_is_short_and_takes_nothing_new() -> None:
    world = world_of()
    export_id = planned(world)
    job = only_job(world)
    began, going_on = threading.Event(), threading.Event()

    def wait(task: Any) -> None:
        began.set()
        assert going_on.wait(5)

    world.children.before = wait
    world.worker.run(job)
    assert began.wait(5)
    thread = threading.Thread(target=world.worker.stop)
    thread.start()
    going_on.set()
    thread.join(10)
    assert world.export(export_id).extraction is not None
    assert job.id not in world.work.jobs


def test_a_worker_that_stops_gives_a_large_extraction_back_at_once_and_ends_a_chunk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = world_of()
    rendered = planned(world)
    chunk = until(world, rendered, JobKind.RENDER)
    extracted = planned(world)
    monkeypatch.setattr(queue_work, "SMALL_ROWS", 4)
    (long,) = [j.message for j in world.work.jobs.values() if j.message.export_id == extracted]
    both, given_back = threading.Barrier(3), threading.Event()

    def last(task: Any) -> None:
        both.wait(5)
        if isinstance(task, ExtractTask):
            world.worker._under_way[long.id].stop.wait(5)
        assert given_back.wait(5)

    world.children.before = last
    world.worker.run(long)
    rendering = threading.Thread(target=world.worker.run, args=(chunk,))
    rendering.start()
    both.wait(5)
    stopping = threading.Thread(target=world.worker.stop)
    stopping.start()
    while world.work.jobs[long.id].state == "running":
        assert stopping.is_alive()
    assert world.work.jobs[chunk.id].state == "running"
    assert world.work.claim(long.id, "another") is not None
    given_back.set()
    stopping.join(10)
    rendering.join(10)
    assert len(world.export(rendered).rendered) == 1
    assert chunk.id not in world.work.jobs
    assert world.work.jobs[long.id].worker == "another"


def test_a_job_that_comes_to_a_worker_that_stops_is_handed_on_at_once() -> None:
    world = world_of()
    planned(world)
    job = only_job(world)
    world.worker._draining.set()
    world.worker.claim_and_do(job)
    assert (world.work.jobs[job.id].state, world.work.jobs[job.id].tries) == ("ready", 0)


def test_a_worker_that_stops_begins_nothing_more() -> None:
    world = world_of()
    export_id = planned(world)
    job = only_job(world)
    assert world.worker.stop()
    world.worker.claim_and_do(job)
    assert world.export(export_id).attempt == 0
    assert world.work.jobs[job.id].tries == 0


def test_a_job_that_was_being_claimed_when_the_worker_stopped_is_given_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = world_of()
    world.worker.finish_seconds = 0.0
    export_id = planned(world)
    claim = world.work.claim
    stopped = threading.Thread(target=world.worker.stop)

    def stop_meanwhile(job_id: str, worker: str) -> Held | None:
        stopped.start()
        world.worker.stopping.wait(5)
        return claim(job_id, worker)

    monkeypatch.setattr(world.work, "claim", stop_meanwhile)
    world.worker.claim_and_do(only_job(world))
    stopped.join(5)
    assert world.export(export_id).staged == {}
    assert only_job(world).kind is JobKind.EXTRACT
    assert [job.state for job in world.work.jobs.values()] == ["ready"]


def test_stopping_without_a_database_stops_all_the_same() -> None:
    world = world_of()
    world.work.unavailable = True
    world.worker.start()
    assert world.worker.stop()


def _waiting_chunks(world: World) -> list[JobMessage]:
    """Three, whose messages went to other workers."""
    export_id = planned(world)
    until(world, export_id, JobKind.RENDER)
    return world.work.take([Share(lane=Lane.RENDER, export_id=export_id, count=3)])


def _left(world: World, chunks: list[JobMessage]) -> list[bool]:
    return [chunk.id in world.work.jobs for chunk in chunks]


def test_a_worker_with_a_free_place_does_what_waits_for_others() -> None:
    world = world_of()
    chunks = _waiting_chunks(world)
    rendered = threading.Semaphore(0)
    world.children.after = lambda task: rendered.release()
    world.worker.start()
    world.worker.help_others()
    assert all(rendered.acquire(timeout=5) for _ in chunks)
    assert world.worker.stop()
    assert _left(world, chunks) == [False, False, False]


def test_whoever_helps_makes_room_for_a_message_of_its_own() -> None:
    world = world_of(limits=Limits(render_processes=1))
    own, *others = _waiting_chunks(world)
    world.work.jobs[own.id].state = "ready"  # not what help finds
    with ExitStack() as messages:
        world.children.before = lambda task: messages.enter_context(world.worker._rendering())
        world.worker._help()
    assert _left(world, [own, *others]) == [True, False, True]


def test_a_worker_whose_job_failed_leaves_those_of_others_alone_for_a_while() -> None:
    world = world_of()
    chunks = _waiting_chunks(world)

    def fail(task: Any) -> None:
        raise FilesUnavailable("the bucket is away")

    world.children.before = fail
    world.worker.help()
    world.worker.help()
    assert sorted(job.tries for job in world.work.jobs.values()) == [0, 0, 1]
    world.children.before = lambda task: None
    world.worker._helps_from = 0.0  # half a minute later
    world.worker.help()
    assert _left(world, chunks) == [True, False, False]


def test_a_worker_that_stops_helps_nobody() -> None:
    world = world_of()
    chunks = _waiting_chunks(world)
    world.worker._draining.set()
    world.worker.help()
    assert _left(world, chunks) == [True, True, True]
    assert {job.tries for job in world.work.jobs.values()} == {0}


def test_a_heartbeat_ends_what_is_not_held_any_more_and_nothing_else() -> None:
    world = world_of()
    export_id = planned(world)
    until(world, export_id, JobKind.RENDER)
    jobs = [job.message for job in world.work.jobs.values()][:2]
    seen: list[bool] = []

    def lose_the_other(task: Any) -> None:
        first, second = world.worker._under_way.values()
        world.work.lose(first.job.id)
        world.work.claim(first.job.id, "another")
        world.worker.beat()
        seen.extend([first.stop.asked, second.stop.asked])

    def nest(task: Any) -> None:
        world.children.before = lose_the_other
        world.worker.claim_and_do(jobs[1])

    world.children.before = nest
    world.worker.claim_and_do(jobs[0])
    assert seen == [True, False]


def test_the_words_of_an_error_reach_the_vault_but_no_log(caplog: pytest.LogCaptureFixture) -> None:
    world = world_of()
    export_id = planned(world)
    world.rows.failing = ValueError("Zoë, 12 Elm Street")
    assert told(world, world.finish(export_id)) == "Zoë, 12 Elm Street"
    assert "ValueError in tests.fakes_work" in caplog.text
    assert "Zo" not in caplog.text


@pytest.mark.parametrize(
    ("datasets", "words"), [({}, "no longer declared"), ({"things": "v2"}, "was v1 .* is v2 now")]
)
def test_a_changed_dataset_is_told_in_words(datasets: dict[str, str], words: str) -> None:
    world = world_of()
    export_id = planned(world)
    declared = world.datasets.pop("things")
    for name, version in datasets.items():
        world.datasets[name] = replace(declared, version=version)
    export = world.finish(export_id)
    assert reason(export) is Reason.DATASET_CHANGED
    assert re.search(words, told(world, export))


@pytest.mark.parametrize("error", [RowsUnavailable(), FilesUnavailable()])
def test_what_is_away_for_half_a_minute_fails_nothing(error: Exception) -> None:
    fault = fault_of(error)
    assert sum(fault.pause_after(tries) for tries in range(1, fault.tries)) >= 30


def test_no_pause_is_longer_than_half_a_minute() -> None:
    assert max(fault_of(ValueError()).pause_after(tries) for tries in range(1, 2000)) == 30
