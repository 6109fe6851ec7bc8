"""The PostgreSQL for development and tests: the embedded one, in a folder of theirs."""

from __future__ import annotations

from pathlib import Path

from infra.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresFailed
from infra.postmaster import running


class Postgres:
    """The PostgreSQL server of one folder."""

    def __init__(self, directory: Path) -> None:
        self._server = EmbeddedPostgres(directory, connections=_CONNECTIONS)

    def start(self) -> str:
        """Starts the server and returns the URL of its database `waybill`."""
        return self._server.start()

    def stop(self) -> None:
        """Ends the server. Idempotent."""
        self._server.stop()

    def alive(self) -> bool:
        """Whether the server runs."""
        return running(self._server.place / "data") is not None


_CONNECTIONS = 800
"""Of many installations side by side, and of what was killed in them and isn't missed yet."""

__all__ = ["EmbeddedPostgresFailed", "Postgres"]
