"""The launcher against the real server, in the ways in which it can be started and left."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from infra.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresFailed
from infra.postmaster import PID_FILE, Postmaster, running

# Starts a server, says so, and waits to be killed.
_OWNER = """
import sys, time
from pathlib import Path
from infra.embedded_postgres import EmbeddedPostgres
print(EmbeddedPostgres(Path(sys.argv[1])).start(), flush=True)
time.sleep(60)
"""


@pytest.fixture(scope="module")
def made_once(run_dir: Path) -> Iterator[Path]:
    """A cluster to copy: making one takes most of a second, and copying it very little."""
    directory = run_dir / "made-once"
    with EmbeddedPostgres(directory):
        pass
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def directory(data_dir: Path, made_once: Path) -> Path:
    """A cluster that ran once and was stopped."""
    subprocess.run(["cp", "-a", made_once, data_dir / "postgres"], check=True)
    return data_dir / "postgres"


def _ask(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row
    return row[0]


def _run(url: str, statement: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(statement.encode())


def _server(directory: Path) -> Postmaster:
    server = running(directory / "data")
    assert server
    return server


def _left_behind(directory: Path) -> str:
    """The URL of a server whose owner was killed."""
    with subprocess.Popen(
        [sys.executable, "-c", _OWNER, str(directory)], stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout
        url = owner.stdout.readline().strip()
        owner.kill()
    assert _server(directory).ready
    return url


def test_the_log_quotes_no_values(directory: Path) -> None:
    server = EmbeddedPostgres(directory)
    with server as url:
        _run(url, "CREATE TABLE people (email text PRIMARY KEY)")
        _run(url, "INSERT INTO people VALUES ('ada@example.org')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            _run(url, "INSERT INTO people VALUES ('ada@example.org')")
        with pytest.raises(psycopg.errors.DivisionByZero):
            _run(url, "COPY (SELECT 1/0 WHERE 'ada@example.org' <> '') TO STDOUT")
    log = (server.place / "postgres.log").read_text()
    assert "duplicate key" in log
    assert "division by zero" in log
    assert "ada@example.org" not in log


def test_what_was_written_is_there_after_a_restart(directory: Path) -> None:
    server = EmbeddedPostgres(directory)
    with server as url:
        _run(url, "CREATE TABLE kept AS SELECT 7 AS n")
    with server as url:
        assert _ask(url, "SELECT n FROM kept") == 7
    assert running(server.place / "data") is None


def test_it_is_set_up_for_records_that_matter(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir / "postgres") as url:
        for name, value in {
            "fsync": "on",
            "full_page_writes": "on",
            "data_checksums": "on",
            "jit": "off",
            "server_encoding": "UTF8",
            "TimeZone": "UTC",
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
        }.items():
            assert _ask(url, f"SELECT current_setting('{name}')") == value
        assert _ask(url, "SELECT 'Ü' < 'a'") is False  # by code point, on every machine
        assert _ask(url, "SELECT upper('é')") == "É"


def test_nobody_gets_in_without_the_password(data_dir: Path) -> None:
    server = EmbeddedPostgres(data_dir / "postgres")
    with server as url:
        wrong = psycopg.conninfo.make_conninfo(url, password="wrong")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(wrong)
        assert stat.S_IMODE((server.place / "password").stat().st_mode) == 0o600
        assert stat.S_IMODE((server.place / "data").stat().st_mode) == 0o700


def test_the_server_never_runs_as_root(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir / "postgres"):
        pid = _server(data_dir / "postgres").pid
        assert Path(f"/proc/{pid}").stat().st_uid == (os.getuid() or 60_906)


def test_a_second_start_shares_the_server_and_leaves_it_running(directory: Path) -> None:
    with EmbeddedPostgres(directory) as url:
        second = EmbeddedPostgres(directory)
        assert second.start() == url
        assert not second.owned
        second.stop()
        assert _ask(url, "SELECT 1") == 1


def test_a_second_start_waits_for_the_first(data_dir: Path) -> None:
    directory = data_dir / "postgres"
    command = [sys.executable, "-c", _OWNER, str(directory)]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as one,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other,
    ):
        assert one.stdout
        assert other.stdout
        assert one.stdout.readline() == other.stdout.readline()
        one.kill()
        other.kill()
    with EmbeddedPostgres(directory):
        pass  # ends what they left behind


def test_a_server_left_by_a_killed_owner_is_adopted_and_ended(directory: Path) -> None:
    url = _left_behind(directory)
    server = EmbeddedPostgres(directory)
    assert server.start() == url
    assert server.owned
    server.stop()
    assert running(directory / "data") is None


def test_a_server_that_hangs_is_replaced(directory: Path) -> None:
    url = _left_behind(directory)
    hung = _server(directory).pid
    os.kill(hung, signal.SIGSTOP)
    server = EmbeddedPostgres(directory)
    with server as new:
        assert new != url
        assert _server(directory).pid != hung


def test_a_crashed_server_recovers_what_was_committed(directory: Path) -> None:
    url = _left_behind(directory)
    _run(url, "CREATE TABLE kept AS SELECT 7 AS n")
    os.kill(_server(directory).pid, signal.SIGKILL)
    with EmbeddedPostgres(directory) as url:
        assert _ask(url, "SELECT n FROM kept") == 7


def test_a_pid_file_from_before_a_power_cut_is_no_obstacle(directory: Path) -> None:
    with EmbeddedPostgres(directory):
        claim = (directory / "data" / PID_FILE).read_text().split("\n", 1)[1]
    (directory / "data" / PID_FILE).write_text(f"{os.getpid()}\n{claim}")
    with EmbeddedPostgres(directory) as url:
        assert _ask(url, "SELECT 1") == 1


def test_an_interrupted_first_start_is_begun_again(data_dir: Path) -> None:
    directory = data_dir / "postgres"
    (directory / "data.new" / "base").mkdir(parents=True)
    directory.chmod(0o711)
    (directory / "password.new").write_text("old")
    with EmbeddedPostgres(directory) as url:
        assert _ask(url, "SELECT 1") == 1
    assert not (directory / "data.new").exists()
    assert not (directory / "password.new").exists()


def test_a_taken_port_is_exchanged_for_another(
    directory: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = psycopg.conninfo.conninfo_to_dict(postgres_url)["port"]
    ports = iter([taken])
    free_port = sys.modules["infra.embedded_postgres"].free_port
    monkeypatch.setattr(
        "infra.embedded_postgres.free_port", lambda: int(next(ports, None) or free_port())
    )
    with EmbeddedPostgres(directory) as url:
        assert f":{taken}/" not in url


def test_a_server_that_can_not_start_says_why(directory: Path) -> None:
    (directory / "data" / "global" / "pg_control").unlink()
    server = EmbeddedPostgres(directory)
    with pytest.raises(EmbeddedPostgresFailed, match=r"(?s)pg_control.*WAYBILL_DATABASE_URL"):
        server.start()
    assert not server.owned


def test_data_of_another_major_version_are_refused(data_dir: Path) -> None:
    directory = data_dir / "postgres"
    (directory / "data").mkdir(parents=True)
    (directory / "data" / "PG_VERSION").write_text("17\n")
    with pytest.raises(EmbeddedPostgresFailed, match=r"made by PostgreSQL 17.*Dump it"):
        EmbeddedPostgres(directory).start()


def test_a_lost_password_is_said_to_be_lost(directory: Path) -> None:
    (directory / "password").unlink()
    with pytest.raises(EmbeddedPostgresFailed, match=r"password file .* is gone"):
        EmbeddedPostgres(directory).start()


def test_a_directory_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EmbeddedPostgresFailed, match="file"):
        EmbeddedPostgres(tmp_path / "file" / "postgres").start()


def test_an_owner_that_never_gets_ready_is_not_waited_for_for_ever(directory: Path) -> None:
    with EmbeddedPostgres(directory) as url:
        (directory / "data" / PID_FILE).rename(directory / "data" / "hidden")
        with pytest.raises(EmbeddedPostgresFailed, match="not ready after 0 s"):
            EmbeddedPostgres(directory, patience=0.2).start()
        (directory / "data" / "hidden").rename(directory / "data" / PID_FILE)
        assert _ask(url, "SELECT 1") == 1


def test_a_big_log_is_put_aside(directory: Path) -> None:
    server = EmbeddedPostgres(directory)
    with (server.place / "postgres.log").open("r+b") as log:
        log.truncate(20_000_000)
    with server:
        assert (server.place / "postgres.log").stat().st_size < 1_000_000


def test_a_root_in_a_closed_home_gets_its_data_elsewhere(data_dir: Path) -> None:
    home = data_dir / "home"
    home.mkdir(mode=0o700)
    server = EmbeddedPostgres(home / "var" / "postgres", elsewhere=data_dir / "lib")
    with server as url:
        assert _ask(url, "SELECT 1") == 1
        assert server.place.is_relative_to(home if os.getuid() else data_dir / "lib")
    shutil.rmtree(home)


def test_it_stops_in_the_middle_of_a_query(directory: Path) -> None:
    server = EmbeddedPostgres(directory)
    url = server.start()
    connection = psycopg.connect(url)
    connection.execute("SELECT 1")  # an open transaction
    began = time.monotonic()
    server.stop()
    assert time.monotonic() - began < 20
    connection.close()


def test_a_server_that_is_never_ready_is_ended(directory: Path) -> None:
    server = EmbeddedPostgres(directory, patience=0.0)
    with pytest.raises(EmbeddedPostgresFailed, match="Not ready after 0 s"):
        server.start()
    assert running(directory / "data") is None


def test_it_stops_when_its_directory_is_gone(directory: Path) -> None:
    server = EmbeddedPostgres(directory)
    url = server.start()
    shutil.rmtree(directory)
    server.stop()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)


def test_files_of_another_user_are_named(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_ignored: object) -> None:
        raise PermissionError(13, "Permission denied", str(directory / "lock"))

    monkeypatch.setattr("infra.embedded_postgres.os.open", refused)
    with pytest.raises(EmbeddedPostgresFailed, match=r"Permission denied.*lock"):
        EmbeddedPostgres(directory).start()
