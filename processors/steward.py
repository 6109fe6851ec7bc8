"""The chores that one process at a time does for all: dispatching, reaping, expiring. Whoever leads
does them; the others stand by."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from processors.dispatch import dispatch
from processors.expire_files import expire_files
from processors.ports import Ports
from processors.reap import reap

log = logging.getLogger(__name__)

_STAND_BY_SECONDS = 1.0
_ROUND_SECONDS = 0.5


class Office(Protocol):
    """See `infra.leadership.Leadership`."""

    def held(self) -> bool: ...

    def resign(self) -> None: ...


class Bell(Protocol):
    """See `infra.store.Wakeups`."""

    def wait(self, timeout: float) -> None: ...

    def close(self) -> None: ...


class Steward:
    """A thread that leads or stands by until it is stopped. `minutely` are further chores, by
    name."""

    def __init__(
        self,
        ports: Ports,
        office: Office,
        bell: Bell,
        minutely: Mapping[str, Callable[[], object]],
    ) -> None:
        self._ports, self._office, self._bell = ports, office, bell
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="steward", daemon=True)
        self._chores = [
            _Chore("reap", 1.0, lambda: reap(ports)),
            _Chore("expire", 5.0, lambda: expire_files(ports)),
            *(_Chore(name, 60.0, action) for name, action in minutely.items()),
        ]

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(timeout=10)

    def _serve(self) -> None:
        while not self._stopping.is_set():
            if self._office.held():
                self._round()
                self._bell.wait(_ROUND_SECONDS)
            else:
                self._stopping.wait(_STAND_BY_SECONDS)
        self._office.resign()
        self._bell.close()

    def _round(self) -> None:
        _safely("dispatch", lambda: dispatch(self._ports.work, self._ports.jobs))
        for chore in self._chores:
            chore.do_if_due()


class _Chore:
    """Something to do every so many seconds."""

    def __init__(self, name: str, seconds: float, action: Callable[[], object]) -> None:
        self._name, self._seconds, self._action = name, seconds, action
        self._due = 0.0

    def do_if_due(self) -> None:
        if time.monotonic() >= self._due:
            _safely(self._name, self._action)
            self._due = time.monotonic() + self._seconds


def _safely(name: str, action: Callable[[], object]) -> None:
    """The database or Kafka may be away; the next round tries again."""
    try:
        action()
    except Exception:
        log.exception("%s failed; it is tried again", name)
