"""The transport of the embedded default: every subscription reads the event store's own log.

One thread a subscription, so that a slow one holds nobody up, and one that waits for the store's
bell. A position is saved after what it stands for was handled: a crash repeats the last moments.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from threading import Event, Thread
from typing import Protocol, TypeVar
from uuid import UUID

from domain.ports import Recorded
from domain.streams import Subscription
from infra.database import Pool
from infra.streams import lag
from infra.streams.consumers import Consumers, EpochChanged
from infra.streams.delivery import Delivery
from infra.streams.parking import Parking
from infra.streams.patience import Interrupted, Patience, outlast
from infra.streams.watchdog import Watched
from schemas.public import to_envelope

Result = TypeVar("Result")

log = logging.getLogger(__name__)

_BATCH = 500
_POLL = 1.0
_SAVE_EVERY = 0.5
_MEASURE_EVERY = 1.0


class Log(Protocol):
    """The part of `domain.ports.EventStore` that a transport reads."""

    def log(self, after: int, limit: int) -> list[Recorded]: ...

    def head(self) -> int: ...

    def epoch(self) -> UUID: ...


class Bell(Protocol):
    """Rings when something was stored; may miss a ring."""

    def wait(self, timeout: float) -> None: ...


class LocalTransport:
    """Runs subscriptions over the log in this process.

    `failure` is what ended a subscription, None while all is well; errors of the world are waited
    out and don't end one."""

    def __init__(
        self,
        store: Log,
        pool: Pool,
        subscriptions: Iterable[Subscription],
        bell: Bell,
        *,
        patience: Patience | None = None,
    ) -> None:
        self._stopping = Event()
        self._measured_at = 0.0
        self._bell = bell
        consumers, parking = Consumers(pool), Parking(pool)

        def reader(subscription: Subscription) -> _Reader:
            waits = patience or Patience()
            return _Reader(store, subscription, consumers, parking, self._stopping, waits)

        self._places = [_Place(partial(reader, each)) for each in subscriptions]
        self._ringing = Thread(target=self._ring, name="bell", daemon=True)

    @property
    def failure(self) -> Exception | None:
        return next((each.reader.failure for each in self._places if each.reader.failure), None)

    @property
    def watched(self) -> Sequence[Watched]:
        return self._places

    def start(self) -> None:
        """Goes on where the last run ended. Raises `EpochChanged`."""
        for place in self._places:
            place.reader.enter()
        for thread in self._threads():
            thread.start()

    def stop(self, timeout: float) -> bool:
        """Lets every handler finish what it has in hand; True if all did within `timeout`
        seconds. Otherwise the process should end: what was in hand is repeated."""
        self._stopping.set()
        self._wake()
        deadline = time.monotonic() + timeout
        threads = [*self._threads(), *(each for place in self._places for each in place.left)]
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in threads)

    def _threads(self) -> list[Thread]:
        return [*(place.reader.thread for place in self._places), self._ringing]

    def _ring(self) -> None:
        while not self._stopping.is_set():
            try:
                self._bell.wait(_POLL / 2)
            except Exception:
                log.exception("the bell of the event store is broken; the log is polled")
                self._stopping.wait(_POLL)
            self._wake()
            self._measure()

    def _measure(self) -> None:
        if time.monotonic() < self._measured_at + _MEASURE_EVERY:
            return
        self._measured_at = time.monotonic()
        for place in self._places:
            try:
                place.reader.measure()
            except Exception as error:  # noqa: BLE001 - measuring must end nothing
                log.warning("%s can't be measured: %s", place.name, type(error).__name__)

    def _wake(self) -> None:
        for place in self._places:
            place.reader.woken.set()


class _Place:
    """A subscription's reader, which can be replaced by another."""

    def __init__(self, make: Callable[[], _Reader]) -> None:
        self._make = make
        self.reader = make()
        self.left: list[Thread] = []

    @property
    def name(self) -> str:
        return self.reader.name

    @property
    def handled(self) -> int:
        return self.reader.handled

    @property
    def silent(self) -> float:
        return self.reader.silent

    def replace(self) -> bool:
        """The event in hand comes again: its position was not saved."""
        old, new = self.reader, self._make()
        new.enter()  # the database may be away: the old one is kept then
        old.abandoned = True
        self.left = [*(thread for thread in self.left if thread.is_alive()), old.thread]
        self.reader = new
        new.thread.start()
        return True


class _Reader:
    """One subscription's thread and its place in the log."""

    def __init__(
        self,
        store: Log,
        subscription: Subscription,
        consumers: Consumers,
        parking: Parking,
        stopping: Event,
        patience: Patience,
    ) -> None:
        self._store = store
        self._subscription = subscription
        self._name = subscription.name
        self._consumers = consumers
        self._parking = parking
        self._stopping = stopping
        self._patience = patience
        self.failure: Exception | None = None
        self.abandoned = False
        self.name = subscription.name
        self.woken = Event()
        self.thread = Thread(target=self._run, name=self._name, daemon=True)

    @property
    def handled(self) -> int:
        return self._delivery.in_hand.handled

    @property
    def silent(self) -> float:
        return self._delivery.in_hand.silent

    def enter(self) -> None:
        self._epoch = self._store.epoch()
        self._position = self._saved = self._consumers.enter(self._name, self._epoch)
        self._saved_at = time.monotonic()
        self._delivery = Delivery(
            self._subscription,
            self._epoch,
            self._parking,
            stopping=self._stopping,
            patience=self._patience,
        )

    def _run(self) -> None:
        try:
            while not self._ended():
                self._step()
            if not self.abandoned:
                self._save()
        except Interrupted:
            log.info("%s stopped while it waited for something", self._name)
        except Exception as error:  # never skipped: somebody has to look
            log.exception("%s has ended at position %d", self._name, self._position)
            self.failure = error

    def _ended(self) -> bool:
        return self.abandoned or self._stopping.is_set()

    def measure(self) -> None:
        """From any thread, as this one may hang."""
        behind = self._store.head() - self._position
        first = self._store.log(self._position, 1) if behind > 0 else []
        lag.positions_behind.labels(self._name).set(behind)
        age = (datetime.now(UTC) - first[0].event.at).total_seconds() if first else 0.0
        lag.seconds_behind.labels(self._name).set(max(0.0, age))

    def _step(self) -> None:
        self.woken.clear()
        batch = self._outlast(self._read)
        self._deliver(batch)
        if not self.abandoned and time.monotonic() - self._saved_at > _SAVE_EVERY:
            self._outlast(self._save)
        if len(batch) < _BATCH:
            self.woken.wait(_POLL)

    def _read(self) -> Sequence[Recorded]:
        if self._store.epoch() != self._epoch:
            raise EpochChanged(self._name)
        return self._store.log(self._position, _BATCH)

    def _deliver(self, batch: Sequence[Recorded]) -> None:
        for recorded in batch:
            if self._ended():
                return
            envelope = to_envelope(recorded, self._epoch)
            if envelope.kind in self._subscription.kinds:
                self._delivery.deliver(envelope)
            self._position = recorded.position

    def _save(self) -> None:
        self._saved_at = time.monotonic()
        if self._position != self._saved:
            self._consumers.save(self._name, self._epoch, self._position)
            self._saved = self._position

    def _outlast(self, action: Callable[[], Result]) -> Result:
        return outlast(action, patience=self._patience, stopping=self._stopping, what=self._name)
