"""Notices a consumer that hangs, and replaces it.

A handler that never returns can't be ended: its thread is left behind and the event is given to a
new one, which is safe, as a handler may meet an event twice. Whatever hangs again and again is
replaced at growing intervals, so that it makes no storm, and readiness says so.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from infra.streams import lag

log = logging.getLogger(__name__)

_LOOKS = 8  # in the time that a consumer may be silent
_LONGEST_LOOK = 5.0
_DOUBLINGS = 5
RESTARTS = 3
"""So many in a row without any progress, and the process is not ready."""


class ConsumersStalled(Exception):
    """A consumer hangs at an event, also after it was replaced. Its log lines name it; look what
    its handler waits for, and restart this process."""


class ProcessHangs(Exception):
    """A consumer hangs and can't be replaced within this process. It has to be started again."""


class Watched(Protocol):
    """A consumer as the watchdog sees it. `handled` counts its progress, `silent` is the seconds
    that it has shown no sign of life though it has work."""

    @property
    def name(self) -> str: ...

    @property
    def handled(self) -> int: ...

    @property
    def silent(self) -> float: ...

    def replace(self) -> bool:
        """False when that can't be done here."""


@dataclass(slots=True)
class _Record:
    restarts: int = 0
    handled: int = 0
    at: float = 0.0


class Watchdog:
    """Looks from `start` to `stop`. `failure` is what only a new process cures."""

    def __init__(self, consumers: Iterable[Watched], patience: float) -> None:
        self._consumers = list(consumers)
        self._patience = patience
        self._records = {each.name: _Record() for each in self._consumers}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        self.failure: ProcessHangs | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float) -> bool:
        self._stopping.set()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def check(self) -> None:
        """Raises `ConsumersStalled` while replacing has not helped."""
        if self.failure is not None or any(
            record.restarts >= RESTARTS for record in self._records.values()
        ):
            raise ConsumersStalled

    def _watch(self) -> None:
        while not self._stopping.wait(min(_LONGEST_LOOK, self._patience / _LOOKS)):
            for consumer in self._consumers:
                try:
                    self._look(consumer, self._records[consumer.name])
                except Exception:
                    log.exception("the watchdog could not look at %s", consumer.name)

    def _look(self, consumer: Watched, record: _Record) -> None:
        silent, handled = consumer.silent, consumer.handled
        lag.silent.labels(consumer.name).set(silent)
        if handled > record.handled and silent < self._patience:
            record.restarts = 0
        record.handled = handled
        if silent > self._patience and time.monotonic() > record.at + self._pause(record):
            self._replace(consumer, record, silent)

    def _pause(self, record: _Record) -> float:
        """Before the next replacement, from the last one."""
        return self._patience * 2.0 ** min(record.restarts, _DOUBLINGS) if record.restarts else 0.0

    def _replace(self, consumer: Watched, record: _Record, silent: float) -> None:
        record.restarts += 1
        record.at = time.monotonic()
        lag.restarts.labels(consumer.name).inc()
        log.error(
            "%s has hung for %.0f s and is replaced (time %d in a row)",
            consumer.name,
            silent,
            record.restarts,
        )
        if not consumer.replace():
            self.failure = ProcessHangs()
