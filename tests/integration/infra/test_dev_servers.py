"""One server for many processes: started once, ended with its last user, never left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from infra.dev import keeper
from infra.dev.__main__ import main
from infra.dev.kafka import Kafka
from infra.dev.locks import Lock, is_held
from infra.dev.processes import ServerFailed, ServerProcess
from infra.dev.s3 import S3
from infra.dev.shared import running_address, shared, wait_until_ended
from infra.postmaster import until

# Uses the server, says so, and waits to be killed.
_USER = """
import sys, time
from pathlib import Path
from infra.dev.shared import shared
with shared("postgres", Path(sys.argv[1])) as address:
    print(address, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def servers(data_dir: Path) -> Iterator[Path]:
    """A run's folder; afterwards nothing of it runs."""
    yield data_dir
    assert wait_until_ended(data_dir)


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True


def _user(run_dir: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _USER, str(run_dir)], stdout=subprocess.PIPE, text=True
    )


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def test_many_users_share_one_server_that_ends_with_the_last(servers: Path) -> None:
    with _user(servers) as one, _user(servers) as other:
        address = _line(one)
        assert _line(other) == address
        one.kill()
        one.wait()
        time.sleep(0.5)
        assert _answers(address)
        other.kill()
    assert wait_until_ended(servers)
    assert not _answers(address)
    assert not (servers / "postgres" / "server").exists()


def test_a_user_in_the_moment_of_its_end_gets_a_new_server(servers: Path) -> None:
    for _ in range(3):
        with shared("postgres", servers) as address:
            assert _answers(address)


def test_data_can_be_kept(servers: Path) -> None:
    with shared("postgres", servers, keep_data=True) as address, psycopg.connect(address) as link:
        link.execute("CREATE TABLE kept ()")
    assert wait_until_ended(servers)
    with shared("postgres", servers) as address, psycopg.connect(address) as link:
        assert link.execute("SELECT to_regclass('kept')").fetchone() == ("kept",)


def test_a_server_that_dies_is_started_anew_for_the_next_user(servers: Path) -> None:
    with shared("s3", servers) as first:
        os.kill(_only_child(_keeper_pid(servers, "s3")), signal.SIGKILL)
        assert until(lambda: not is_held(servers / "s3" / "keeper"), 10)
        with shared("s3", servers) as second:
            assert second != first


def test_a_keeper_that_is_asked_to_end_ends_its_server(servers: Path) -> None:
    with shared("postgres", servers) as address:
        os.kill(_keeper_pid(servers, "postgres"), signal.SIGTERM)
        assert until(lambda: not is_held(servers / "postgres" / "keeper"), 20)
        assert not _answers(address)
        assert running_address("postgres", servers) is None


def test_a_server_that_does_not_start_fails_its_users_with_the_reason(
    servers: Path,
) -> None:
    (servers / "s3" / "server").mkdir(parents=True)
    (servers / "s3" / "server" / "data").write_text("in the way")
    with pytest.raises(ServerFailed, match=r"s3: .*File exists"), shared("s3", servers):
        pass


def test_a_look_at_a_lock_is_not_taken_for_its_holder(tmp_path: Path) -> None:
    path, done = tmp_path / "lock", threading.Event()

    def look() -> None:
        while not done.is_set():
            is_held(path)

    path.touch()
    lookers = [threading.Thread(target=look) for _ in range(3)]
    try:
        for looker in lookers:
            looker.start()
        for _ in range(300):
            lock = Lock(path)
            assert lock.take_from_lookers()
            lock.release()
    finally:
        done.set()
        for looker in lookers:
            looker.join()


def test_an_unknown_server_is_an_error(servers: Path) -> None:
    with pytest.raises(ServerFailed, match=r"keeper\.log"), shared("nonsense", servers):
        pass


def test_a_second_keeper_leaves_at_once(servers: Path) -> None:
    with shared("postgres", servers) as address:
        keeper.keep("postgres", servers, keep_data=False)
        assert _answers(address)


def test_kafka_keeps_its_data_and_its_port_when_it_is_killed(servers: Path) -> None:
    broker = Kafka(servers / "kafka")
    try:
        address = broker.start()
        broker.kill()
        assert not broker.alive()
        assert broker.start() == address
        assert broker.alive()
    finally:
        broker.stop()
    assert not broker.alive()


def test_s3_keeps_its_credentials_and_leaves_no_sockets(servers: Path) -> None:
    server = S3(servers / "s3")
    try:
        first = server.start()
        server.kill()
        assert not server.alive()
        second = server.start()
    finally:
        server.stop()
    assert second.rpartition("@")[0] == first.rpartition("@")[0]
    for address in (first, second):
        assert not list(Path("/tmp").glob(f"seaweedfs-*{address.rpartition(':')[2]}.sock"))


def test_a_process_that_ends_at_once_shows_the_end_of_its_log(tmp_path: Path) -> None:
    process = ServerProcess(["sh", "-c", "echo no room >&2; exit 3"], log=tmp_path / "log")
    with pytest.raises(ServerFailed, match=r"(?s)sh ended at once.*no room"):
        process.start(lambda: False, seconds=5)


def test_a_process_that_never_answers_is_ended(tmp_path: Path) -> None:
    process = ServerProcess(["sleep", "60"], log=tmp_path / "log")
    with pytest.raises(ServerFailed, match="does not answer after 0 s"):
        process.start(lambda: False, seconds=0.2)
    assert not process.alive()


def test_a_process_that_ignores_a_request_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    process = ServerProcess(["sh", "-c", "trap '' TERM; echo up; sleep 60 & wait"], log=log)
    process.start(lambda: "up" in log.read_text(), seconds=5)
    process.stop(patience=0.2)
    assert not process.alive()


def test_up_runs_all_three_until_down(
    servers: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def dev(command: str) -> int:
        monkeypatch.setattr(sys, "argv", ["infra.dev", command, "--dir", str(servers)])
        return main()

    assert dev("env") == 1
    assert dev("down") == 1
    command = [sys.executable, "-m", "infra.dev", "up", "--dir", str(servers)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as up:
        lines = list(iter(lambda: _line(up), "# Ctrl-C stops them."))
        settings = dict(line.removeprefix("export ").split("=", 1) for line in lines if line)
        assert settings["WAYBILL_TRANSPORT"] == "kafka"
        assert _answers(settings["WAYBILL_DATABASE_URL"])
        assert dev("env") == 0
        assert settings["WAYBILL_S3_SECRET_KEY"] in capfd.readouterr().out
        assert dev("up") == 1
        assert dev("down") == 0
        assert up.wait(20) == 0
    assert "They run already" in capfd.readouterr().err


def _keeper_pid(run_dir: Path, name: str) -> int:
    return int((run_dir / name / "keeper").read_text())


def _only_child(pid: int) -> int:
    (child,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(child)
