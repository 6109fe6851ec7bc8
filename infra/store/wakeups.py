"""A bell that rings when something was stored, so that whoever tails the log sleeps well.

It may stay silent when it should ring, while its connection is lost; so nobody relies on it: they
look at the log after every wait, of a second or less.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Timer
from types import TracebackType
from typing import Any

import psycopg
from psycopg import sql

CHANNEL = "stored_events"
"""The recorder notifies the channel that is called like its table."""

_CONNECTION: dict[str, Any] = {
    "autocommit": True,
    "connect_timeout": 3,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "tcp_user_timeout": 10_000,
}
_ANSWER_SECONDS = 5.0
_DEAF_SECONDS = 30.0
"""A connection that was cut without a word is as quiet as one on which nothing happens, so one that
has been quiet for so long is made again."""


class Wakeups:
    """One listener with a connection of its own, for one thread.

    with Wakeups(url) as wakeups:
        while ...:
            read_the_log()
            wakeups.wait(1.0)"""

    def __init__(
        self, url: str, channel: str = CHANNEL, deaf_seconds: float = _DEAF_SECONDS
    ) -> None:
        self._url, self._channel, self._deaf_seconds = url, channel, deaf_seconds
        self._connection: psycopg.Connection[Any] | None = None
        self._heard_at = 0.0

    def wait(self, timeout: float) -> None:
        """Returns as soon as something was stored since the last wait, or after `timeout`
        seconds. A lost connection is made again, one that was lost without a word after half a
        minute; meanwhile this only sleeps."""
        deadline = time.monotonic() + timeout
        try:
            self._listen_for(timeout)
        except psycopg.Error:
            self.close()
            time.sleep(max(0.0, deadline - time.monotonic()))

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def __enter__(self) -> Wakeups:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _listen_for(self, timeout: float) -> None:
        if time.monotonic() > self._heard_at + self._deaf_seconds:
            self.close()
        if self._connection is None:
            self._connection = _listening(self._url, self._channel)
            self._heard_at = time.monotonic()
            return  # what was stored before we listened rang for nobody
        if list(self._connection.notifies(timeout=timeout, stop_after=1)):
            self._heard_at = time.monotonic()
            list(self._connection.notifies(timeout=0))  # one look at the log answers all of them


def _listening(url: str, channel: str) -> psycopg.Connection[Any]:
    connection = psycopg.connect(url, **_CONNECTION)
    try:
        with answered_within(connection, _ANSWER_SECONDS):
            connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def answered_within(connection: psycopg.Connection[Any], seconds: float) -> Iterator[None]:
    """Hangs up on a server that takes longer, so that what waits for it raises
    `psycopg.OperationalError`. Keepalives notice a machine that is gone, but not a proxy or a
    pooler between that keeps the connection and passes nothing on."""
    with socket.socket(fileno=os.dup(connection.fileno())) as stream:
        impatient = Timer(seconds, _hang_up, [stream])
        impatient.start()
        try:
            yield
        finally:
            impatient.cancel()
            impatient.join()


def _hang_up(stream: socket.socket) -> None:
    with suppress(OSError):  # the other end was sooner
        stream.shutdown(socket.SHUT_RDWR)
