"""Progress ticks inside one process: whoever publishes calls whoever watches."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Lock

from domain.streams import Tick

log = logging.getLogger(__name__)

Watcher = Callable[[Tick], None]
Unsubscribe = Callable[[], None]


class LocalTicks:
    """Satisfies `domain.streams.Ticks`. A watcher is called in the publisher's thread and must
    return at once."""

    def __init__(self) -> None:
        self._watchers: dict[object, Watcher] = {}
        self._lock = Lock()

    def publish(self, tick: Tick) -> None:
        with self._lock:
            watchers = list(self._watchers.values())
        for watcher in watchers:
            _call(watcher, tick)

    def subscribe(self, watcher: Watcher) -> Unsubscribe:
        """Calls `watcher` with each tick from now on, until the returned function is called."""
        key = object()
        with self._lock:
            self._watchers[key] = watcher

        def unsubscribe() -> None:
            with self._lock:
                self._watchers.pop(key, None)

        return unsubscribe


def _call(watcher: Watcher, tick: Tick) -> None:
    try:
        watcher(tick)
    except Exception:
        log.exception("somebody who watches ticks failed")
