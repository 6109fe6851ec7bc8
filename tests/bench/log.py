"""A store with a long log: the lives of many small exports and a few large ones, as the deciders
record them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from uuid import uuid4

from domain.exports.events import ExportEvent
from infra.database import migrate
from infra.store import EventStoreOnPostgresql
from tests.export_commands import EXPORTS, whole_life
from tests.servers import fresh_database

_CHUNKS = (*[1] * 10, 60)
"""Of ten small exports and a large one, each with two files: 10 to 187 events."""


@contextmanager
def long_log(server: str, events: int) -> Iterator[tuple[str, EventStoreOnPostgresql]]:
    """The URL of a new database, and its store with at least so many events."""
    lives = {chunks: _life(chunks) for chunks in set(_CHUNKS)}
    with fresh_database(server) as url:
        migrate(url)
        with EventStoreOnPostgresql(url) as store:
            sizes = cycle(_CHUNKS)
            while store.append(uuid4(), 0, lives[next(sizes)]) < events:
                pass
            yield url, store


def _life(chunks: int) -> list[ExportEvent]:
    return EXPORTS.told(*whole_life(chunks)).events
