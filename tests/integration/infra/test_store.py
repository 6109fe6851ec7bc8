"""What only PostgreSQL can show of the event store: its tables, its faults, its sockets."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote
from uuid import uuid4

import psycopg
import pytest
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg.conninfo import conninfo_to_dict

from domain.exports.decide import decide
from domain.ports import StoreUnavailable, VersionConflict
from infra.store import EventStoreOnPostgresql, StoreNotMade, Wakeups
from infra.store.wakeups import answered_within
from schemas.registry import UnknownEvent
from tests.contract.test_store import make_store
from tests.export_commands import request
from tests.relays import socket_before
from tests.servers import fresh_database

SCRIPT = files("infra").joinpath("sql/store.sql").read_text()
(REQUESTED,) = decide(request(), None)
NOWHERE = "postgresql://nobody:x@127.0.0.1:1/nothing"


@pytest.fixture
def url(database_url: str) -> str:
    make_store(database_url)
    return database_url


@pytest.fixture
def store(url: str) -> Iterator[EventStoreOnPostgresql]:
    with EventStoreOnPostgresql(url, patience=3) as store:
        yield store


@pytest.fixture
def admin(url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def socket_url(url: str) -> Iterator[str]:
    """The same database through a Unix socket in front of its server."""
    parts = conninfo_to_dict(url)
    with (
        TemporaryDirectory() as folder,
        socket_before(Path(folder) / ".s.PGSQL.5432", str(parts["host"]), int(str(parts["port"]))),
    ):
        user = f"{parts['user']}:{parts['password']}"
        yield f"postgresql://{user}@/{parts['dbname']}?host={quote(folder, safe='')}&port=5432"


class TestTables:
    def test_our_script_makes_what_the_recorder_would(self) -> None:
        """All of the recorder's statements but its function, which inserts without the lock."""
        datastore = PostgresDatastore(dbname="", host="", port="", user="", password="")
        datastore.register_type_adapters = lambda: None  # type: ignore[method-assign] # no server
        recorder = PostgresApplicationRecorder(datastore)
        theirs = [_bare(statement.as_string()) for statement in recorder.sql_create_statements]
        *tables, function = theirs
        assert "FUNCTION" in function
        ours = [_bare(statement) for statement in _without_comments(SCRIPT).split(";")]
        assert ours[: len(tables)] == tables

    def test_the_table_of_events_is_vacuumed_and_analyzed(self, admin: psycopg.Connection) -> None:
        """Only dead rows have a high threshold, as there are none; inserts keep the default."""
        query = "SELECT reloptions FROM pg_class WHERE relname = 'stored_events'"
        (options,) = admin.execute(query).fetchone() or ([],)
        assert "autovacuum_enabled=true" in options
        assert not [option for option in options if "insert" in option]

    def test_there_is_one_epoch_and_never_another_row(self, admin: psycopg.Connection) -> None:
        assert len(admin.execute("SELECT epoch FROM store_epoch").fetchall()) == 1
        with pytest.raises(psycopg.errors.UniqueViolation):
            admin.execute("INSERT INTO store_epoch DEFAULT VALUES")

    def test_two_stores_have_two_epochs(self, store: EventStoreOnPostgresql, url: str) -> None:
        with fresh_database(url) as other_url:
            make_store(other_url)
            with EventStoreOnPostgresql(other_url) as other:
                assert other.epoch() != store.epoch()

    def test_a_database_without_a_store_says_what_to_do(self, database_url: str) -> None:
        with pytest.raises(StoreNotMade, match="waybill migrate"):
            EventStoreOnPostgresql(database_url)


class TestFaults:
    def test_a_server_that_is_not_there_is_said_soon(self) -> None:
        start = time.monotonic()
        with pytest.raises(StoreUnavailable, match="try again"):
            EventStoreOnPostgresql(NOWHERE, patience=1)
        assert time.monotonic() - start < 10

    def test_connections_that_died_in_the_pool_do_no_harm(
        self, store: EventStoreOnPostgresql, admin: psycopg.Connection
    ) -> None:
        store.append(uuid4(), 0, [REQUESTED])
        _end_others(admin)
        assert store.append(uuid4(), 0, [REQUESTED]) == store.head()

    def test_a_writer_that_keeps_the_lock_makes_the_store_unavailable(
        self, store: EventStoreOnPostgresql, admin: psycopg.Connection
    ) -> None:
        with admin.transaction():
            admin.execute("LOCK TABLE stored_events IN EXCLUSIVE MODE")
            with pytest.raises(StoreUnavailable, match="lock timeout"):
                store.append(uuid4(), 0, [REQUESTED])
            assert store.log(0, 1) == []
        store.append(uuid4(), 0, [REQUESTED])
        assert len(store.log(0, 10)) == 1

    @pytest.mark.parametrize("code", ["53100", "53200", "53300", "57P01", "57014"])
    def test_a_server_in_trouble_makes_the_store_unavailable(
        self, store: EventStoreOnPostgresql, admin: psycopg.Connection, code: str
    ) -> None:
        """Disk full, out of memory, too many connections, shutting down, query cancelled."""
        export = uuid4()
        store.append(export, 0, [REQUESTED])
        _raise_at_insert(admin, code)
        with pytest.raises(StoreUnavailable, match="no luck"):
            store.append(export, 1, [REQUESTED])
        admin.execute("DROP TRIGGER no_luck ON stored_events")
        store.append(export, 1, [REQUESTED])
        assert [recorded.version for recorded in store.read(export)] == [1, 2]

    def test_a_read_only_server_makes_the_store_unavailable(
        self, store: EventStoreOnPostgresql, admin: psycopg.Connection
    ) -> None:
        (name,) = admin.execute("SELECT quote_ident(current_database())").fetchone() or ("",)
        admin.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        _end_others(admin)
        with pytest.raises(StoreUnavailable, match="read-only"):
            store.append(uuid4(), 0, [REQUESTED])

    def test_a_conflict_is_no_fault_of_the_server(self, store: EventStoreOnPostgresql) -> None:
        export = uuid4()
        store.append(export, 0, [REQUESTED])
        for _ in range(20):  # more than there are connections: none is lost
            with pytest.raises(VersionConflict):
                store.append(export, 0, [REQUESTED])
        assert store.head() == store.log(0, 10)[-1].position

    def test_an_event_of_a_newer_release_is_not_skipped(
        self, store: EventStoreOnPostgresql, admin: psycopg.Connection
    ) -> None:
        store.append(uuid4(), 0, [REQUESTED])
        admin.execute("UPDATE stored_events SET topic = 'export.requested.v99'")
        with pytest.raises(UnknownEvent, match="v99"):
            store.log(0, 10)

    def test_a_closed_store_is_unavailable(self, store: EventStoreOnPostgresql) -> None:
        store.close()
        with pytest.raises(StoreUnavailable):
            store.head()


class TestWakeups:
    def test_it_rings_again_after_its_connection_was_lost(
        self, store: EventStoreOnPostgresql, admin: psycopg.Connection
    ) -> None:
        with store.listen() as wakeups:
            wakeups.wait(0)
            _end_others(admin)
            wakeups.wait(0.1)  # the loss is noticed
            wakeups.wait(5)  # connected again
            store.append(uuid4(), 0, [REQUESTED])
            assert _seconds(wakeups, 20) < 10

    def test_an_answer_that_a_proxy_keeps_is_not_waited_for(self, url: str) -> None:
        """Else a bell whose proxy forgot it just then would be deaf for ever."""
        with psycopg.connect(url, autocommit=True) as connection:
            with answered_within(connection, 20):
                connection.execute("SELECT 1")
            with pytest.raises(psycopg.OperationalError), answered_within(connection, 0.2):
                connection.execute("SELECT pg_sleep(60)")

    def test_without_a_server_it_just_sleeps(self) -> None:
        with Wakeups(NOWHERE) as wakeups:
            for _ in range(2):
                assert 0.2 <= _seconds(wakeups, 0.2) < 10

    def test_what_was_stored_before_it_listened_is_looked_at(
        self, store: EventStoreOnPostgresql
    ) -> None:
        with store.listen() as wakeups:
            store.append(uuid4(), 0, [REQUESTED])
            assert _seconds(wakeups, 20) < 10

    def test_many_appends_are_one_ring(self, store: EventStoreOnPostgresql) -> None:
        with store.listen() as wakeups:
            wakeups.wait(0)
            for _ in range(5):
                store.append(uuid4(), 0, [REQUESTED])
            time.sleep(0.2)
            wakeups.wait(20)
            assert _seconds(wakeups, 0.3) >= 0.3


class TestUrls:
    def test_a_unix_socket_is_found(self, socket_url: str) -> None:
        with EventStoreOnPostgresql(socket_url) as store, store.listen() as wakeups:
            wakeups.wait(0)
            store.append(uuid4(), 0, [REQUESTED])
            assert _seconds(wakeups, 20) < 10
            assert store.log(0, 10)[0].event == REQUESTED

    @pytest.mark.timeout(60)
    def test_a_payload_larger_than_the_sockets_buffer_arrives(self, socket_url: str) -> None:
        (huge,) = decide(request(filter={"in": ["x" * 100] * 40_000}), None)
        with EventStoreOnPostgresql(socket_url) as store:
            store.append(uuid4(), 0, [huge])
            assert store.log(0, 1)[0].event == huge

    def test_a_keyword_string_is_a_url_too(self, url: str) -> None:
        parts = conninfo_to_dict(url)
        keywords = " ".join(f"{name}='{value}'" for name, value in parts.items())
        with EventStoreOnPostgresql(keywords) as store:
            assert store.head() == 0


def _bare(statement: str) -> str:
    """Without white space that means nothing."""
    spaced = re.sub(r"([(),])", r" \1 ", statement.rstrip("; \n"))
    return " ".join(spaced.split())


def _without_comments(script: str) -> str:
    return re.sub(r"--[^\n]*", "", script)


def _end_others(admin: psycopg.Connection) -> None:
    admin.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


def _raise_at_insert(admin: psycopg.Connection, code: str) -> None:
    assert code.isalnum()
    body = f"BEGIN RAISE EXCEPTION 'no luck' USING ERRCODE = '{code}'; END"
    admin.execute(
        f"CREATE FUNCTION no_luck() RETURNS trigger LANGUAGE plpgsql AS $${body}$$;"
        "CREATE TRIGGER no_luck BEFORE INSERT ON stored_events EXECUTE FUNCTION no_luck()"
    )


def _seconds(wakeups: Wakeups, timeout: float) -> float:
    start = time.monotonic()
    wakeups.wait(timeout)
    return time.monotonic() - start
