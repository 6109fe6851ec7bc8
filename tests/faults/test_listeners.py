"""The connections that ring when something was stored are lost, with a word and without one: all
goes on by polling, and soon they ring again."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from itertools import count
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from domain.streams import Envelope, Kind, Subscription
from infra.database import migrate, open_pool
from infra.store import EventStoreOnPostgresql, Wakeups, wakeups
from infra.streams.local import LocalTransport
from tests.contract.transport_contract import REQUESTED, until
from tests.faults.worlds import World
from tests.wires import Wire

_POLLED = 2.0
"""Seconds within which a poll every second has found an event, on a busy machine."""


@pytest.mark.quick_on("embedded")
def test_exports_go_on_while_listeners_are_ended_and_they_listen_again(world: World) -> None:
    before = _listening(world.stack.database_url)
    assert before
    done = threading.Event()
    ending = threading.Thread(target=_end_listeners_until, args=(world, done))
    ending.start()
    try:
        world.assert_whole(world.request())
    finally:
        done.set()
        ending.join()
    world.eventually(lambda: _listening(world.stack.database_url) >= before)
    world.check()


def test_a_transport_whose_listener_was_cut_off_without_a_word_polls_and_listens_again(
    database_url: str,
) -> None:
    migrate(database_url)
    wire = _wire(database_url)
    seen: dict[int, float] = {}

    def handle(envelope: Envelope) -> None:
        seen[envelope.position] = time.monotonic()

    def seconds_to_be_seen(store: EventStoreOnPostgresql) -> float:
        appended_at = time.monotonic()
        position = store.append(uuid4(), 0, [REQUESTED])
        until(lambda: position in seen)
        return seen[position] - appended_at

    subscription = Subscription(name="follower", kinds=frozenset({Kind.EXPORT}), handle=handle)
    with (
        EventStoreOnPostgresql(database_url) as store,
        closing(open_pool(database_url, size=2)) as pool,
        Wakeups(_through(wire, database_url), deaf_seconds=4.0) as bell,
    ):
        transport = LocalTransport(store, pool, [subscription], bell)
        transport.start()
        until(lambda: _listening(database_url) == 1)
        wire.forget()
        assert max(seconds_to_be_seen(store) for _ in range(4)) < _POLLED
        until(lambda: _listening(database_url) == 2)  # the server hasn't heard of the first's end
        assert transport.stop(15)
        assert transport.failure is None


def test_a_listener_that_was_cut_off_without_a_word_rings_again(database_url: str) -> None:
    migrate(database_url)
    wire = _wire(database_url)
    with (
        EventStoreOnPostgresql(database_url) as store,
        Wakeups(_through(wire, database_url), deaf_seconds=0.5) as bell,
    ):
        bell.wait(0)
        wire.forget()
        store.append(uuid4(), 0, [REQUESTED])
        bell.wait(0.6)  # deaf
        bell.wait(20)  # connected again, so it looks at once
        store.append(uuid4(), 0, [REQUESTED])
        before = time.monotonic()
        bell.wait(20)
        assert time.monotonic() - before < 10


def test_a_listener_that_was_cut_off_as_it_began_rings_too(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the question and its answer, which nothing else would end."""
    migrate(database_url)
    wire = _wire(database_url)
    connect, times = psycopg.connect, count()

    def connect_and_forget(*where: Any, **how: Any) -> Any:
        connection = connect(*where, **how)
        if next(times) == 0:
            wire.forget()
        return connection

    monkeypatch.setattr(wakeups, "_ANSWER_SECONDS", 0.5)
    with (
        EventStoreOnPostgresql(database_url) as store,
        Wakeups(_through(wire, database_url)) as bell,
    ):
        monkeypatch.setattr(psycopg, "connect", connect_and_forget)
        bell.wait(0)  # no answer
        bell.wait(20)  # connected again, so it looks at once
        store.append(uuid4(), 0, [REQUESTED])
        before = time.monotonic()
        bell.wait(20)
        assert time.monotonic() - before < 10


def _wire(url: str) -> Wire:
    server = conninfo_to_dict(url)
    return Wire(str(server["host"]), int(str(server["port"])))


def _through(wire: Wire, url: str) -> str:
    server = conninfo_to_dict(url)
    return f"postgresql://{server['user']}:{server['password']}@{wire.address}/{server['dbname']}"


def _end_listeners_until(world: World, done: threading.Event) -> None:
    with psycopg.connect(world.stack.database_url, autocommit=True) as connection:
        while not done.wait(0.3):
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND query LIKE 'LISTEN %'"
            )


def _listening(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND query LIKE 'LISTEN %'"
        ).fetchone()
    assert row is not None
    return int(row[0])
