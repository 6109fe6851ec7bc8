"""Workers of a consumer group come and go in a loop, are stopped and killed, and one message is
poison: nothing but its key is parked, and everything else is applied once, in order."""

from __future__ import annotations

import random
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from pydantic import SecretStr

from infra.database import migrate, open_pool
from infra.settings import Settings
from infra.store import EventStoreOnPostgresql
from infra.streams.kafka.messages import event_message
from infra.streams.kafka.producer import Producer
from infra.streams.kafka.topics import ensure_topics
from infra.streams.parking import Parking
from tests.contract.transport_contract import PAUSED, REQUESTED, RESUMED, until
from tests.faults.stormy_consumer import NAME, TABLES

pytestmark = [pytest.mark.full, pytest.mark.timeout(400)]

_EXPORTS = 40
_STORY = [REQUESTED, PAUSED, RESUMED, PAUSED]
_STORM = 60.0
_CALM = 150.0
"""Seconds until the last event is applied when the storm is over: a killed worker is missed after
ten seconds, and a worker that hangs in a rebalance ends after fifteen."""


class Group:
    """The workers, by number."""

    def __init__(self, arguments: list[str], log: Path) -> None:
        self._command = [sys.executable, "-m", "tests.faults.stormy_consumer", *arguments]
        self._log = log
        self.workers: list[subprocess.Popen[bytes]] = []
        self._leaving: list[subprocess.Popen[bytes]] = []

    def join(self) -> None:
        with self._log.open("ab") as log:
            self.workers.append(subprocess.Popen(self._command, stdout=log, stderr=log))

    def leave(self, number: signal.Signals) -> None:
        worker = self.workers.pop(0)
        worker.send_signal(number)
        self._leaving.append(worker)

    def stop_and_go_on(self, seconds: float) -> None:
        """Past its session: its partitions go to others, and then it wakes."""
        worker = random.choice(self.workers)
        worker.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        worker.send_signal(signal.SIGCONT)

    def end(self) -> None:
        for worker in (*self.workers, *self._leaving):
            worker.kill()
            worker.wait(timeout=10)


@pytest.fixture
def settings(database_url: str, kafka_bootstrap: str) -> Settings:
    migrate(database_url)
    with psycopg.connect(database_url) as connection:
        connection.execute(TABLES.encode())
    settings = Settings(
        database_url=SecretStr(database_url),
        kafka_bootstrap=kafka_bootstrap,
        kafka_prefix=f"s{secrets.token_hex(4)}.",
    )
    ensure_topics(settings)
    return settings


@pytest.fixture
def group(settings: Settings, database_url: str, tmp_path: Path) -> Iterator[tuple[Group, UUID]]:
    poisoned = uuid4()
    arguments = [
        database_url, settings.kafka_bootstrap, settings.kafka_prefix, str(poisoned)
    ]  # fmt: skip
    group = Group(arguments, tmp_path / "workers.log")
    try:
        yield group, poisoned
    finally:
        group.end()


def test_in_a_storm_of_rebalances_only_the_poisoned_key_is_parked(
    group: tuple[Group, UUID], settings: Settings, database_url: str
) -> None:
    workers, poisoned = group
    exports = [poisoned, *(uuid4() for _ in range(_EXPORTS - 1))]
    _publish(settings, database_url, exports)
    for _ in range(3):
        workers.join()
    end = time.monotonic() + _STORM
    for number in _forever(signal.SIGTERM, signal.SIGKILL, signal.SIGTERM):
        if time.monotonic() > end:
            break
        workers.join()
        time.sleep(random.uniform(1, 4))
        workers.leave(number)
        workers.stop_and_go_on(random.choice([1.0, 12.0]))

    everything = {
        (export, version)
        for export in exports
        for version in range(1, len(_STORY) + 1)
        if export != poisoned or version == 1
    }
    until(lambda: _rows(database_url, "applied") == everything, _CALM, every=0.5)
    with open_pool(database_url, size=1) as pool:
        parking = Parking(pool)
        until(lambda: [key.events for key in parking.parked_keys()] == [3], _CALM, every=0.5)
        (parked,) = parking.parked_keys()
    assert (parked.subscription, parked.aggregate_id) == (NAME, poisoned)
    assert _rows(database_url, "skipped") == set()


def _publish(settings: Settings, url: str, exports: list[UUID]) -> None:
    """Everything at once, so that the group has work from the storm's beginning to its end."""
    with EventStoreOnPostgresql(url) as store:
        for version, event in enumerate(_STORY):
            for export in exports:
                store.append(export, version, [event])
        epoch = store.epoch()
        messages = [event_message(each, epoch, settings.kafka_prefix) for each in store.log(0, 999)]
    producer = Producer(settings, "storm")
    producer.start()
    producer.publish(messages, 30)
    producer.stop()


def _forever(*signals: signal.Signals) -> Iterator[signal.Signals]:
    while True:
        yield from signals


def _rows(url: str, table: str) -> set[tuple[UUID, int]]:
    with psycopg.connect(url) as connection:
        rows = connection.execute(f"SELECT aggregate_id, version FROM {table}".encode())
        return {(row[0], row[1]) for row in rows}
