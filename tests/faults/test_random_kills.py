"""Scenario 16: a random process is killed with -9 every few seconds while fifty exports are under
way, and restarted as a supervisor does."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from types import TracebackType
from uuid import uuid4

import pytest

from tests.faults.supervision import Supervisor
from tests.faults.worlds import World
from tests.stacks import Stack

pytestmark = pytest.mark.quick_on("kafka")

SECONDS = float(os.environ.get("FAULTS_SECONDS", "120"))
EXPORTS = 50
_BOUND = 300.0


@pytest.mark.parametrize(
    ("seconds", "exports"),
    [(8.0, 6), pytest.param(SECONDS, EXPORTS, marks=pytest.mark.full)],
    ids=["short", "long"],
)
@pytest.mark.timeout(int(SECONDS + 2 * _BOUND))
def test_random_processes_are_killed_under_load(world: World, seconds: float, exports: int) -> None:
    with Supervisor(world.stack) as supervisor:
        with Killer(world.stack) as killer:
            with ThreadPoolExecutor(exports) as clients:
                ids = list(clients.map(lambda _: _request(world), range(exports)))
            killer.go_on_for(seconds)
        for export_id in ids:
            export = world.ended(export_id, _BOUND)
            assert export["status"] == "completed", export
    assert all(code == -signal.SIGKILL for _, code in supervisor.ended), supervisor.ended
    with ThreadPoolExecutor(4) as clients:
        list(clients.map(world.assert_whole, ids))
    world.check()


def _request(world: World) -> str:
    """With a key, so that a request whose answer was lost can be sent again."""
    return world.request(idempotency_key=str(uuid4()))


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
