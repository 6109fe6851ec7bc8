"""Relays as real processes over a store that somebody writes to all the time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any
from uuid import uuid4

import psycopg

from infra.store import EventStoreOnPostgresql
from infra.streams.kafka.topics import TOPIC_OF
from tests.contract.transport_contract import PAUSED, REQUESTED, RESUMED
from tests.stacks import Stack
from tests.topics import read_topic

_RELAY_LOCK = 7_301_002


class Relays:
    """`waybill relay`, any number of them, each under a name that the database knows too."""

    def __init__(self, stack: Stack, store: EventStoreOnPostgresql) -> None:
        self.stack = stack
        self.store = store
        self.prefix = stack.env["WAYBILL_KAFKA_PREFIX"]
        self._bootstrap = stack.env["WAYBILL_KAFKA_BOOTSTRAP"]

    def start(self, name: str, url: str = "", **env: str) -> None:
        """`url` is its way to the database, if it has one of its own."""
        url = f"{url or self.stack.database_url}?application_name={name}"
        self.stack.start(name, "relay", WAYBILL_DATABASE_URL=url, **env)

    def lead(self, *names: str) -> str:
        """Waits until one of these leads, and says which."""
        return str(self.stack.eventually(lambda: next(iter({self.leader()} & {*names}), None)))

    def leader(self) -> str | None:
        """As the database sees it: who holds the lock."""
        row = self._row(
            "SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)"
            " WHERE locktype = 'advisory' AND granted AND objid = %s AND datname ="
            " current_database()",
            _RELAY_LOCK,
        )
        return None if row is None else str(row[0])

    def saved(self) -> int:
        name = f"{self.prefix}relay"
        row = self._row("SELECT position FROM consumers WHERE name = %s", name)
        return 0 if row is None else int(row[0])

    def carry(self) -> None:
        """Waits until a relay has carried on from here, to what is the log's end now."""
        head = self.store.head()
        self.stack.eventually(lambda: self.saved() >= head)

    def published(self) -> list[Any]:
        """Of every public topic: the installation's first key is in the log too."""
        topics = [self.prefix + topic.name for topic in TOPIC_OF.values()]
        return [message for topic in topics for message in read_topic(self._bootstrap, topic)]

    @contextmanager
    def traffic(self) -> Iterator[None]:
        """Exports that are paused and resumed, six at a time, for as long as the block lasts."""
        done = threading.Event()
        thread = threading.Thread(target=_write, args=(self.store, done))
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _row(self, query: str, value: object) -> tuple[Any, ...] | None:
        with psycopg.connect(self.stack.database_url, autocommit=True) as connection:
            return connection.execute(query.encode(), (value,)).fetchone()


def _write(store: EventStoreOnPostgresql, done: threading.Event) -> None:
    exports = [uuid4() for _ in range(6)]
    for version in count():
        for export in exports:
            event = (PAUSED if version % 2 else RESUMED) if version else REQUESTED
            store.append(export, version, [event])
            if done.wait(0.01):
                return
