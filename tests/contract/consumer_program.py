"""A process that consumes and is killed after its third event was handled, before its place is
saved: what a crash leaves behind. Run by the transports' contract."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from itertools import count

import psycopg
from pydantic import SecretStr

from domain.streams import Envelope, Kind, Subscription
from infra.database import open_pool
from infra.settings import Settings
from infra.store import EventStoreOnPostgresql
from infra.streams.kafka.producer import Producer
from infra.streams.kafka.transport import FaustTransport
from infra.streams.local import LocalTransport


def main(url: str, bootstrap: str, prefix: str) -> None:
    """Without a bootstrap address the log is read locally."""
    settings = Settings(database_url=SecretStr(url), kafka_bootstrap=bootstrap, kafka_prefix=prefix)
    store, pool = EventStoreOnPostgresql(url), open_pool(url)
    subscriptions = [
        Subscription(name="killed", kinds=frozenset({Kind.EXPORT}), handle=_handler(url))
    ]
    if bootstrap:
        producer = Producer(settings, "killed")
        FaustTransport(settings, pool, subscriptions, store.epoch(), producer).start()
    else:
        LocalTransport(store, pool, subscriptions, store.listen()).start()
    time.sleep(60)


def _handler(url: str) -> Callable[[Envelope], None]:
    connection = psycopg.connect(url, autocommit=True)
    connection.execute("CREATE TABLE handled (position bigint)")
    number = count(1)

    def handle(envelope: Envelope) -> None:
        connection.execute("INSERT INTO handled VALUES (%s)", (envelope.position,))
        if next(number) == 3:
            os.kill(os.getpid(), signal.SIGKILL)

    return handle


if __name__ == "__main__":
    main(*sys.argv[1:])
