"""Readings that don't run to their end: left, stopped, cut off, killed, or overtaken by writers."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from domain.datasets import FieldType
from domain.filters import parse
from domain.ports import RowsRefused, RowsUnavailable
from domain.rows import Order, ReadingStopped, RowQuery
from infra.rows import PostgresqlRows
from tests.contract.rows_contract import leaf, read
from tests.samples import ASKED_AT, dataset, field

NUMBERS = dataset("numbers", field("id", FieldType.INTEGER), field("pad", FieldType.TEXT))
QUERY = RowQuery(fields=("id", "pad"), asked_at=ASKED_AT)
MANY = 200_000
ENDLESS = replace(
    NUMBERS,
    table=None,
    query="SELECT a * 100000 + b AS id, repeat('x', 100) AS pad"
    " FROM generate_series(1, 100000) a, generate_series(1, 100000) b",
)
"""More rows than anyone can sort: the server works for a long time before the first row."""
PATIENCE = 20
"""Seconds. What isn't stopped sorts for far longer, or waits for ever for a reader of its rows."""


@pytest.fixture(scope="module")
def numbers(module_database_url: str) -> str:
    """A database with a table of 20 MB."""
    with psycopg.connect(module_database_url) as connection:
        connection.execute("CREATE TABLE numbers (id int PRIMARY KEY, pad text)")
        connection.execute(
            "INSERT INTO numbers SELECT n, repeat('x', 100) FROM generate_series(1, %s) n", (MANY,)
        )
    return module_database_url


def working(url: str) -> int:
    """How many server processes read for Waybill."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE application_name = 'waybill' AND datname = current_database()"
        ).fetchone()
    return int(row[0]) if row else 0


def soon(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def test_leaving_a_snapshot_early_stops_the_servers_work(numbers: str) -> None:
    with PostgresqlRows(numbers).snapshot(NUMBERS, QUERY) as snapshot:
        fragments = snapshot.fragments(100)
        assert next(fragments).rows == 100
        assert working(numbers) == 1
    assert soon(lambda: working(numbers) == 0)


def test_dropping_the_fragments_early_stops_the_servers_work(numbers: str) -> None:
    with PostgresqlRows(numbers).snapshot(NUMBERS, QUERY) as snapshot:
        for fragment in snapshot.fragments(100):
            assert fragment.rows == 100
            break
        assert soon(lambda: working(numbers) == 0)


def test_a_failing_reader_leaves_no_work_behind_and_its_error_passes(numbers: str) -> None:
    def fail() -> None:
        with PostgresqlRows(numbers).snapshot(NUMBERS, QUERY) as snapshot:
            for fragment in snapshot.fragments(100):
                raise ZeroDivisionError(fragment.rows)

    with pytest.raises(ZeroDivisionError):
        fail()
    assert soon(lambda: working(numbers) == 0)


def test_a_reading_is_stopped_from_another_thread_while_the_server_still_sorts(
    numbers: str,
) -> None:
    with (
        ThreadPoolExecutor(1) as pool,
        PostgresqlRows(numbers).snapshot(ENDLESS, QUERY) as snapshot,
    ):
        reading = pool.submit(lambda: next(iter(snapshot.fragments(100))))
        assert soon(lambda: working(numbers) == 1)
        time.sleep(0.3)  # into the sort
        assert not reading.done()
        snapshot.cancel()
        with pytest.raises(ReadingStopped):
            reading.result(timeout=PATIENCE)
    assert soon(lambda: working(numbers) == 0)


def test_a_reading_is_stopped_between_fragments_and_before_the_first(numbers: str) -> None:
    with PostgresqlRows(numbers).snapshot(NUMBERS, QUERY) as snapshot:
        fragments = snapshot.fragments(100)
        assert next(fragments).rows == 100
        snapshot.cancel()
        with pytest.raises(ReadingStopped):
            next(fragments)
    with PostgresqlRows(numbers).snapshot(NUMBERS, QUERY) as snapshot:
        snapshot.cancel()
        with pytest.raises(ReadingStopped):
            next(snapshot.fragments(100))


def test_a_source_that_dies_in_mid_read_is_unavailable(numbers: str) -> None:
    with PostgresqlRows(numbers).snapshot(NUMBERS, QUERY) as snapshot:
        fragments = snapshot.fragments(1_000)
        assert next(fragments).rows == 1_000
        with psycopg.connect(numbers, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'waybill' AND datname = current_database()"
            )
        with pytest.raises(RowsUnavailable):
            assert all(fragment.rows == 1_000 for fragment in fragments)


def test_a_connection_that_is_cut_in_mid_read_is_unavailable(numbers: str) -> None:
    with cuttable(numbers) as (url, cut):
        with PostgresqlRows(url).snapshot(NUMBERS, QUERY) as snapshot:
            fragments = snapshot.fragments(1_000)
            assert next(fragments).rows == 1_000
            cut()
            with pytest.raises(RowsUnavailable):
                assert all(fragment.rows == 1_000 for fragment in fragments)
        assert soon(lambda: working(numbers) == 0)


def test_a_snapshot_doesnt_see_what_is_written_later(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as writer:
        writer.execute("CREATE TABLE numbers (id int PRIMARY KEY, pad text)")
        writer.execute("INSERT INTO numbers SELECT n, 'before' FROM generate_series(1, 5000) n")
        rows = PostgresqlRows(database_url)
        before = read(rows, QUERY, NUMBERS)
        with rows.snapshot(NUMBERS, QUERY) as snapshot:
            writer.execute("DELETE FROM numbers WHERE id % 2 = 0")
            assert snapshot.count() == 5000
            writer.execute("UPDATE numbers SET pad = 'after', id = -id")
            fragments = snapshot.fragments(1000)
            first = next(fragments).data
            writer.execute("INSERT INTO numbers SELECT n, 'new' FROM generate_series(6000, 7000) n")
            assert first + b"".join(fragment.data for fragment in fragments) == before
            assert snapshot.count() == 5000
        assert rows.count(NUMBERS, QUERY) == 2500 + 1001


def test_a_query_over_its_time_limit_is_refused_and_says_so(numbers: str) -> None:
    hasty = PostgresqlRows(numbers, statement_timeout=0.2)
    with pytest.raises(RowsRefused, match="statement_timeout"):
        hasty.count(ENDLESS, QUERY)
    with pytest.raises(RowsRefused, match="statement_timeout"):
        hasty.preview(ENDLESS, QUERY, 10)
    with (
        pytest.raises(RowsRefused, match="statement_timeout"),
        hasty.snapshot(ENDLESS, QUERY) as snapshot,
    ):
        next(snapshot.fragments(10))
    assert soon(lambda: working(numbers) == 0)


def test_an_estimate_follows_the_filter(numbers: str) -> None:
    with psycopg.connect(numbers, autocommit=True) as connection:
        connection.execute("ANALYZE numbers")
    rows = PostgresqlRows(numbers)
    assert abs(rows.estimate(NUMBERS, QUERY).rows - MANY) < MANY / 10
    tenth = replace(QUERY, filter=parse(leaf("id", "lte", MANY // 10)))
    assert abs(rows.estimate(NUMBERS, tenth).rows - MANY / 10) < MANY / 50
    one = replace(QUERY, filter=parse(leaf("id", "eq", 7)), order=(Order(field="pad"),))
    assert rows.estimate(NUMBERS, one).rows == 1


@contextmanager
def cuttable(url: str) -> Iterator[tuple[str, Callable[[], None]]]:
    """The same server through a relay whose connections can be cut without a goodbye."""
    parts = conninfo_to_dict(url)
    relay = socket.create_server(("127.0.0.1", 0))
    ends: list[socket.socket] = []

    def pump(source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65_536):
                sink.sendall(data)
        except OSError:
            pass  # cut

    def serve() -> None:
        while True:
            try:
                near, _ = relay.accept()
            except OSError:
                return
            far = socket.create_connection((str(parts["host"]), int(str(parts["port"]))))
            ends.extend((near, far))
            for pair in ((near, far), (far, near)):
                threading.Thread(target=pump, args=pair, daemon=True).start()

    def cut() -> None:
        # Closed, not only shut down: a socket that is shut still takes a window full of rows, and
        # the server would wait for room in it for ever.
        for end in ends:
            end.shutdown(socket.SHUT_RDWR)
        for end in ends:
            end.close()

    threading.Thread(target=serve, daemon=True).start()
    port = relay.getsockname()[1]
    yield make_conninfo(url, host="127.0.0.1", port=port), cut
    relay.shutdown(socket.SHUT_RDWR)
    for each in (relay, *ends):
        each.close()
