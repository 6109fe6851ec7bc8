"""The tail wakes those whose aggregate has news, and survives what its store does."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from api.tail import Tail, Watch
from domain.ports import Recorded
from domain.streams import Tick
from tests.fakes_store import FakeEventStore
from tests.processing import World


class _Store(FakeEventStore):
    """Counts the questions, and fails with `error` while it is set."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.error: Exception | None = None

    def log(self, after: int, limit: int) -> list[Recorded]:
        self.asked += 1
        if self.error is not None:
            raise self.error
        return super().log(after, limit)


@pytest.fixture
def world() -> World:
    return World(store=_Store())


@pytest.fixture
def tail(world: World) -> Iterator[Tail]:
    tail = Tail(world.store, world.store.listen().wait, lambda _: lambda: None)
    tail.start()
    yield tail
    tail.close()


async def _heard(watch: Watch) -> bool:
    try:
        await asyncio.wait_for(watch.heard.wait(), 20)
    except TimeoutError:
        return False
    watch.heard.clear()
    return True


def test_only_those_with_news_are_woken(world: World, tail: Tail) -> None:
    async def run() -> None:
        mine, other = world.request(), world.request()
        with tail.watch(mine) as watch, tail.watch(other) as silent:
            await asyncio.sleep(0.1)
            watch.heard.clear()
            silent.heard.clear()
            await asyncio.to_thread(world.plan, mine)
            assert await _heard(watch)
            assert not silent.heard.is_set()

    asyncio.run(run())


def test_without_watchers_nobody_asks_the_store(world: World, tail: Tail) -> None:
    assert isinstance(world.store, _Store)
    world.request()
    time.sleep(0.1)
    assert world.store.asked == 0

    async def run() -> None:
        with tail.watch(uuid4()):
            await asyncio.sleep(0.05)

    asyncio.run(run())


def test_what_happened_while_nobody_watched_is_looked_at_by_the_watcher(
    world: World, tail: Tail
) -> None:
    async def run(export_id: UUID) -> bool:
        with tail.watch(export_id) as watch:
            return await _heard(watch)

    first = world.request()
    assert asyncio.run(run(first))
    world.plan(first)
    assert asyncio.run(run(first))


@pytest.mark.parametrize("error", ["unavailable", ZeroDivisionError("of Ada")])
def test_it_goes_on_after_an_outage_and_after_a_fault(
    world: World, tail: Tail, error: object, capsys: pytest.CaptureFixture[str]
) -> None:
    store = world.store
    assert isinstance(store, _Store)

    async def run() -> None:
        export_id = world.request()
        with tail.watch(export_id) as watch:
            assert await _heard(watch)
            store.unavailable = error == "unavailable"
            store.error = error if isinstance(error, Exception) else None
            await asyncio.sleep(0.7)
            store.unavailable, store.error = False, None
            watch.heard.clear()
            await asyncio.to_thread(world.plan, export_id)
            assert await _heard(watch)

    asyncio.run(run())
    written = capsys.readouterr().out
    assert "follow" in written
    assert "Ada" not in written


def test_a_newer_tick_takes_an_older_ones_place(world: World) -> None:
    async def run() -> None:
        watch = Watch(uuid4(), asyncio.get_running_loop())
        for rows in (1, 2):
            watch.wake(Tick(export_id=uuid4(), attempt=1, rows=rows, size=1, at=world.clock()))
        watch.wake()
        assert await _heard(watch)
        found = watch.take_tick()
        assert found is not None
        assert found.rows == 2
        assert watch.take_tick() is None

    asyncio.run(run())


def test_a_watcher_whose_loop_is_gone_is_nobody() -> None:
    loop = asyncio.new_event_loop()
    loop.close()
    Watch(uuid4(), loop).wake()


def test_it_ends_for_good(world: World) -> None:
    stopped = threading.Event()
    tail = Tail(world.store, world.store.listen().wait, lambda _: stopped.set)
    tail.start()
    tail.close()
    assert stopped.is_set()
    assert tail.closing
    tail.close()
