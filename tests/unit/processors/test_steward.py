"""One leads, the others stand by; no chore waits for another, and none ends the steward."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from prometheus_client import REGISTRY

from processors import steward as module
from processors.ports import Limits
from processors.steward import Chore, Steward
from tests.processing import World
from tests.unit.processors.small_chunks import only_job, planned, world_of


class FakeOffice:
    """`answer` says whether it is held, or raises."""

    def __init__(self) -> None:
        self.answer: Callable[[], bool] = lambda: True
        self.asked = 0
        self.resigned = False

    def held(self) -> bool:
        self.asked += 1
        return self.answer()

    def resign(self) -> None:
        self.resigned = True


class FakeBell:
    def __init__(self) -> None:
        self.closed = False

    def wait(self, timeout: float) -> None:
        time.sleep(0.001)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def office() -> FakeOffice:
    return FakeOffice()


@pytest.fixture(autouse=True)
def in_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chores are due all the time."""
    monkeypatch.setattr(module, "_STAND_BY_SECONDS", 0.001)
    monkeypatch.setattr(module, "_RETURN_SECONDS", 0.1)
    chores = module._chores

    def quick(*given: object) -> list[Chore]:
        made = chores(*given)  # type: ignore[arg-type]
        return [
            Chore(name=each.name, seconds=0.005, action=each.action, after=each.after)
            for each in made
        ]

    monkeypatch.setattr(module, "_chores", quick)
    monkeypatch.setattr(
        module, "_often", lambda name, do: Chore(name=name, seconds=0.005, action=do)
    )


@pytest.fixture
def running(office: FakeOffice) -> Iterator[Callable[..., Steward]]:
    stewards: list[Steward] = []

    def run(world: World, **chores: Callable[[], object]) -> Steward:
        steward = Steward(world.ports, office, FakeBell(), chores)
        stewards.append(steward)
        steward.start()
        return steward

    yield run
    for steward in stewards:
        steward.stop()


def _wait_until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def _world() -> World:
    return world_of(limits=Limits(lease_seconds=0.2))


def test_the_leader_dispatches_and_one_who_stands_by_does_not(
    office: FakeOffice, running: Callable[..., Steward]
) -> None:
    world = _world()
    planned(world)
    office.answer = lambda: False
    running(world)
    _wait_until(lambda: office.asked > 5)
    assert not world.jobs.released
    office.answer = lambda: True
    _wait_until(lambda: bool(world.jobs.released))


def test_dispatching_goes_on_while_a_chore_takes_long(running: Callable[..., Steward]) -> None:
    world, began, may_end = _world(), threading.Event(), threading.Event()

    def take_long() -> None:
        began.set()
        may_end.wait(10)

    running(world, long=take_long)
    assert began.wait(10)
    planned(world)
    _wait_until(lambda: bool(world.jobs.released))
    may_end.set()


@pytest.mark.parametrize("error", [OSError(), RuntimeError("Zoë")])
def test_whatever_fails_is_tried_again(
    error: Exception,
    office: FakeOffice,
    running: Callable[..., Steward],
    caplog: pytest.LogCaptureFixture,
) -> None:
    world, tries = _world(), list[None]()

    def fail() -> bool:
        tries.append(None)
        raise error

    running(world, broken=fail)
    _wait_until(lambda: len(tries) > 3)
    world.work.unavailable = True
    asked = office.asked
    _wait_until(lambda: office.asked > asked + 3)
    office.answer = fail
    _wait_until(lambda: len(tries) > 6)
    office.answer, world.work.unavailable = lambda: True, False
    planned(world)
    _wait_until(lambda: bool(world.jobs.released))
    assert "Zo" not in caplog.text


def test_a_new_leader_gives_workers_a_lease_to_be_heard_of(
    running: Callable[..., Steward],
) -> None:
    """After an outage every lease has run out, and nobody is to blame."""
    world = _world()
    planned(world)
    job = only_job(world)
    world.work.claim(job.id, "w1")
    world.work.lose(job.id)
    began = time.monotonic()
    running(world)
    _wait_until(lambda: world.work.jobs[job.id].deaths == 1)
    assert time.monotonic() - began >= 0.3


def test_the_leader_shows_the_queue_and_others_show_none(
    office: FakeOffice, running: Callable[..., Steward]
) -> None:
    def shown() -> float | None:
        return REGISTRY.get_sample_value("waybill_jobs", {"kind": "extract", "state": "released"})

    world = _world()
    planned(world)
    running(world)
    _wait_until(lambda: shown() == 1)
    office.answer = lambda: False
    _wait_until(lambda: shown() is None)


def test_stopping_resigns_and_ends_every_thread(office: FakeOffice) -> None:
    before = threading.active_count()
    bell = FakeBell()
    steward = Steward(_world().ports, office, bell, {})
    steward.start()
    assert threading.active_count() > before
    steward.stop()
    assert (office.resigned, bell.closed, threading.active_count()) == (True, True, before)
