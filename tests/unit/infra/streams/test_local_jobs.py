"""Jobs and ticks inside one process."""

from __future__ import annotations

import logging
from queue import Queue
from threading import Event, Lock
from uuid import uuid4

import pytest

from domain.streams import JobMessage, Tick
from infra.streams.local_jobs import LocalJobs
from infra.streams.local_ticks import LocalTicks
from tests.contract.transport_contract import job_of, until
from tests.export_commands import AT

TICK = Tick(export_id=uuid4(), attempt=1, rows=5, size=99, at=AT)


def test_no_more_than_the_capacity_run_at_once() -> None:
    running, most, done = 0, 0, 0
    lock, pause = Lock(), Event()

    def run(_: JobMessage) -> None:
        nonlocal running, most, done
        with lock:
            running += 1
            most = max(most, running)
        pause.wait(0.02)
        with lock:
            running -= 1
            done += 1

    jobs = LocalJobs(run, capacity=3)
    jobs.start()
    for _ in range(20):
        jobs.release(job_of(attempt=1))
    until(lambda: done == 20)
    assert jobs.stop(5)
    assert most == 3


def test_a_job_for_which_there_is_no_room_is_left_to_its_lease(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ran: Queue[str] = Queue()
    jobs = LocalJobs(lambda job: ran.put(job.id), capacity=1, backlog=2)
    released = [job_of(attempt=1) for _ in range(3)]
    with caplog.at_level(logging.WARNING):
        for job in released:
            jobs.release(job)
    assert f"no room for job {released[2].id}" in caplog.text
    jobs.start()
    assert [ran.get(timeout=5), ran.get(timeout=5)] == [job.id for job in released[:2]]
    assert jobs.stop(5)


def test_a_stop_that_comes_too_early_for_a_job_says_so() -> None:
    started, end = Event(), Event()

    def run(_: JobMessage) -> None:
        started.set()
        end.wait(10)

    jobs = LocalJobs(run, capacity=1)
    jobs.start()
    jobs.release(job_of(attempt=1))
    assert started.wait(5)
    assert not jobs.stop(0.05)
    end.set()
    assert jobs.stop(5)


def test_a_watcher_that_fails_does_not_keep_ticks_from_others() -> None:
    ticks = LocalTicks()
    seen: list[Tick] = []

    def fail(_: Tick) -> None:
        raise ValueError

    ticks.subscribe(fail)
    ticks.subscribe(seen.append)
    ticks.publish(TICK)
    assert seen == [TICK]


def test_who_left_sees_no_more_ticks() -> None:
    ticks = LocalTicks()
    seen: list[Tick] = []
    unsubscribe = ticks.subscribe(seen.append)
    unsubscribe()
    unsubscribe()
    ticks.publish(TICK)
    assert seen == []
