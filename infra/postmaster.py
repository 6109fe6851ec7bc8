"""Who runs on a PostgreSQL data directory, by its `postmaster.pid`, and how to end it.

The file outlives a machine that lost power, and its process id may by then be somebody else's.
So a process counts only if its command line names the data directory.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PID_FILE = "postmaster.pid"
_PS = "/bin/ps"


@dataclass(frozen=True, slots=True, kw_only=True)
class Postmaster:
    """A PostgreSQL server process as it describes itself."""

    pid: int
    port: int
    ready: bool


def running(data: Path) -> Postmaster | None:
    """The server on this data directory, if one is alive."""
    found = described(data)
    if found is None or not _names(found.pid, data):
        return None
    return found


def described(data: Path) -> Postmaster | None:
    """What the pid file says, dead or alive. PostgreSQL writes it line by line: pid, directory,
    start time, port, socket directory, address, shared memory, status."""
    try:
        lines = (data / PID_FILE).read_text().splitlines()
        return Postmaster(pid=int(lines[0]), port=int(lines[3]), ready=lines[7:] == ["ready   "])
    except (FileNotFoundError, IndexError, ValueError):
        return None


def end(data: Path, patience: float = 60.0) -> None:
    """Stops the server on this directory: fast, then at once, then by force. Nothing committed
    is lost by any of them."""
    for number, seconds in (
        (signal.SIGINT, patience),
        (signal.SIGQUIT, 5.0),
        (signal.SIGKILL, 5.0),
    ):
        found = running(data)
        if found is None:
            return
        os.kill(found.pid, number)
        if until(lambda: running(data) is None, seconds):
            return


def until(condition: Callable[[], object], seconds: float) -> bool:
    """Waits until the condition holds; False if it still doesn't after so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _names(pid: int, data: Path) -> bool:
    return str(data) in _command_line(pid)


def _command_line(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except FileNotFoundError:
        return [] if Path("/proc/self").exists() else _command_line_by_ps(pid)


def _command_line_by_ps(pid: int) -> list[str]:
    """For systems without /proc (macOS)."""
    answer = subprocess.run(  # noqa: S603 - a fixed program, no shell
        [_PS, "-ww", "-o", "command=", "-p", str(pid)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return answer.stdout.split()
