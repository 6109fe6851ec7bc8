"""The rows of a COPY TO STDOUT, many at a time, at nearly the speed at which the server sends them.

libpq hands out one row a call, and each call costs as much as the server's own work on the row. So
where the connection is not encrypted, the messages are read from its socket and taken apart here;
through TLS libpq does it."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from os import dup
from struct import Struct
from typing import Final, Protocol

import psycopg
from psycopg import Copy, errors
from psycopg.abc import Buffer
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn


class CopiedRows(Protocol):
    """`take` raises what psycopg raises, such as `psycopg.Error` for one that the server sent."""

    def take(self, most: int) -> list[Buffer]:
        """The next rows with their line ends: fewer than `most`, or none, at the end only."""


class RowsLost(psycopg.OperationalError):
    """The server says that it sent another number of rows than have arrived."""


@contextmanager
def copied_rows(connection: psycopg.Connection, statement: bytes) -> Iterator[CopiedRows]:
    """Runs the COPY in the connection's open transaction."""
    if _is_plain(connection.pgconn):
        with _socket_of(connection.pgconn) as stream:
            yield _RowsOfSocket(connection.pgconn, stream, statement)
    else:
        with connection.cursor().copy(statement) as copy:
            yield _RowsOfLibpq(copy, connection.pgconn)


class _RowsOfLibpq:
    """psycopg's own loop sets up a wait for every row; here one is set up only when no row has
    arrived."""

    def __init__(self, copy: Copy, connection: PGconn) -> None:
        self._copy = copy
        self._connection = connection
        self._taken = 0
        self._ended = False

    def take(self, most: int) -> list[Buffer]:
        taken: list[Buffer] = []
        get = self._connection.get_copy_data
        while len(taken) < most and not self._ended:
            size, row = get(1)
            if size > 0:
                taken.append(row)
            elif size == 0:
                self._wait(taken)
            else:
                self._ended = True
        self._taken += len(taken)
        if self._ended:
            _check_end(self._connection, self._taken)
        return taken

    def _wait(self, taken: list[Buffer]) -> None:
        """No row is here yet: psycopg waits for it, or meets the end."""
        if row := self._copy.read():
            taken.append(row)
        else:
            self._ended = True


_WINDOW: Final = 256 * 1024
_ROW: Final = ord("d")
_PASSED_OVER: Final = frozenset(b"HNSA")
"""That rows follow; notices, parameters and notifications, which mean nothing here."""
_HEAD: Final = Struct(">BI")


class _RowsOfSocket:
    """Takes the server's messages from the socket (PostgreSQL manual, "Message Formats") as long as
    they are rows, and leaves the first other one where it is: libpq, which waits for the result of
    the statement, reads on from there and knows what an end or an error is.

    libpq must not read before: it would take rows along. So messages are looked at in the socket's
    buffer, and only whole ones are taken out."""

    def __init__(self, connection: PGconn, stream: socket.socket, statement: bytes) -> None:
        self._connection = connection
        self._socket = stream
        self._arrived: list[Buffer] = []
        self._taken = 0
        self._ended = False
        self._readable = select.poll()
        self._readable.register(stream, select.POLLIN)
        connection.send_query(statement)
        while connection.flush():
            _wait_to_write(stream)

    def take(self, most: int) -> list[Buffer]:
        arrived = self._arrived
        while len(arrived) < most and not self._ended:
            self._receive()
        taken, self._arrived = arrived[:most], arrived[most:]
        self._taken += len(taken)
        if self._ended and not self._arrived:
            _check_end(self._connection, self._taken)
        return taken

    def _receive(self) -> None:
        seen = self._seen()
        whole = self._split(seen)
        if whole:
            self._pass_over(whole)
        elif seen[:1] == b"d":
            self._receive_long()
        elif seen[:1] and seen[0] in _PASSED_OVER:
            self._pass_over(self._length())
        else:
            self._ended = True

    def _split(self, seen: bytes) -> int:
        """Keeps the whole rows at the beginning; returns how many bytes they are."""
        keep, head = self._arrived.append, _HEAD.unpack_from
        start, arrived = 0, len(seen)
        last = arrived - _HEAD.size
        while start <= last:
            kind, size = head(seen, start)
            end = start + 1 + size
            if end > arrived or kind != _ROW:
                break
            keep(seen[start + 5 : end])
            start = end
        return start

    def _receive_long(self) -> None:
        """A row that the buffer doesn't hold whole."""
        self._arrived.append(self._exactly(self._length()))

    def _length(self) -> int:
        """Of the message that begins here, without its head."""
        _, size = _HEAD.unpack(self._exactly(_HEAD.size))
        return int(size) - 4

    def _seen(self) -> bytes:
        """What has arrived; nothing when the connection is gone."""
        while True:
            try:
                return self._socket.recv(_WINDOW, socket.MSG_PEEK)
            except BlockingIOError:
                self._readable.poll()
            except OSError:
                return b""

    def _exactly(self, size: int) -> bytes:
        return b"".join(self._received(size))

    def _pass_over(self, size: int) -> None:
        for _ in self._received(size):
            pass

    def _received(self, size: int) -> Iterator[bytes]:
        """The next bytes, piece by piece."""
        while size:
            try:
                piece = self._socket.recv(size)
            except BlockingIOError:
                self._readable.poll()
                continue
            except OSError as error:
                raise psycopg.OperationalError("the connection broke") from error
            if not piece:
                raise psycopg.OperationalError("the connection was closed within a message")
            size -= len(piece)
            yield piece


def _check_end(connection: PGconn, taken: int) -> None:
    """libpq, "Receiving COPY Data": behind the rows come the results. The server's own count says
    that none is missing."""
    while (result := connection.get_result()) is not None:
        if result.status != ExecStatus.COMMAND_OK:
            raise errors.error_from_result(result)
        if result.command_tuples not in (None, taken):
            raise RowsLost(f"{result.command_tuples} were sent, {taken} arrived")


def _is_plain(connection: PGconn) -> bool:
    """Whether what is in the socket is the protocol itself."""
    options = {option.keyword: option.val for option in connection.info}
    return not connection.ssl_in_use and options.get(b"gssencmode") == b"disable"


def _socket_of(connection: PGconn) -> socket.socket:
    return socket.socket(fileno=dup(connection.socket))


def _wait_to_write(stream: socket.socket) -> None:
    poll = select.poll()
    poll.register(stream, select.POLLOUT)
    poll.poll()
