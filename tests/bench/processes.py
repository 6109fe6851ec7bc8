"""What processes take while something is measured: CPU seconds and resident memory, from /proc.

Samples are taken five times a second, so what a process did in its last fifth is missed. Memory is
what it holds at that moment, not the most that it ever held, which may be of earlier work."""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

_EVERY = 0.2
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """`seconds` of CPU since it began."""

    pid: int
    parent: int
    name: str
    seconds: float
    megabytes: float


Naming = Callable[[Process], str]
"""The group that a process counts to."""


@dataclass(slots=True)
class Use:
    """What groups of processes took: CPU seconds by group, and at every moment looked at the
    resident MB of the largest process of each group, and of all of its processes together."""

    seconds: dict[str, float] = field(default_factory=dict)
    largest: list[dict[str, float]] = field(default_factory=list)
    together: list[dict[str, float]] = field(default_factory=list)

    @property
    def cpu(self) -> float:
        return sum(self.seconds.values())

    def peak(self, *without: str) -> float:
        """The most that any one process held, without those of some groups."""
        groups = {group for moment in self.largest for group in moment}
        return max((self.peak_of(group) for group in groups.difference(without)), default=0.0)

    def peak_of(self, group: str) -> float:
        return max((moment.get(group, 0.0) for moment in self.largest), default=0.0)

    def peak_together(self, *without: str) -> float:
        """The most that all processes held in one moment, without those of some groups. What they
        share, as forked ones do, counts for each: in truth it is less."""
        sums = (
            sum(held for group, held in moment.items() if group not in without)
            for moment in self.together
        )
        return max(sums, default=0.0)


@contextmanager
def watched(roots: Mapping[int, str], naming: Naming | None = None) -> Iterator[Use]:
    """What these processes and all their descendants take while the block lasts; each counts to
    its root's group, or to what `naming` calls it if that isn't empty. Told when it ends."""
    use, ended = Use(), threading.Event()
    watch = _Watch(roots, naming or (lambda process: ""), use)

    def sample() -> None:
        while not ended.wait(_EVERY):
            watch.look()

    watch.look()
    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    try:
        yield use
    finally:
        ended.set()
        thread.join()
        watch.look()
        watch.add_up()


def everyone() -> Iterator[Process]:
    """All processes of this machine."""
    for name in os.listdir("/proc"):  # noqa: PTH208 - four times as fast, and it is asked all the time
        if name.isdigit() and (process := look_at(int(name))):
            yield process


def server_of(url: str) -> int | None:
    """The process of the PostgreSQL server behind this URL, if it is one of this machine."""
    with psycopg.connect(url) as connection:
        process = look_at(connection.info.backend_pid)
    return process.parent if process and process.name == "postgres" else None


def title(pid: int) -> str:
    """How a process calls itself: PostgreSQL's tell their database there."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ").strip()
    return ""


class _Watch:
    def __init__(self, roots: Mapping[int, str], naming: Naming, use: Use) -> None:
        self._roots = roots
        self._naming = naming
        self._use = use
        self._first: dict[int, float] | None = None
        self._last: dict[int, tuple[str, float]] = {}

    def look(self) -> None:
        family = list(self._family())
        if self._first is None:
            self._first = {process.pid: process.seconds for _, process in family}
        largest: defaultdict[str, float] = defaultdict(float)
        together: defaultdict[str, float] = defaultdict(float)
        for group, process in family:
            self._last[process.pid] = group, process.seconds
            largest[group] = max(largest[group], process.megabytes)
            together[group] += process.megabytes
        self._use.largest.append(dict(largest))
        self._use.together.append(dict(together))

    def add_up(self) -> None:
        sums: defaultdict[str, float] = defaultdict(float)
        for pid, (group, seconds) in self._last.items():
            sums[group] += seconds - (self._first or {}).get(pid, 0.0)
        self._use.seconds = dict(sums)

    def _family(self) -> Iterator[tuple[str, Process]]:
        family = {process.pid: process for process in everyone()}
        for process in family.values():
            if (root := self._root(process, family)) is not None:
                yield self._naming(process) or root, process

    def _root(self, process: Process, family: Mapping[int, Process]) -> str | None:
        found: Process | None = process
        while found is not None:
            if found.pid in self._roots:
                return self._roots[found.pid]
            found = family.get(found.parent)
        return None


def look_at(pid: int) -> Process | None:
    """None if it has ended. See proc_pid_stat(5): the name stands in parentheses and may hold
    some itself."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:  # noqa: PTH123
            before, _, after = file.read().rpartition(") ")
    except OSError:
        return None
    fields = after.split()
    return Process(
        pid=pid,
        parent=int(fields[1]),
        name=before.partition("(")[2],
        seconds=(int(fields[11]) + int(fields[12])) / _TICKS,
        megabytes=int(fields[21]) * _PAGE_MB,
    )
