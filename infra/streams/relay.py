"""The relay: carries the event store's log to Kafka, in order and without a gap.

Order of what is kept: Kafka's acknowledgement of a whole batch, then the position. A crash between
the two publishes that batch again. On any error nothing is skipped: everything is let go, the lock
last, and begun again from the saved position, by this relay or by one that stands by.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Protocol
from uuid import UUID

from domain.ports import Recorded
from infra.streams import lag
from infra.streams.consumers import EpochChanged, enter, save
from infra.streams.failures import describe
from infra.streams.kafka.messages import event_message
from infra.streams.kafka.producer import Message
from infra.streams.local import Bell, Log
from infra.streams.patience import Interrupted, Patience, is_outage
from infra.streams.relay_lock import RelayLock, is_held
from schemas import traces

log = logging.getLogger(__name__)

_BATCH = 1000
_POLL = 0.5
_GLANCE = 1.0  # seconds between looks at the lock while Kafka doesn't answer
_MEASURE_EVERY = 1.0


class Publisher(Protocol):
    """The part of `infra.streams.kafka.producer.Producer` that a relay needs."""

    def start(self) -> None: ...

    def begin(self, messages: Sequence[Message]) -> Future[None]: ...

    def stop(self, timeout: float = ...) -> None: ...


class NothingPublished(Exception):
    """No relay holds the lock, so nothing reaches Kafka. Look at the relays' logs."""


class Relay:
    """One of any number; only one of them publishes. `url` is the event store's database,
    `prefix` stands before every topic. `before_saving` is called when a batch is published and
    its position isn't saved yet; `foreign_places` says where on the topics lies what this store
    doesn't hold. `failure` is what ended it; errors of the world don't."""

    def __init__(
        self,
        url: str,
        store: Log,
        bell: Bell,
        publisher: Callable[[], Publisher],
        *,
        prefix: str = "",
        patience: Patience | None = None,
        before_saving: Callable[[], None] = lambda: None,
        foreign_places: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        self._url = url
        self._store = store
        self._bell = bell
        self._publisher = publisher
        self._prefix = prefix
        self._name = f"{prefix}relay"
        self._patience = patience or Patience()
        self._before_saving = before_saving
        self._foreign_places = foreign_places
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="relay", daemon=True)
        self._measured_at = 0.0
        self.failure: Exception | None = None
        self.leading = False
        self.name = self._name
        self.handled = 0
        self._heard_at = time.monotonic()

    @property
    def silent(self) -> float:
        """Seconds without a sign of life while it leads: it looks at the log twice a second."""
        return time.monotonic() - self._heard_at if self.leading else 0.0

    def replace(self) -> bool:
        """A thread that hangs holds the lock and can't be made to let go: the process has to."""
        return False

    def check(self) -> None:
        """Raises `NothingPublished` when neither this relay nor another has the lock."""
        if not self.leading and not is_held(self._url):
            raise NothingPublished

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float) -> bool:
        """True if it has ended within `timeout` seconds."""
        self._stopping.set()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        tries = 0
        while not self._stopping.is_set():
            started_at = time.monotonic()
            try:
                self._wait_and_lead()
            except Interrupted:
                return
            except Exception as error:
                if not is_outage(error):
                    log.exception("the relay has ended")
                    self.failure = error
                    return
                tries = 1 if time.monotonic() - started_at > self._patience.outage else tries + 1
                self._alert(error)
                self._stopping.wait(self._patience.in_outage(tries))

    def _alert(self, error: Exception) -> None:
        failure = describe(error)
        lag.blocked.labels(self._name).set(1)
        log.error("the relay is blocked by %s in %s", failure.type, failure.place)

    def _wait_and_lead(self) -> None:
        with RelayLock(self._url) as lock:
            if not lock.wait(self._stopping, self._stand_by):
                return
            publisher = self._publisher()
            publisher.start()
            self._heard_at = time.monotonic()
            self.leading = True
            try:
                self._lead(lock, publisher)
            except BaseException:
                publisher.stop(0)  # before the lock is free: nothing may be sent after that
                raise
            else:
                publisher.stop()
            finally:
                self.leading = False

    def _stand_by(self) -> None:
        """How far behind Kafka is, is for the one to say that publishes."""
        for gauge in (lag.blocked, lag.positions_behind, lag.seconds_behind):
            gauge.labels(self._name).set(0)

    def _lead(self, lock: RelayLock, publisher: Publisher) -> None:
        epoch = self._store.epoch()
        position = enter(lock.connection, self._name, epoch)
        self._check_life()
        log.info("the relay publishes from position %d", position)
        while not self._stopping.is_set():
            self._heard_at = time.monotonic()
            batch = self._read(position, epoch)
            if batch:
                began = time.time_ns()
                self._publish(batch, epoch, lock, publisher)
                self._before_saving()
                position = batch[-1].position
                save(lock.connection, self._name, epoch, position)
                self.handled += len(batch)
                _note(batch, began)
            lag.blocked.labels(self._name).set(0)
            self._measure(position)
            if len(batch) < _BATCH:
                lock.check()
                self._bell.wait(_POLL)

    def _check_life(self) -> None:
        if places := self._foreign_places():
            log.error("the store doesn't hold the last event of %s", ", ".join(places))
            raise EpochChanged(self._name)

    def _read(self, position: int, epoch: UUID) -> list[Recorded]:
        if self._store.epoch() != epoch:
            raise EpochChanged(self._name)
        return self._store.log(position, _BATCH)

    def _publish(
        self, batch: Sequence[Recorded], epoch: UUID, lock: RelayLock, publisher: Publisher
    ) -> None:
        future = publisher.begin(
            [event_message(recorded, epoch, self._prefix) for recorded in batch]
        )
        started_at = time.monotonic()
        while True:
            try:
                return future.result(_GLANCE)
            except TimeoutError:
                self._still_waiting(batch, lock, time.monotonic() - started_at)

    def _still_waiting(self, batch: Sequence[Recorded], lock: RelayLock, seconds: float) -> None:
        self._heard_at = time.monotonic()
        lag.blocked.labels(self._name).set(1)
        log.error("Kafka has not taken position %d for %.0f s", batch[0].position, seconds)
        lock.check()
        self._measure(batch[0].position - 1)
        if self._stopping.is_set():
            raise Interrupted

    def _measure(self, position: int) -> None:
        if time.monotonic() - self._measured_at > _MEASURE_EVERY:
            self._measured_at = time.monotonic()
            behind = self._store.head() - position
            first = self._store.log(position, 1) if behind > 0 else []
            age = (datetime.now(UTC) - first[0].event.at).total_seconds() if first else 0.0
            lag.positions_behind.labels(self._name).set(behind)
            lag.seconds_behind.labels(self._name).set(max(0.0, age))


def _note(batch: Sequence[Recorded], began: int) -> None:
    """A batch carries events of many traces: each gets its part of it."""
    if traces.wanted():
        for aggregate_id, events in Counter(each.aggregate_id for each in batch).items():
            traces.note(
                "relay batch",
                aggregate_id,
                began,
                kind="producer",
                events=events,
                first_position=batch[0].position,
                last_position=batch[-1].position,
            )
