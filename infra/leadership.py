"""Who of several processes does a job that only one may do: the one that holds the advisory lock,
for as long as its connection lives."""

from __future__ import annotations

from typing import Any, LiteralString

import psycopg

_SILENT_SECONDS = 10
"""A leader that is not heard of for so long leads no more: its process is stopped, or its machine
is gone."""
_ENDS_SILENT_SESSIONS = 140000
"""The PostgreSQL from which on the server can see to that for a process that is stopped."""

_CONNECTION: dict[str, Any] = {
    "autocommit": True,
    "connect_timeout": 3,
    # So that neither side waits for hours for one that is gone.
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "tcp_user_timeout": _SILENT_SECONDS * 1000,
}
_SERVER_SIDE: LiteralString = """
SELECT set_config('tcp_keepalives_idle', '5', false),
       set_config('tcp_keepalives_interval', '2', false),
       set_config('tcp_keepalives_count', '2', false)
"""


class Leadership:
    """One candidate, for one thread. The database forgets the leader when its connection ends,
    however it ended; so the leader asks `held` every few seconds."""

    def __init__(self, url: str, office: str, silent_seconds: float = _SILENT_SECONDS) -> None:
        self._url, self._office, self._silent = url, office, silent_seconds
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
        connection = open_session(self._url, self._silent)
        try:
            elected = self._elected(connection)
        except BaseException:
            connection.close()
            raise
        if elected:
            self._connection = connection
        else:
            connection.close()
        return elected

    def _elected(self, connection: psycopg.Connection[Any]) -> bool:
        row = connection.execute(
            "SELECT pg_try_advisory_lock(hashtextextended('waybill.' || %s, 0))", (self._office,)
        ).fetchone()
        return bool(row and row[0])


def open_session(url: str, silent_seconds: float) -> psycopg.Connection[Any]:
    """A connection whose end the server and this side notice soon, and which the server ends when
    it hears nothing of this process for so long. Its locks are free then."""
    connection = psycopg.connect(url, **_CONNECTION)
    try:
        connection.execute(_SERVER_SIDE)
        if connection.info.server_version >= _ENDS_SILENT_SESSIONS:
            connection.execute(
                "SELECT set_config('idle_session_timeout', %s, false)",
                (f"{int(silent_seconds * 1000)}ms",),
            )
    except BaseException:
        connection.close()
        raise
    return connection
