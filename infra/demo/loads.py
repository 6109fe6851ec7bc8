"""A load is one transaction: what it brings is there as a whole, or it is done again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files

import psycopg

from infra.database import Pool

Report = Callable[[float, str], None]
"""Told the share that is loaded, from 0 to 1, and what that is in words."""

Here = psycopg.Connection[dict[str, object]]

_LOADING = 7_301_100  # advisory lock: one load at a time


def run_script(connection: Here, name: str) -> None:
    connection.execute(files("infra.demo").joinpath("sql", name).read_bytes())


@contextmanager
def loading(
    pool: Pool, name: str, content: str, *, keep_any: bool = False
) -> Iterator[Here | None]:
    """A connection in a transaction to load with, or None when `content` is there already, or
    anything with `keep_any`."""
    with pool.connection() as connection, connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOADING,))
        connection.execute("CREATE SCHEMA IF NOT EXISTS demo")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS demo.loads (name text PRIMARY KEY, content text NOT NULL)"
        )
        known = connection.execute(
            "SELECT content FROM demo.loads WHERE name = %s", (name,)
        ).fetchone()
        if known is not None and (keep_any or known["content"] == content):
            yield None
            return
        yield connection
        connection.execute(
            "INSERT INTO demo.loads VALUES (%s, %s)"
            " ON CONFLICT (name) DO UPDATE SET content = excluded.content",
            (name, content),
        )
