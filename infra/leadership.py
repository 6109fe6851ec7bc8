"""Who of several processes does a job that only one may do: the one that holds the advisory lock,
for as long as its connection lives."""

from __future__ import annotations

from typing import Any

import psycopg


class Leadership:
    """One candidate, for one thread. The database forgets the leader when its connection ends,
    however it ended."""

    def __init__(self, url: str, office: str) -> None:
        self._url, self._office = url, office
        self._connection: psycopg.Connection[Any] | None = None

    def held(self) -> bool:
        """Whether this candidate leads now; tries to, if it doesn't. A database that is away has
        no leader."""
        try:
            if self._connection is not None:
                self._connection.execute("SELECT 1")
                return True
            return self._campaign()
        except psycopg.Error:
            self.resign()
            return False

    def resign(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _campaign(self) -> bool:
        connection = psycopg.connect(
            self._url, autocommit=True, connect_timeout=3, keepalives_idle=5, keepalives_count=2
        )
        row = connection.execute(
            "SELECT pg_try_advisory_lock(hashtextextended('waybill.' || %s, 0))", (self._office,)
        ).fetchone()
        if row is None or not row[0]:
            connection.close()
            return False
        self._connection = connection
        return True
