"""Scenario 16: a random process is killed with -9 every few seconds, and restarted as a supervisor
does, while fifty clients always have an export under way, in every kind of format."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Any
from uuid import uuid4

import pytest

from tests import stack_data
from tests.faults.supervision import Supervisor
from tests.faults.worlds import World
from tests.stacks import Stack
from tests.undated import undated

pytestmark = pytest.mark.quick_on("kafka")

SECONDS = float(os.environ.get("FAULTS_SECONDS", "120"))
CLIENTS = 50
_BOUND = 300.0
_LOOK_EVERY = 1.0
_FEW = 5
_ROWS = 20_000
"""Two chunks: also a busy machine is to get done what fifty clients ask for."""

FORMATS: dict[str, Any] = {
    "csv": stack_data.LIKE_COPY,
    "ndjson": "ndjson",
    "xlsx": "xlsx",
    "json.gz": {"format": "json", "compression": "gzip"},
    "csv.zip": {"format": "csv", "split": {"rows": 16_384}},
    "parquet": "parquet",
    "pdf": {"format": "pdf", "options": {"cover": False, "on_missing_glyph": "replace"}},
}
"""By the names of the files."""


@pytest.mark.parametrize(
    ("seconds", "clients", "kinds"),
    [
        (8.0, 6, ["csv", "ndjson", "xlsx"]),
        pytest.param(SECONDS, CLIENTS, list(FORMATS), marks=pytest.mark.full),
    ],
    ids=["short", "long"],
)
@pytest.mark.timeout(int(SECONDS + 3 * _BOUND))
def test_random_processes_are_killed_under_load(
    world: World, seconds: float, clients: int, kinds: list[str]
) -> None:
    undisturbed = _undisturbed(world, kinds)
    assert world.expected.startswith(undisturbed["csv"])
    assert undisturbed["csv"].count(b"\n") > _ROWS
    enough = threading.Event()
    with Supervisor(world.stack) as supervisor:
        with Killer(world.stack) as killer, ThreadPoolExecutor(clients) as threads:
            asking = [
                threads.submit(_ask_until, enough, world, kinds, number)
                for number in range(clients)
            ]
            killer.go_on_for(seconds)
            enough.set()
            asked = {
                export_id: files for each in asking for export_id, files in each.result().items()
            }
        given_up = [each for each in asked if _is_given_up(world.ended(each, _BOUND))]
        assert len(given_up) < len(asked) / _FEW, given_up
        for export_id in given_up:
            world.patiently(partial(world.client.retry, export_id))
            world.wait_for_status(export_id, "completed")
    assert all(code == -signal.SIGKILL for _, code in supervisor.ended), supervisor.ended
    for export_id, files in asked.items():
        for file in files:
            assert _file(world, export_id, file) == undisturbed[file], (export_id, file)
    world.check()


def _undisturbed(world: World, kinds: list[str]) -> dict[str, bytes]:
    """Each file as it is when nobody is killed."""
    export_id = world.request(*(FORMATS[kind] for kind in kinds), limit=_ROWS)
    assert world.ended(export_id)["status"] == "completed"
    return {kind: _file(world, export_id, kind) for kind in kinds}


def _is_given_up(export: dict[str, Any]) -> bool:
    """A job at which five workers died is taken for what killed them. That can be mere chance when
    the only process there is dies every few seconds; then its client is told to retry."""
    if export["status"] == "completed":
        return False
    assert export["failure"]["reason"] == "workers-lost", export
    return True


def _ask_until(
    enough: threading.Event, world: World, kinds: list[str], number: int
) -> dict[str, list[str]]:
    """As a client that wants the next export as soon as it has the last: which it asked for, and
    for which files. Each request has a key, so that one whose answer was lost can be sent again."""
    asked: dict[str, list[str]] = {}
    while not enough.is_set():
        first = number + len(asked)
        files = [kinds[first % len(kinds)], kinds[(first + 1) % len(kinds)]]
        export_id = world.request(
            *(FORMATS[file] for file in files), limit=_ROWS, idempotency_key=str(uuid4())
        )
        asked[export_id] = files
        while not enough.wait(_LOOK_EVERY) and world.show(export_id)["ended_at"] is None:
            pass
    return asked


def _file(world: World, export_id: str, file: str) -> bytes:
    return undated(file, world.patiently(lambda: world.client.file(export_id, file)))


class Killer(threading.Thread):
    """Kills something every two to five seconds while the block lasts: a process of the stack, or a
    child of one. What has just started is left alone until it is at work, as otherwise nothing
    ever would be on a busy machine."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(name="killer", daemon=True)
        self._stack = stack
        self._began = time.monotonic()
        self._stopping = threading.Event()
        self.killed: list[str] = []

    def __enter__(self) -> Killer:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping.set()
        self.join()

    def run(self) -> None:
        while not self._stopping.wait(random.uniform(2, 5)):
            at_work = [name for name in sorted(self._stack.processes) if self._stack.is_ready(name)]
            if at_work:
                self._kill_one_of(at_work)

    def go_on_for(self, seconds: float) -> None:
        """Returns when this has gone on for so long, and has killed something."""
        while not self.killed or time.monotonic() < self._began + seconds:
            time.sleep(0.1)

    def _kill_one_of(self, names: list[str]) -> None:
        name = random.choice(names)
        family = self._stack.children(name) or [self._stack.processes[name].pid]
        pid = random.choice([self._stack.processes[name].pid, random.choice(family)])
        self.killed.append(name)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
