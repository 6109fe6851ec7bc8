"""One relay at a time: an advisory lock of PostgreSQL on a connection of its own.

The lock lives as long as the connection. So the relay that holds it saves its position through
that same connection: a save that succeeded proves that the lock was still held.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

import psycopg
from psycopg.rows import DictRow, dict_row

from infra.leadership import open_session

_LOCK = 7_301_002  # 7_301_001 is the migrations'

_ASK_EVERY = 0.5

_SILENT_SECONDS = 15.0
"""A relay that is not heard of for so long, as its process is stopped or its machine is gone, has
lost its lock. One that works is heard of every second, and between by its reads."""


def is_held(url: str) -> bool:
    """Whether any relay has the lock now."""
    with psycopg.connect(url, autocommit=True, connect_timeout=3) as connection:
        row = connection.execute(
            "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted"
            " AND classid = 0 AND objid = %s",
            (_LOCK,),
        ).fetchone()
    return row is not None


class RelayLock:
    """A connection that asks for the lock. Raises `psycopg.OperationalError` when it is lost; the
    lock is then free for another.

    with RelayLock(url) as lock:
        if lock.wait(stopping): ..."""

    def __init__(self, url: str) -> None:
        self.connection: psycopg.Connection[DictRow] = open_session(url, _SILENT_SECONDS)
        self.connection.row_factory = dict_row

    def wait(self, stopping: Event, standing_by: Callable[[], None]) -> bool:
        """True as soon as the lock is ours, False when `stopping` was set before. `standing_by` is
        called whenever another has it."""
        while not self._is_ours():
            standing_by()
            if stopping.wait(_ASK_EVERY):
                return False
        return True

    def check(self) -> None:
        """Raises if the connection, and so the lock, is lost."""
        self.connection.execute("SELECT 1")

    def __enter__(self) -> RelayLock:
        return self

    def __exit__(self, *error: object) -> None:
        self.connection.close()

    def _is_ours(self) -> bool:
        row = self.connection.execute(
            "SELECT pg_try_advisory_lock(%s) AS ours", (_LOCK,)
        ).fetchone()
        return row is not None and bool(row["ours"])
