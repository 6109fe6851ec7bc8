"""The end of the log, followed once per process for everybody who watches.

One thread looks at the log (woken by a notification, and at least every second) and wakes the
streams whose aggregate has something new; each stream then reads the store after its own sequence
number, so a wake-up that is lost, doubled or late can't lose or double an event.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

import structlog

from domain.ports import EventStore, StoreUnavailable
from domain.streams import Tick

POLL = 0.5
"""Seconds between two looks without a notification."""
_BATCH = 1_000
_log = structlog.get_logger(__name__)


@dataclass(eq=False, slots=True)
class Watch:
    """One stream's ear: `heard` is set when its aggregate may have news, `tick` is the newest."""

    aggregate_id: UUID
    loop: asyncio.AbstractEventLoop
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    tick: Tick | None = None

    def wake(self, tick: Tick | None = None) -> None:
        """From any thread. A tick replaces one that nobody has taken yet."""
        try:
            self.loop.call_soon_threadsafe(self._wake, tick)
        except RuntimeError:  # its loop was closed in between: nobody listens
            return

    def take_tick(self) -> Tick | None:
        tick, self.tick = self.tick, None
        return tick

    def _wake(self, tick: Tick | None) -> None:
        self.tick = tick or self.tick
        self.heard.set()


class Tail:
    """`wait(seconds)` returns early when the store was written to; `subscribe` calls a listener
    with every tick that reaches this process and returns how to stop that."""

    def __init__(
        self,
        store: EventStore,
        wait: Callable[[float], object],
        subscribe: Callable[[Callable[[Tick], None]], Callable[[], None]],
    ) -> None:
        self._store = store
        self._wait = wait
        self._subscribe = subscribe
        self._watches: dict[UUID, set[Watch]] = {}
        self._changed = threading.Condition()
        self._closing = False
        self._thread: threading.Thread | None = None
        self._unsubscribe: Callable[[], None] = lambda: None

    def start(self) -> None:
        self._closing = False
        self._unsubscribe = self._subscribe(self._pass_on)
        self._thread = threading.Thread(target=self._follow, name="api-tail", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends every stream. A repeat is no error."""
        with self._changed:
            unsubscribe, self._unsubscribe = self._unsubscribe, lambda: None
            self._closing = True
            self._changed.notify_all()
        unsubscribe()
        self._wake(None)
        if self._thread is not None:
            self._thread.join(timeout=2 * POLL + 1)

    @property
    def closing(self) -> bool:
        return self._closing

    @contextmanager
    def watch(self, aggregate_id: UUID) -> Iterator[Watch]:
        """Registers before the first look, so that nothing falls between the two."""
        watch = Watch(aggregate_id, asyncio.get_running_loop())
        with self._changed:
            self._watches.setdefault(aggregate_id, set()).add(watch)
            self._changed.notify_all()
        try:
            yield watch
        finally:
            with self._changed:
                self._watches[aggregate_id].discard(watch)
                if not self._watches[aggregate_id]:
                    del self._watches[aggregate_id]

    def _follow(self) -> None:
        position: int | None = None
        while True:
            position = position if self._watches else None  # nobody's news isn't read later
            if not self._somebody_watches():
                return
            try:
                position = self._look(position)
                self._wait(POLL)
            except StoreUnavailable:
                _log.warning("the log can't be followed", retry_in=POLL)
                self._pause()
            except Exception as error:  # noqa: BLE001 - its end would silence every stream
                _log.error("following the log failed", error=type(error).__name__)
                self._pause()

    def _look(self, position: int | None) -> int:
        if position is None:
            head = self._store.head()
            self._wake(None)
            return head
        recorded = self._store.log(position, _BATCH)
        for aggregate_id in {each.aggregate_id for each in recorded}:
            self._wake(aggregate_id)
        return recorded[-1].position if recorded else position

    def _somebody_watches(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._closing or bool(self._watches))
            return not self._closing

    def _pause(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._closing, timeout=POLL)

    def _pass_on(self, tick: Tick) -> None:
        for watch in self._watching(tick.export_id):
            watch.wake(tick)

    def _wake(self, aggregate_id: UUID | None) -> None:
        for watch in self._watching(aggregate_id):
            watch.wake()

    def _watching(self, aggregate_id: UUID | None) -> list[Watch]:
        with self._changed:
            if aggregate_id is not None:
                return list(self._watches.get(aggregate_id, ()))
            return [watch for watches in self._watches.values() for watch in watches]
