"""A whole Waybill as its users meet it: real processes, HTTP from outside."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import psycopg

from infra.access import ApiKeys
from infra.database import migrate, open_pool
from infra.free_ports import free_ports_below
from tests.wanted_keys import wanted_key

WAYBILL = Path(sys.executable).with_name("waybill")
ENDED = {"completed", "completed-truncated", "failed", "cancelled", "expired"}
_PATIENCE = 90.0
_START_SECONDS = 300.0
"""Many processes that start at once on a busy machine take minutes of it."""


class NotInTime(AssertionError):
    """What was waited for did not come."""


class Stack:
    """Processes over one set of settings. `workers` names those that render.

    Each process has a name and keeps its command, so that `restart` brings it back as it was; the
    one that serves HTTP keeps its port too. `own` are settings of single processes.
    `database_url` is the database as the test sees it, wherever the processes have it from.
    `supervised` says that somebody else restarts what ends (see `tests.faults.supervision`);
    otherwise nothing may end by itself."""

    def __init__(self, env: Mapping[str, str], home: Path, workers: list[str]) -> None:
        self.env = {**os.environ, **env}
        self.home = home
        self.workers = workers
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.own: dict[str, dict[str, str]] = {}
        self.database_url = self.env["WAYBILL_DATABASE_URL"]
        self.supervised = False
        self._commands: dict[str, tuple[str, ...]] = {}
        self._port = free_ports_below(32_000, count=1)[0]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def run(self, *command: str) -> str:
        """What a command printed that ends by itself, and well."""
        done = self.tried(*command)
        assert done.returncode == 0, f"{done.stderr.decode()}\n{done.stdout.decode()}"
        return done.stdout.decode()

    def tried(self, *command: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [WAYBILL, *command], env=self.env, capture_output=True, timeout=_PATIENCE, check=False
        )

    def start(self, name: str, *command: str, **env: str) -> None:
        """`env` is for this process, and until it is started again only."""
        self._commands[name] = command
        self._ready(name).unlink(missing_ok=True)
        with (self.home / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [WAYBILL, *command, "--ready-file", str(self._ready(name))],
                env={**self.env, **self.own.get(name, {}), **env},
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                process_group=0,  # Ctrl-C is for pytest, which ends them in order
            )

    def serve(self, name: str, *command: str, **env: str) -> None:
        """Starts a process that serves HTTP, and waits until it does."""
        self.start(name, *command, "--port", str(self._port), **env)
        self.wait_ready(name)

    def restart(self, name: str, **env: str) -> None:
        """Starts a process that has ended again, and waits until it is ready."""
        self.start_again(name, **env)
        self.wait_ready(name)

    def start_again(self, name: str, **env: str) -> None:
        self.start(name, *self._commands[name], **env)

    def wait_ready(self, *names: str) -> None:
        """Until these processes, or all, are at work."""
        self.eventually(lambda: all(map(self.is_ready, names or self.processes)), _START_SECONDS)

    def is_ready(self, name: str) -> bool:
        return self._ready(name).exists()

    def kill(self, name: str) -> None:
        """As the kernel kills: no goodbye."""
        process = self.processes.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=10)

    def end(self, *names: str) -> dict[str, int]:
        """Ends these in order, and says with which codes they ended."""
        ending = {name: self.processes.pop(name) for name in names}
        for process in ending.values():
            process.send_signal(signal.SIGTERM)
        return {name: _ended(process) for name, process in ending.items()}

    def freeze(self, name: str) -> None:
        """Stops a process and all its children, as a machine does that is suspended."""
        for pid in [self.processes[name].pid, *self.children(name)]:
            _signal(pid, signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        """Lets a frozen process and its children go on."""
        for pid in [*self.children(name), self.processes[name].pid]:
            _signal(pid, signal.SIGCONT)

    def children(self, name: str) -> list[int]:
        """The process ids of all that descend from this process: those that do the work, and
        their fork servers."""
        parents = _parents()
        ancestor = self.processes[name].pid
        return sorted(pid for pid in parents if _descends(pid, ancestor, parents))

    def stop(self) -> dict[str, int]:
        """Ends all in order, and says with which codes they ended."""
        for name in self.processes:
            self.thaw(name)
        return self.end(*self.processes)

    def logs(self) -> str:
        return "\n".join(
            f"--- {log.name}\n{log.read_text(errors='replace')[-4000:]}"
            for log in sorted(self.home.glob("*.log"))
        )

    def eventually(self, question: Callable[[], Any], patience: float = _PATIENCE) -> Any:
        """The first true answer; asked less and less often, as each answer takes of the time that
        is waited for."""
        deadline = time.monotonic() + patience
        pause = 0.02
        while time.monotonic() < deadline:
            if answer := question():
                return answer
            self._check_alive()
            time.sleep(pause)
            pause = min(1.2 * pause, 0.25)
        raise NotInTime(self.logs())

    def _check_alive(self) -> None:
        if self.supervised:
            return
        for name, process in self.processes.items():
            if process.poll() is not None:
                raise NotInTime(f"{name} ended with {process.returncode}\n{self.logs()}")

    def _ready(self, name: str) -> Path:
        return self.home / f"{name}.ready"


class Client:
    """A program that exports over HTTP."""

    def __init__(self, stack: Stack, key: str) -> None:
        self.stack = stack
        self.key = key
        self.http = httpx.Client(
            base_url=stack.url, headers={"Authorization": f"Bearer {key}"}, timeout=30
        )

    def request(
        self, dataset: str, *formats: Any, idempotency_key: str | None = None, **more: Any
    ) -> dict[str, Any]:
        body = {"dataset": dataset, "formats": list(formats or ("csv",)), **more}
        headers = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
        answer = self.http.post("/v1/exports", json=body, headers=headers)
        assert answer.status_code == 202, answer.text
        return dict(answer.json())

    def show(self, export_id: str) -> dict[str, Any]:
        return dict(self.http.get(f"/v1/exports/{export_id}").raise_for_status().json())

    def retry(self, export_id: str) -> None:
        self.http.post(f"/v1/exports/{export_id}/retry").raise_for_status()

    def ended(self, export_id: str, patience: float = _PATIENCE) -> dict[str, Any]:
        def ended() -> dict[str, Any] | None:
            export = self.show(export_id)
            return export if export["status"] in ENDED else None

        return dict(self.stack.eventually(ended, patience))

    def completed(self, dataset: str, *formats: Any, **more: Any) -> dict[str, Any]:
        export = self.ended(self.request(dataset, *formats, **more)["id"])
        assert export["status"] == "completed", f"{export}\n{self.stack.logs()}"
        return export

    def file(self, export_id: str, file: str = "csv") -> bytes:
        return (
            self.http.get(f"/v1/exports/{export_id}/files/{file}", timeout=120)
            .raise_for_status()
            .content
        )

    def waybill(self, export_id: str, file: str = "csv") -> bytes:
        return (
            self.http.get(f"/v1/exports/{export_id}/files/{file}/waybill")
            .raise_for_status()
            .content
        )


@contextmanager
def running(stack: Stack, start: Callable[[Stack], None]) -> Iterator[Client]:
    """The stack, started, with an admin's client; stopped afterwards."""
    with started(stack, start) as key:
        client = Client(stack, key)
        with client.http:
            yield client


@contextmanager
def started(stack: Stack, start: Callable[[Stack], None]) -> Iterator[str]:
    """An admin's key to the stack, started; stopped afterwards, and every process in order."""
    migrate(stack.database_url)
    pool = open_pool(stack.database_url, size=1)
    key = ApiKeys(pool).create(wanted_key("default", "an admin's")).secret
    pool.close()
    # What processes that are killed leave behind; a short path, as there are sockets in it.
    with TemporaryDirectory(prefix="waybill-", ignore_cleanup_errors=True) as folder:
        stack.env["TMPDIR"] = folder
        try:
            start(stack)
            yield key
        finally:
            codes = stack.stop()
    assert all(code == 0 for code in codes.values()), f"{codes}\n{stack.logs()}"


def copied(stack: Stack, query: str) -> bytes:
    """What `psql \\copy (query) to … csv header` writes."""
    with psycopg.connect(stack.database_url) as connection:
        cursor = connection.cursor()
        connection.execute("SET TimeZone = 'UTC'")
        with cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv, HEADER)") as copy:
            return b"".join(bytes(piece) for piece in copy)


def _ended(process: subprocess.Popen[bytes]) -> int:
    try:
        return process.wait(timeout=40)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait(timeout=10)


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _parents() -> dict[int, int]:
    """The parent of every process that there is now."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has just ended
            found[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    return found


def _descends(pid: int, ancestor: int, parents: Mapping[int, int]) -> bool:
    parent = parents.get(pid, 0)
    return parent == ancestor or (parent > 1 and _descends(parent, ancestor, parents))
