"""One server for any number of processes: the first user starts it, the last one ends it.

Every user holds a shared lock on the file `users`; a *keeper* process owns the server and ends it
as soon as it gets that lock for itself. So a user that is killed is counted out by the kernel,
and no server outlives a crashed test run.
"""

from __future__ import annotations

import fcntl
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.dev.locks import holding, is_held
from infra.dev.processes import ServerFailed

_START_SECONDS = 400  # on a new machine Java is installed and Kafka resolved in it


@contextmanager
def shared(name: str, run_dir: Path, *, keep_data: bool = False) -> Iterator[str]:
    """The address of the server `name` (a key of `infra.dev.keeper.SERVERS`) of this run.

    Without `keep_data` its folder is removed when the last user has gone."""
    directory = run_dir / name
    directory.mkdir(parents=True, exist_ok=True)
    with holding(directory / "users", fcntl.LOCK_SH):
        with holding(directory / "starting", fcntl.LOCK_EX):
            address = running_address(name, run_dir) or _start(name, run_dir, keep_data)
        yield address


def running_address(name: str, run_dir: Path) -> str | None:
    """The address of a server that runs now."""
    kept = run_dir / name / "address"
    if not is_held(run_dir / name / "keeper"):
        kept.unlink(missing_ok=True)
        return None
    return kept.read_text() if kept.exists() else None


def wait_until_ended(run_dir: Path, seconds: float = 30.0) -> bool:
    """Waits until every server of this run has been ended by its keeper."""
    deadline = time.monotonic() + seconds
    while any(is_held(path) for path in run_dir.glob("*/keeper")):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    for keeper in _KEEPERS.pop(run_dir, []):
        keeper.wait(seconds)
    return True


def _start(name: str, run_dir: Path, keep_data: bool) -> str:
    directory = run_dir / name
    failure = directory / "failure"
    failure.unlink(missing_ok=True)
    command = [sys.executable, "-m", "infra.dev.keeper", name, str(run_dir)]
    with (directory / "keeper.log").open("ab") as log:
        keeper = subprocess.Popen(
            [*command, *(["--keep-data"] if keep_data else [])],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    _KEEPERS[run_dir].append(keeper)
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and keeper.poll() is None:
        if address := running_address(name, run_dir):
            return address
        time.sleep(0.02)
    keeper.terminate()
    keeper.wait()
    raise ServerFailed(_reason(name, directory))


def _reason(name: str, directory: Path) -> str:
    failure = directory / "failure"
    if failure.exists():
        return failure.read_text()
    return f"{name} did not start. See {directory / 'keeper.log'}"


# Kept so that Python does not warn about a child that outlives its handle: it is meant to.
_KEEPERS: defaultdict[Path, list[subprocess.Popen[bytes]]] = defaultdict(list)
