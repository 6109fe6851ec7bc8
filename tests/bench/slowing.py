"""Holds processes to a share of a core, as if each had a slower machine of its own: where one alone
would keep this machine busy, that shows what several together can do."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from tests.bench.processes import Process, everyone, look_at

_EVERY = 0.01
"""Seconds between two looks at their CPU time, which the kernel counts as finely."""
_KIN_EVERY = 0.2
"""Seconds between two looks for new children, for which all processes have to be read."""
_MOST_SAVED = 0.05
"""CPU seconds that a process may take at once after it had nothing to do."""


@contextmanager
def held_to(share: float, roots: Sequence[int]) -> Iterator[None]:
    """While the block lasts, each of these processes and its descendants get this share of one
    core together. They are stopped (SIGSTOP) when they have had it, until it is their turn."""
    ended = threading.Event()
    threads = [
        threading.Thread(target=_hold, args=(share, root, ended), daemon=True) for root in roots
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def _hold(share: float, root: int, ended: threading.Event) -> None:
    kin = _kin(root)
    known = _seconds(kin)
    saved, running = 0.0, True
    looked = before = time.monotonic()
    while not ended.wait(_EVERY):
        now = time.monotonic()
        if now - looked > _KIN_EVERY:
            kin, looked = _kin(root), now
        else:
            kin = [process for each in kin if (process := look_at(each.pid))]
        taken = sum(process.seconds - known.get(process.pid, 0.0) for process in kin)
        saved = min(_MOST_SAVED, saved + share * (now - before) - taken)
        known, before = _seconds(kin), now
        if running is not (saved >= 0):
            running = saved >= 0
            _signal(kin, signal.SIGCONT if running else signal.SIGSTOP)
    _signal(_kin(root), signal.SIGCONT)


def _seconds(processes: Sequence[Process]) -> dict[int, float]:
    return {process.pid: process.seconds for process in processes}


def _kin(root: int) -> list[Process]:
    found: dict[int, Process] = {}
    everybody = sorted(everyone(), key=lambda process: process.pid)
    while more := [
        process
        for process in everybody
        if process.pid not in found and (process.pid == root or process.parent in found)
    ]:
        found |= {process.pid: process for process in more}
    return list(found.values())


def _signal(processes: Sequence[Process], number: signal.Signals) -> None:
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process.pid, number)
