"""The log is followed while writers hold their transactions, roll them back and die in them.
Whoever follows it sees each event once, by rising positions, and no gap is filled later."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from uuid import UUID, uuid4

import psycopg
import pytest

from api.tail import Tail
from domain.ports import Recorded
from domain.streams import Envelope, Kind, Subscription
from infra.database import Pool, migrate, open_pool
from infra.store import EventStoreOnPostgresql
from infra.streams.local import LocalTransport
from tests.contract.transport_contract import REQUESTED, until

_SECONDS = 5.0
_WRITERS = 4
_ENOUGH = 120


@pytest.fixture
def url(database_url: str) -> str:
    migrate(database_url)
    return database_url


def test_whoever_follows_the_log_misses_nothing_of_slow_and_dying_writers(url: str) -> None:
    with ExitStack() as stack:
        store = stack.enter_context(EventStoreOnPostgresql(url))
        seen = stack.enter_context(_by_transport(store, url))
        told = stack.enter_context(_by_tail(store))
        read = stack.enter_context(_by_hand(store))
        _write(url)
        log = _log(store)
        positions = [each.position for each in log]
        assert len(positions) > 50
        until(lambda: read[-1:] == positions[-1:] and seen[-1:] == positions[-1:])
        assert read == positions
        assert seen == positions
        until(lambda: told.versions() == _versions(log))


def test_without_the_lock_this_very_test_would_notice(url: str) -> None:
    """As soon as luck has it: on a busy machine the reader may come too seldom to see a gap."""
    with EventStoreOnPostgresql(url) as store, _by_hand(store) as read:
        assert any(_has_gaps(url, store, read) for _ in range(10))


def _has_gaps(url: str, store: EventStoreOnPostgresql, read: list[int]) -> bool:
    _write(url, "without-lock")
    positions = [each.position for each in _log(store)]
    until(lambda: read[-1:] == positions[-1:])
    return set(read) < set(positions)


def test_appends_go_on_while_the_table_is_vacuumed_and_do_not_end_that(url: str) -> None:
    with EventStoreOnPostgresql(url) as store, closing(open_pool(url, size=2)) as pool:
        _write(url, seconds=1.0)
        with _slow_vacuum(pool):
            before = store.head()
            for _ in range(20):
                store.append(uuid4(), 0, [REQUESTED])
            assert store.head() >= before + 20
            assert _is_vacuumed(pool)


def _write(url: str, *how: str, seconds: float = _SECONDS) -> None:
    """Several writers for so long at least, and until there is enough to look at; one is killed
    every few hundred milliseconds, if something was written since the last."""
    writers = [_writer(url, *how) for _ in range(_WRITERS)]
    try:
        _until_written(url, 1)
        end = time.monotonic() + seconds
        while time.monotonic() < end or _head(url) < _ENOUGH:
            time.sleep(random.uniform(0.2, 0.6))
            _until_written(url, _head(url) + 5)
            place = random.randrange(_WRITERS)
            _kill(writers[place])
            writers[place] = _writer(url, *how)
    finally:
        for writer in writers:
            _kill(writer)


def _writer(url: str, *how: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.faults.writers", url, *how]
    return subprocess.Popen(command, env=os.environ, stdin=subprocess.DEVNULL)


def _kill(writer: subprocess.Popen[bytes]) -> None:
    writer.send_signal(signal.SIGKILL)
    writer.wait(timeout=10)


def _until_written(url: str, head: int) -> None:
    until(lambda: _head(url) >= head, 60, every=0.05)


def _head(url: str) -> int:
    with EventStoreOnPostgresql(url, connections=1) as store:
        return store.head()


def _log(store: EventStoreOnPostgresql) -> list[Recorded]:
    log = store.log(0, 10_000)
    while more := store.log(log[-1].position if log else 0, 10_000):
        log += more
    return log


def _versions(log: list[Recorded]) -> dict[UUID, int]:
    return {each.aggregate_id: each.version for each in log}


@contextmanager
def _by_hand(store: EventStoreOnPostgresql) -> Iterator[list[int]]:
    """As fast as it goes, which is where a gap would show first."""
    read: list[int] = []
    done = threading.Event()

    def follow() -> None:
        while not done.is_set():
            read.extend(each.position for each in store.log(read[-1] if read else 0, 500))

    thread = threading.Thread(target=follow)
    thread.start()
    try:
        yield read
    finally:
        done.set()
        thread.join()


@contextmanager
def _by_transport(store: EventStoreOnPostgresql, url: str) -> Iterator[list[int]]:
    seen: list[int] = []

    def handle(envelope: Envelope) -> None:
        seen.append(envelope.position)

    subscription = Subscription(name="follower", kinds=frozenset({Kind.EXPORT}), handle=handle)
    with closing(open_pool(url, size=2)) as pool, store.listen() as bell:
        transport = LocalTransport(store, pool, [subscription], bell)
        transport.start()
        try:
            yield seen
        finally:
            assert transport.stop(15)
    assert transport.failure is None


class _Told:
    """What streams of the API have read, each after a wake-up, of every export that they know."""

    def __init__(self) -> None:
        self._versions: dict[UUID, int] = {}
        self._lock = threading.Lock()

    def versions(self) -> dict[UUID, int]:
        with self._lock:
            return dict(self._versions)

    def note(self, export: UUID, version: int) -> None:
        with self._lock:
            self._versions[export] = version


@contextmanager
def _by_tail(store: EventStoreOnPostgresql) -> Iterator[_Told]:
    """A stream of the API for each export, begun as soon as it is there."""
    told, done = _Told(), threading.Event()
    with store.listen() as bell:
        tail = Tail(store, bell.wait, lambda _: lambda: None)
        tail.start()
        thread = threading.Thread(target=lambda: asyncio.run(_stream_all(store, tail, told, done)))
        thread.start()
        try:
            yield told
        finally:
            done.set()
            tail.close()
            thread.join()


async def _stream_all(
    store: EventStoreOnPostgresql, tail: Tail, told: _Told, done: threading.Event
) -> None:
    streams: dict[UUID, asyncio.Task[None]] = {}
    position = 0
    while not done.is_set():
        for each in await asyncio.to_thread(store.log, position, 500):
            position = each.position
            if each.aggregate_id not in streams:
                stream = _stream(store, tail, told, each.aggregate_id)
                streams[each.aggregate_id] = asyncio.create_task(stream)
        await asyncio.sleep(0.05)
    for task in streams.values():
        task.cancel()
    await asyncio.gather(*streams.values(), return_exceptions=True)


async def _stream(store: EventStoreOnPostgresql, tail: Tail, told: _Told, export: UUID) -> None:
    version = 0
    with tail.watch(export) as watch:
        while True:
            for each in await asyncio.to_thread(store.read, export, version):
                assert each.version == version + 1
                version = each.version
            told.note(export, version)
            await watch.heard.wait()
            watch.heard.clear()


@contextmanager
def _slow_vacuum(pool: Pool) -> Iterator[None]:
    """One that takes much longer than the block."""
    with pool.connection() as connection:
        connection.execute("SET vacuum_cost_limit = 1")
        connection.execute("SET vacuum_cost_delay = 100")

        def vacuum() -> None:
            with suppress(psycopg.errors.QueryCanceled):
                connection.execute("VACUUM (FREEZE, DISABLE_PAGE_SKIPPING) stored_events")

        thread = threading.Thread(target=vacuum)
        thread.start()
        until(lambda: _is_vacuumed(pool))
        try:
            yield
        finally:
            connection.cancel_safe()
            thread.join()


def _is_vacuumed(pool: Pool) -> bool:
    with pool.connection() as connection:
        return bool(connection.execute("SELECT FROM pg_stat_progress_vacuum").fetchall())
