"""Connections to the service's own PostgreSQL."""

from __future__ import annotations

import hashlib
import select
from importlib.resources import files
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import DictRow, dict_row
from psycopg_pool import ConnectionPool

MIGRATIONS = (
    "store.sql",
    "keys.sql",
    "consumers.sql",
    "work.sql",
    "access.sql",
    "projections.sql",
    "upkeep.sql",
    "in_hand.sql",
)
"""The files in `infra/sql`, in the order in which they were released; a released one never
changes, a change is a new file."""

_MIGRATING = 7_301_001  # advisory lock: one migration at a time

BACK_SECONDS = 5.0
"""How long after the database is back a pool may take to notice."""

_WATCHFUL = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "tcp_user_timeout": 10_000,
}


def watchful(url: str, **defaults: Any) -> dict[str, Any]:
    """How to connect so that a server that vanished without a word is given up within half a
    minute; the URL may say otherwise."""
    return {**_WATCHFUL, **defaults, **conninfo_to_dict(url)}


Pool = ConnectionPool[psycopg.Connection[DictRow]]


class MigrationChanged(Exception):
    """A released migration differs from what this database was made with. Use the release that
    made it, or restore the file."""


def open_pool(url: str, size: int = 8) -> Pool:
    """A pool of autocommit connections with rows as dicts; a transaction is explicit."""
    settings: dict[str, Any] = {"autocommit": True, "row_factory": dict_row}
    pool: Pool = ConnectionPool(
        make_conninfo("", **watchful(url)),
        min_size=1,
        max_size=size,
        kwargs=settings,
        open=False,
        timeout=10,
        # A pool that waits longer and longer between tries would miss a server that is back.
        reconnect_timeout=BACK_SECONDS,
        check=check_not_hung_up,
    )
    pool.open(wait=True, timeout=30)
    return pool


def check_not_hung_up(connection: psycopg.Connection[Any]) -> None:
    """Raises `psycopg.OperationalError` for a connection whose server has hung up. What it sent is
    looked at and nothing is asked, as a question would double the cost of every short statement;
    a server that vanished without a word shows at the statement itself either way."""
    waiting = select.poll()
    waiting.register(connection.pgconn.socket, select.POLLIN)
    while waiting.poll(0):
        connection.pgconn.consume_input()  # raises at the end of the stream


def migrate(url: str) -> list[str]:
    """Brings the database to this release and returns the names of the migrations it applied.

    Safe to call from several processes at once. Raises `MigrationChanged`."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (_MIGRATING,))
        connection.execute(
            "CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, sha256 text NOT NULL,"
            " applied_at timestamptz NOT NULL DEFAULT now())"
        )
        rows = connection.execute("SELECT name, sha256 FROM migrations").fetchall()
        applied = {str(name): str(digest) for name, digest in rows}
        return [name for name in MIGRATIONS if _apply(connection, name, applied.get(name))]


def _apply(connection: psycopg.Connection[Any], name: str, known: str | None) -> bool:
    script = files("infra").joinpath("sql", name).read_bytes()
    digest = hashlib.sha256(script).hexdigest()
    if known == digest:
        return False
    if known is not None:
        raise MigrationChanged(f"{MigrationChanged.__doc__} File: {name}")
    with connection.transaction():
        connection.execute(script)
        connection.execute("INSERT INTO migrations (name, sha256) VALUES (%s, %s)", (name, digest))
    return True
