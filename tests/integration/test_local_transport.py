"""What only the local transport brings: a bell that can break, a log that can't be read."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from uuid import uuid4

import psycopg
import pytest

from domain.ports import Recorded, StoreUnavailable
from infra.database import Pool, migrate, open_pool
from infra.store import EventStoreOnPostgresql
from infra.streams.consumers import Consumers
from infra.streams.local import Bell, LocalTransport, Log
from tests.contract.transport_contract import (
    IMPATIENT,
    REQUESTED,
    Recorder,
    Running,
    subscription,
    until,
)
from tests.fakes_store import FakeEventStore


class BrokenBell:
    def wait(self, timeout: float) -> None:
        raise OSError("broken")


class SilentBell:
    def wait(self, timeout: float) -> None:
        time.sleep(timeout)


@pytest.fixture
def pool(database_url: str) -> Iterator[Pool]:
    migrate(database_url)
    with closing(open_pool(database_url)) as pool:
        yield pool


@contextmanager
def consuming(store: Log, pool: Pool, recorder: Recorder, bell: Bell) -> Iterator[LocalTransport]:
    transport = LocalTransport(store, pool, [subscription(recorder)], bell, patience=IMPATIENT)
    with Running(transport):
        yield transport


@pytest.mark.parametrize("bell", [BrokenBell(), SilentBell()])
def test_without_a_bell_the_log_is_polled(pool: Pool, bell: Bell) -> None:
    store, recorder = FakeEventStore(), Recorder()
    with consuming(store, pool, recorder, bell):
        time.sleep(0.1)
        store.append(uuid4(), 0, [REQUESTED])
        until(lambda: recorder.seen, seconds=3)


def test_a_log_that_cannot_be_read_for_a_while_is_waited_for(pool: Pool) -> None:
    store, recorder = FakeEventStore(), Recorder()
    with consuming(store, pool, recorder, SilentBell()) as transport:
        store.unavailable = True
        time.sleep(1.2)
        store.unavailable = False
        store.append(uuid4(), 0, [REQUESTED])
        until(lambda: recorder.seen)
        assert transport.failure is None


def test_an_event_that_cannot_be_decoded_ends_the_consumer_and_is_not_skipped(
    database_url: str, pool: Pool
) -> None:
    """A newer release wrote it: an older one must not pass over it."""
    recorder = Recorder()
    with EventStoreOnPostgresql(database_url) as store, store.listen() as bell:
        store.append(uuid4(), 0, [REQUESTED])
        with psycopg.connect(database_url) as connection:
            connection.execute("UPDATE stored_events SET topic = 'export.unheard-of.v1'")
        with consuming(store, pool, recorder, bell) as transport:
            until(lambda: transport.failure is not None)
        assert Consumers(pool).enter("recorder", store.epoch()) == 0
    assert recorder.seen == []


def test_a_stop_in_mid_batch_saves_how_far_it_came(pool: Pool) -> None:
    store, recorder = FakeEventStore(), Recorder(lambda _: time.sleep(0.02))
    for _ in range(100):
        store.append(uuid4(), 0, [REQUESTED])
    with consuming(store, pool, recorder, SilentBell()):
        until(lambda: len(recorder.seen) >= 5)
    saved = Consumers(pool).enter("recorder", store.epoch())
    assert saved == recorder.seen[-1].position < 100


class _Failing(FakeEventStore):
    def log(self, after: int, limit: int) -> list[Recorded]:
        raise StoreUnavailable


def test_a_stop_while_the_log_cannot_be_read_ends_at_once(pool: Pool) -> None:
    with consuming(_Failing(), pool, Recorder(), SilentBell()):
        time.sleep(0.2)
        began = time.monotonic()
    assert time.monotonic() - began < 20
