"""Rows taken from the socket itself: in whatever pieces they arrive, with whatever between them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from struct import pack
from types import SimpleNamespace
from typing import cast

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.pq import ExecStatus

from infra.rows import copied_rows as module
from infra.rows.copied_rows import CopiedRows, RowsLost, copied_rows

BEGINNING = b"H" + pack(">IBH", 7, 0, 0)
END = b"c" + pack(">I", 4) + b"C" + pack(">I", 11) + b"COPY 2\0" + b"Z" + pack(">Ic", 5, b"T")
NOTICE = b"N" + pack(">I", 20) + b"SNOTICE\0Md\0\0\0d\0\0"
ROWS = st.lists(st.binary(max_size=40).map(lambda row: row + b"\n"), max_size=30)


def message(row: bytes) -> bytes:
    return b"d" + pack(">I", len(row) + 4) + row


@dataclass
class FakeConnection:
    """What libpq would read on is what is left in the socket when it is asked for the result."""

    fd: int
    sent_rows: int
    ssl_in_use: bool = False
    asked: bytes = b""
    left: list[bytes] = field(default_factory=list)

    @property
    def socket(self) -> int:
        return self.fd

    @property
    def info(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(keyword=b"gssencmode", val=b"disable")]

    def send_query(self, statement: bytes) -> None:
        self.asked = statement

    def flush(self) -> int:
        return 0

    def get_result(self) -> SimpleNamespace | None:
        if self.left:
            return None
        with socket.socket(fileno=socket.dup(self.fd)) as stream:
            stream.setblocking(True)
            self.left.append(stream.makefile("rb").read())
        return SimpleNamespace(status=ExecStatus.COMMAND_OK, command_tuples=self.sent_rows)


@contextmanager
def copying(
    messages: Sequence[bytes], sent_rows: int, pieces: int = 1_000_000
) -> Iterator[tuple[CopiedRows, FakeConnection]]:
    """A server that says these messages, so many bytes at a time, and hangs up."""
    here, there = socket.socketpair()
    here.setblocking(False)
    said = b"".join(messages)

    def serve() -> None:
        with there:
            for start in range(0, len(said), pieces):
                there.sendall(said[start : start + pieces])

    server = threading.Thread(target=serve)
    server.start()
    with here:
        fake = FakeConnection(here.fileno(), sent_rows)
        connection = cast("psycopg.Connection", SimpleNamespace(pgconn=fake))
        with copied_rows(connection, b"COPY it") as rows:
            yield rows, fake
    server.join()


def all_rows(rows: CopiedRows, most: int) -> list[list[bytes]]:
    taken = []
    while block := rows.take(most):
        taken.append([bytes(row) for row in block])
    return taken


@settings(max_examples=60, deadline=None)
@given(sent=ROWS, most=st.integers(1, 9), pieces=st.integers(1, 60), window=st.integers(8, 64))
def test_rows_arrive_as_they_were_sent_however_they_are_cut(
    sent: list[bytes], most: int, pieces: int, window: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_WINDOW", window)
        said = [NOTICE, BEGINNING, *[each for row in sent for each in (message(row), NOTICE)], END]
        with copying(said, len(sent), pieces) as (rows, connection):
            taken = all_rows(rows, most)
    assert [row for block in taken for row in block] == sent
    assert {len(block) for block in taken[:-1]} <= {most}
    assert connection.asked == b"COPY it"
    assert connection.left == [END], "libpq has to find the end"


def test_a_row_longer_than_the_window_is_whole() -> None:
    long = b"x" * 3_000_000 + b"\n"
    with copying([BEGINNING, message(long), message(b"1\n"), END], 2, 70_000) as (rows, _):
        assert all_rows(rows, 10) == [[long, b"1\n"]]


def test_an_error_is_left_to_libpq() -> None:
    error = b"E" + pack(">I", 12) + b"C57014\0\0"
    with copying([BEGINNING, message(b"1\n"), error], 1) as (rows, connection):
        assert all_rows(rows, 10) == [[b"1\n"]]
        assert connection.left == [error]


def test_a_refusal_before_any_row_is_left_to_libpq() -> None:
    error = b"E" + pack(">I", 12) + b"C42501\0\0"
    with copying([error], 0) as (rows, connection):
        assert all_rows(rows, 10) == []
        assert connection.left == [error]


def test_fewer_rows_than_the_server_counted_are_no_end() -> None:
    with (
        copying([BEGINNING, message(b"1\n"), END], 2) as (rows, _),
        pytest.raises(RowsLost, match="2 were sent, 1 arrived"),
    ):
        all_rows(rows, 10)


@pytest.mark.parametrize("kept", [1, 4, 5, 7])
def test_a_connection_that_ends_within_a_message_is_no_end(kept: int) -> None:
    with (
        copying([BEGINNING, message(b"1\n"), message(b"22\n")[:kept]], 1) as (rows, _),
        pytest.raises(psycopg.OperationalError),
    ):
        all_rows(rows, 10)
