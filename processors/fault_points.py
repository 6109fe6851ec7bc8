"""Places at which a process can be made to die, stop or fail, so that what the design promises of
crashes is tried on the very code that runs. See docs/faults.md.

Nothing happens unless `WAYBILL_FAULTS` names a point, or `WAYBILL_FAULTS_TRACE` a file; then a
point costs one look at a dict, or one line.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Point(StrEnum):
    """Each is reached just before what it is named after becomes durable; `claim` and `done` just
    after."""

    CLAIM = "claim"
    ATTEMPT_START = "attempt-start"
    STAGE_PUT = "stage-put"
    STAGE_RECORD = "stage-record"
    PART_PUT = "part-put"
    CHUNK_RECORD = "chunk-record"
    ASSEMBLE = "assemble"
    MANIFEST = "manifest"
    COMPLETE = "complete"
    DONE = "done"
    RELAY_SAVE = "relay-save"
    ANSWER = "answer"


class FaultRaised(Exception):
    """WAYBILL_FAULTS asked for this failure."""


class FaultsInvalid(ValueError):
    """WAYBILL_FAULTS is a list of point:action[:hit] with commas between. See docs/faults.md."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What happens at the `hit`-th time, counted in each process, that a point is reached."""

    point: Point
    action: str
    hit: int = 1


class Faults:
    """`once` is a folder in which each fault leaves a mark, so that it strikes once over all
    processes, however often they start again. `trace` is a file to which every process adds a line
    for each point that it reaches."""

    def __init__(
        self, faults: tuple[Fault, ...], once: Path | None = None, trace: Path | None = None
    ) -> None:
        self._faults = {point: [f for f in faults if f.point is point] for point in Point}
        self._once, self._trace = once, trace
        self._hits = dict.fromkeys(Point, 0)
        self._lock = threading.Lock()

    def reach(self, point: Point) -> None:
        if self._trace is not None:
            with self._trace.open("a") as trace:
                trace.write(f"{point} {os.getpid()}\n")
        with self._lock:
            self._hits[point] += 1
            due = [f for f in self._faults[point] if f.hit == self._hits[point]]
        for fault in due:
            if self._may_strike(fault):
                _ACTIONS[fault.action]()

    def _may_strike(self, fault: Fault) -> bool:
        if self._once is None:
            return True
        try:
            (self._once / f"{fault.point}-{fault.action}-{fault.hit}").touch(exist_ok=False)
        except FileExistsError:
            return False
        return True


def parse_faults(text: str) -> tuple[Fault, ...]:
    """Raises `FaultsInvalid`."""
    return tuple(_fault(each.strip()) for each in text.split(",") if each.strip())


def faults_of(environment: Mapping[str, str]) -> Faults | None:
    """What the environment asks for; None when it asks for nothing."""
    faults = parse_faults(environment.get("WAYBILL_FAULTS", ""))
    once = environment.get("WAYBILL_FAULTS_ONCE")
    trace = environment.get("WAYBILL_FAULTS_TRACE")
    if not faults and not trace:
        return None
    return Faults(faults, Path(once) if once else None, Path(trace) if trace else None)


def reach(point: Point) -> None:
    """Says that this process is at the point."""
    if _armed is not None:
        _armed.reach(point)


def _fault(text: str) -> Fault:
    point, _, rest = text.partition(":")
    action, _, hit = rest.partition(":")
    if point not in list(Point) or action not in _ACTIONS or not (hit or "1").isdecimal():
        raise FaultsInvalid(f"{FaultsInvalid.__doc__} It says: {text}")
    return Fault(point=Point(point), action=action, hit=int(hit or "1"))


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _pause() -> None:
    # To this very thread: the process's first one may get to it so late that this one goes on.
    signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)


def _hang() -> None:
    threading.Event().wait()


def _fail() -> None:
    raise FaultRaised


_ACTIONS: dict[str, Callable[[], None]] = {
    "kill": _die,
    "pause": _pause,
    "hang": _hang,
    "raise": _fail,
}
_armed = faults_of(os.environ)
