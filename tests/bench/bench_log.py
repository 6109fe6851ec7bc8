"""How fast the event store's log is carried to Kafka, and read models are made anew from it."""

from __future__ import annotations

import secrets
import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr

from domain.ports import Recorded
from infra.database import Pool, open_pool
from infra.projections import rebuild
from infra.settings import Settings
from infra.store import EventStoreOnPostgresql
from infra.streams.kafka.messages import event_message
from infra.streams.kafka.producer import Producer
from infra.streams.kafka.topics import ensure_topics
from infra.streams.relay import Relay
from projections.catalogue import READ_MODELS
from tests.bench import sizes
from tests.bench.log import long_log
from tests.bench.measuring import in_seconds, met, timed
from tests.bench.tables import Report, Table

RELAY_TARGET = 10_000
REBUILD_TARGET = 20_000
_BATCH = 1_000
_PAGE = 5_000

Log = tuple[str, EventStoreOnPostgresql]


@pytest.fixture(scope="module")
def log(postgres_url: str) -> Iterator[Log]:
    with long_log(postgres_url, sizes.EVENTS) as found:
        yield found


def test_rebuild(log: Log, report: Report) -> None:
    """Beside reading and decoding the log alone."""
    url, store = log
    measured: dict[str, list[tuple[float, float]]] = {}
    with open_pool(url, size=4) as pool:
        for _ in range(sizes.RUNS):
            _note(measured, "reading the log alone", lambda: _read(store))
            for name in READ_MODELS:
                _note(measured, name, partial(_rebuild, name, store, pool))
    rows = [_row(name, found, store.head()) for name, found in measured.items()]
    table = Table(
        title=f"Read models made anew from {store.head():,} events, median of {sizes.RUNS}",
        headings=("read model", "s", "events/s", "own CPU s", f"target {REBUILD_TARGET:,}"),
        rows=[(*row, _verdict(row, REBUILD_TARGET)) for row in rows],
    )
    report.tell("rebuild", table)


def test_relay(log: Log, report: Report, kafka_bootstrap: str) -> None:
    """Beside our producer alone, which is given the same messages ready made."""
    url, store = log
    events = _read(store)
    measured: dict[str, list[tuple[float, float]]] = {}
    for _ in range(sizes.RUNS):
        for name, action in (("our producer alone", _produce), ("relay", _relay)):
            settings = Settings(
                database_url=SecretStr(url),
                kafka_bootstrap=kafka_bootstrap,
                kafka_prefix=f"b{secrets.token_hex(4)}.",
            )
            ensure_topics(settings)
            measured.setdefault(name, []).append(action(settings, store, events))
    rows = [_row(name, found, store.head()) for name, found in measured.items()]
    table = Table(
        title=f"{store.head():,} events to Kafka in batches of {_BATCH:,}, median of {sizes.RUNS}",
        headings=("by", "s", "events/s", "own CPU s", f"target {RELAY_TARGET:,}"),
        rows=[(*row, _verdict(row, RELAY_TARGET)) for row in rows],
    )
    report.tell("relay", table)


def _read(store: EventStoreOnPostgresql) -> list[Recorded]:
    found: list[Recorded] = []
    while page := store.log(found[-1].position if found else 0, _PAGE):
        found += page
    return found


def _rebuild(name: str, store: EventStoreOnPostgresql, pool: Pool) -> None:
    rebuild(READ_MODELS[name], store, pool)


def _produce(
    settings: Settings, store: EventStoreOnPostgresql, events: list[Recorded]
) -> tuple[float, float]:
    epoch = store.epoch()
    messages = [event_message(each, epoch, settings.kafka_prefix) for each in events]
    producer = Producer(settings, "bench")
    producer.start()
    producer.publish([], 20)  # connects

    def publish() -> None:
        for first in range(0, len(messages), _BATCH):
            producer.publish(messages[first : first + _BATCH], 60)

    try:
        return _taken(publish)
    finally:
        producer.stop()


def _relay(
    settings: Settings, store: EventStoreOnPostgresql, _events: list[Recorded]
) -> tuple[float, float]:
    """From its start, with its lock and its connections, to the saved position of the last."""
    url = settings.database_url
    assert url is not None
    with store.listen() as bell:
        relay = Relay(
            url.get_secret_value(),
            store,
            bell,
            lambda: Producer(settings, "bench"),
            prefix=settings.kafka_prefix,
        )
        try:
            return _taken(lambda: _carry(relay, settings, store.head()))
        finally:
            assert relay.stop(15)


def _carry(relay: Relay, settings: Settings, head: int) -> None:
    relay.start()
    url = settings.database_url
    assert url is not None
    with psycopg.connect(url.get_secret_value(), autocommit=True) as connection:
        saved = "SELECT position FROM consumers WHERE name = %s"
        while True:
            row = connection.execute(saved, [f"{settings.kafka_prefix}relay"]).fetchone()
            if row is not None and row[0] >= head:
                return
            assert relay.failure is None
            time.sleep(0.01)


def _note(
    measured: dict[str, list[tuple[float, float]]], name: str, action: Callable[[], Any]
) -> None:
    measured.setdefault(name, []).append(_taken(action))


def _taken(action: Callable[[], Any]) -> tuple[float, float]:
    """Seconds, and of this process's CPU."""
    cpu = time.process_time()
    seconds = timed(action)
    return seconds, time.process_time() - cpu


def _row(name: str, found: list[tuple[float, float]], events: int) -> tuple[str, ...]:
    took = statistics.median(seconds for seconds, _ in found)
    cpu = statistics.median(seconds for _, seconds in found)
    return name, in_seconds(took), f"{events / took:,.0f}", in_seconds(cpu)


def _verdict(row: tuple[str, ...], target: int) -> str:
    return "" if "alone" in row[0] else met(int(row[2].replace(",", "")) >= target)
