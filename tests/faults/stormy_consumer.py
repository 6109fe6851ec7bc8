"""A worker of one consumer group whose handler takes its time and refuses one event for good. What
it has applied lies in a table, so that anybody can look.

    python -m tests.faults.stormy_consumer URL BOOTSTRAP PREFIX POISONED"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from uuid import UUID

from psycopg.errors import UniqueViolation
from pydantic import SecretStr

from domain.streams import Envelope, Kind, Subscription
from infra.database import Pool, open_pool
from infra.settings import Settings
from infra.store import EventStoreOnPostgresql
from infra.streams.kafka.producer import Producer
from infra.streams.kafka.transport import FaustTransport

NAME = "stormy"
TABLES = """
CREATE TABLE applied (aggregate_id uuid, version int, PRIMARY KEY (aggregate_id, version));
CREATE TABLE skipped (aggregate_id uuid, version int);
"""
_HANDLING = 1.0
_GRACE = 15.0


def main(url: str, bootstrap: str, prefix: str, poisoned: str) -> None:
    settings = Settings(database_url=SecretStr(url), kafka_bootstrap=bootstrap, kafka_prefix=prefix)
    store, pool = EventStoreOnPostgresql(url, connections=2), open_pool(url)
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    producer = Producer(settings, NAME)
    producer.start()
    transport = FaustTransport(
        settings, pool, [subscription(pool, UUID(poisoned))], store.epoch(), producer
    )
    transport.start()
    stopping.wait()
    transport.stop(_GRACE)
    os._exit(0)  # as `waybill worker` does when faust hangs in a rebalance


def subscription(pool: Pool, poisoned: UUID) -> Subscription:
    def handle(envelope: Envelope) -> None:
        if envelope.aggregate_id == poisoned and envelope.version == 2:
            raise ValueError("poison")
        time.sleep(_HANDLING)
        apply(pool, envelope)

    return Subscription(name=NAME, kinds=frozenset({Kind.EXPORT}), handle=handle)


def apply(pool: Pool, envelope: Envelope) -> None:
    """As a projection does: what is there already changes nothing, and nothing is passed over."""
    values = envelope.aggregate_id, envelope.version
    with pool.connection() as connection:
        row = connection.execute(
            "SELECT coalesce(max(version), 0) AS last FROM applied WHERE aggregate_id = %s",
            values[:1],
        ).fetchone()
        last = row["last"] if row else 0
        if envelope.version > last + 1:
            connection.execute("INSERT INTO skipped VALUES (%s, %s)", values)
        elif envelope.version == last + 1:
            try:
                connection.execute("INSERT INTO applied VALUES (%s, %s)", values)
            except UniqueViolation:
                return  # a zombie, at the same moment


if __name__ == "__main__":
    main(*sys.argv[1:])
