"""A process that appends without end, and not as one hopes for: it holds its transaction open for a
while between taking positions and committing them, or rolls it back. It can be killed anywhere.

    python -m tests.faults.writers URL [without-lock]

`without-lock` is the control: what follows the log must then be seen to miss events."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Sequence
from uuid import UUID, uuid4

from psycopg import sql

from domain.events import Event
from infra.store import EventStoreOnPostgresql
from infra.store.postgresql import _stored
from tests.contract.transport_contract import PAUSED, REQUESTED, RESUMED

_LONGEST_HOLD = 0.04
_STORY: list[list[Event]] = [[REQUESTED], [PAUSED, RESUMED], [PAUSED], [RESUMED, PAUSED, RESUMED]]


def main(url: str, *how: str) -> None:
    store = EventStoreOnPostgresql(url, connections=2, patience=30)
    if "without-lock" in how:
        store._recorder.lock_table_statements = [sql.SQL("SELECT 1")]
    while True:
        export, version = uuid4(), 0
        for events in _STORY:
            if append_slowly(store, export, version, events):
                version += len(events)
            elif version == 0:
                break


def append_slowly(
    store: EventStoreOnPostgresql, export: UUID, after: int, events: Sequence[Event]
) -> bool:
    """What the store does to append, with a pause before the end. False if it was rolled back."""
    stored = [_stored(export, version, each) for version, each in enumerate(events, after + 1)]
    commits = random.random() < 0.7
    with store._datastore.transaction(commit=commits) as cursor:
        store._recorder._insert_stored_events(cursor, stored)
        time.sleep(random.uniform(0, _LONGEST_HOLD))
    return commits


if __name__ == "__main__":
    main(*sys.argv[1:])
