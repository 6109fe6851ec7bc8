"""The chores that one process at a time does for all: dispatching, reaping, expiring, sweeping.
Whoever leads does them; the others stand by. Each has a thread of its own, so that a small export
is dispatched while a large one's files are being destroyed. All can be done twice: a leader that
was replaced while it was stopped does no harm when it goes on."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from processors import metrics
from processors.dispatch import dispatch
from processors.error_places import described
from processors.expire_files import expire_files
from processors.find_lost import LostExports
from processors.ports import Ports
from processors.reap import look_again, recover
from processors.sweep_orphans import sweep_leftovers, sweep_orphans

log = logging.getLogger(__name__)

_STAND_BY_SECONDS = 1.0
_ROUND_SECONDS = 0.5
_STOP_SECONDS = 10.0
_RETURN_SECONDS = 5.0
"""How long a worker may take to notice that the database is back."""


class Office(Protocol):
    """See `infra.leadership.Leadership`."""

    def held(self) -> bool: ...

    def resign(self) -> None: ...


class Bell(Protocol):
    """See `infra.store.Wakeups`."""

    def wait(self, timeout: float) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Chore:
    """Something to do every so many seconds, by one who has led for `after` seconds."""

    name: str
    seconds: float
    action: Callable[[], object]
    after: float = 0.0


class Steward:
    """Leads or stands by until it is stopped. `often` are further chores, by name."""

    def __init__(
        self,
        ports: Ports,
        office: Office,
        bell: Bell,
        often: Mapping[str, Callable[[], object]],
    ) -> None:
        self._ports, self._office, self._bell = ports, office, bell
        self._stopping = threading.Event()
        self._led_since: float | None = None
        everything = [*_chores(ports, self._led_for), *(_often(*each) for each in often.items())]
        self._threads = [
            threading.Thread(target=self._serve, name="steward", daemon=True),
            *(
                threading.Thread(target=self._tend, args=(chore,), name=chore.name, daemon=True)
                for chore in everything
            ),
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Waits for what is being done, but not for long."""
        self._stopping.set()
        deadline = time.monotonic() + _STOP_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _serve(self) -> None:
        while not self._stopping.is_set():
            _safely("leading", self._lead_or_stand_by)
        self._office.resign()
        self._bell.close()

    def _lead_or_stand_by(self) -> None:
        if self._office.held():
            if self._led_since is None:
                self._led_since = time.monotonic()
            _safely("dispatch", lambda: dispatch(self._ports.work, self._ports.jobs))
            self._bell.wait(_ROUND_SECONDS)
        else:
            self._led_since = None
            metrics.show_queue({})
            self._stopping.wait(_STAND_BY_SECONDS)

    def _led_for(self) -> float:
        since = self._led_since
        return 0.0 if since is None else time.monotonic() - since

    def _tend(self, chore: Chore) -> None:
        while not self._stopping.wait(chore.seconds):
            if self._led_since is not None and self._led_for() >= chore.after:
                with metrics.chores.labels(chore.name).time():
                    _safely(chore.name, chore.action)


def _chores(ports: Ports, led_for: Callable[[], float]) -> list[Chore]:
    def show_queue() -> None:
        metrics.show_queue(ports.work.depths())

    return [
        Chore(
            name="recover",
            seconds=1.0,
            action=lambda: recover(ports),
            # Perhaps the database was away for all: the workers get time to say they are alive.
            after=ports.limits.lease_seconds + _RETURN_SECONDS,
        ),
        Chore(name="look again", seconds=5.0, action=lambda: look_again(ports, led_for())),
        # Neither at once, as a new export is unknown for a moment, nor seldom, as an export waits.
        Chore(name="find lost", seconds=30.0, action=LostExports(ports).find, after=5.0),
        Chore(name="expire", seconds=5.0, action=lambda: expire_files(ports)),
        Chore(name="sweep orphans", seconds=10.0, action=lambda: sweep_orphans(ports)),
        Chore(name="sweep leftovers", seconds=900.0, action=lambda: sweep_leftovers(ports)),
        Chore(name="show queue", seconds=5.0, action=show_queue),
    ]


def _often(name: str, action: Callable[[], object]) -> Chore:
    return Chore(name=name, seconds=10.0, action=action)


def _safely(name: str, action: Callable[[], object]) -> None:
    """The database or Kafka may be away; the next round tries again."""
    try:
        action()
    except Exception as error:  # noqa: BLE001 - whatever it is, the next round meets it again
        log.error("%s failed; it is tried again: %s", name, described(error))  # noqa: TRY400
