"""Handing events to a processor: the same for every transport.

Order of what is kept (each step repeatable, so that a crash anywhere only repeats):
1. the handler's own effects,  or  the dead letter, then the row in `parked`;
2. the transport's position.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Event
from typing import Protocol, TypeVar
from uuid import UUID

from domain.streams import Envelope, Kind, Subscription
from infra.streams import lag
from infra.streams.consumers import EpochChanged
from infra.streams.failures import Failure, describe
from infra.streams.in_hand import InHand
from infra.streams.patience import Interrupted, Patience, outlast
from schemas import traces

Result = TypeVar("Result")

log = logging.getLogger(__name__)


class ParkedEvents(Protocol):
    """What `infra.streams.parking.Parking` keeps."""

    def is_parked(self, subscription: str, aggregate_id: UUID) -> bool: ...

    def park(self, subscription: str, envelope: Envelope, failure: Failure) -> None: ...

    def park_behind(self, subscription: str, envelope: Envelope) -> bool: ...

    def release(
        self, subscription: str, aggregate_id: UUID, handle: Callable[[Envelope], None]
    ) -> bool: ...


DeadLetters = Callable[[str, Envelope, Failure], None]
"""Tells the world that this subscription gave up on this event. An outage is waited
out, as for the handler."""


def untold(subscription: str, envelope: Envelope, failure: Failure) -> None:
    """Where nobody listens, the row in `parked` and the log say enough."""


class Delivery:
    """One subscription's way from an envelope to its handler. Safe across threads as long as the
    envelopes of one aggregate come one after the other."""

    def __init__(
        self,
        subscription: Subscription,
        epoch: UUID,
        parked: ParkedEvents,
        *,
        stopping: Event,
        patience: Patience | None = None,
        dead_letters: DeadLetters = untold,
    ) -> None:
        self._subscription = subscription
        self._name = subscription.name
        self._epoch = epoch
        self._parked = parked
        self._stopping = stopping
        self._patience = patience or Patience()
        self._dead_letters = dead_letters
        self.in_hand = InHand()

    def deliver(self, envelope: Envelope) -> None:
        """Returns when the event was handled or parked for good, and only then: the transport may
        then forget it. Raises `Interrupted` and `EpochChanged`, after which it must not."""
        if envelope.epoch != self._epoch:
            raise EpochChanged(self._name)
        with self.in_hand.handling(), _spanned(self._name, envelope):
            if self._queued_behind_others(envelope):
                return
            failure = self._handle(envelope)
            if failure is not None:
                self._park(envelope, failure)

    def _queued_behind_others(self, envelope: Envelope) -> bool:
        key = self._name, envelope.aggregate_id
        return self._outlast(lambda: self._parked.is_parked(*key)) and self._outlast(
            lambda: self._parked.park_behind(self._name, envelope)
        )

    def _handle(self, envelope: Envelope) -> Failure | None:
        tries = 0
        while True:
            try:
                self._outlast(lambda: self._subscription.handle(envelope))
            except Interrupted:
                raise
            except Exception as error:  # noqa: BLE001 - whatever a handler raises is its message's
                tries += 1
                failure = describe(error)
                self._say("could not take", envelope, failure, tries)
                if tries >= self._patience.tries:
                    return failure
                self._pause(tries)
            else:
                return None

    def _park(self, envelope: Envelope, failure: Failure) -> None:
        self._outlast(lambda: self._dead_letters(self._name, envelope, failure))
        self._outlast(lambda: self._parked.park(self._name, envelope, failure))
        lag.parked.labels(self._name).inc()
        self._say("parked", envelope, failure, self._patience.tries)

    def _pause(self, tries: int) -> None:
        self.in_hand.heard()
        if self._stopping.wait(self._patience.before_try(tries)):
            raise Interrupted

    def _outlast(self, action: Callable[[], Result]) -> Result:
        return outlast(
            action,
            patience=self._patience,
            stopping=self._stopping,
            what=self._name,
            heard=self.in_hand.heard,
        )

    def _say(self, what: str, envelope: Envelope, failure: Failure, tries: int) -> None:
        log.error(
            "%s %s %s of %s at position %d after %d tries: %s in %s",
            self._name,
            what,
            envelope.type,
            envelope.aggregate_id,
            envelope.position,
            tries,
            failure.type,
            failure.place,
        )


def _spanned(consumer: str, envelope: Envelope) -> AbstractContextManager[object]:
    return traces.span(
        f"handle {envelope.type}",
        envelope.aggregate_id,
        kind="consumer",
        export=envelope.kind is Kind.EXPORT,
        consumer=consumer,
        position=envelope.position,
        sequence=envelope.version,
    )


def unpark(parked: ParkedEvents, subscription: Subscription, aggregate_id: UUID) -> int:
    """Hands a key's parked events over in order and returns how many; the key is free after the
    last. What the handler raises comes through, and the rest stays parked."""
    count = 0
    while parked.release(subscription.name, aggregate_id, subscription.handle):
        count += 1
    return count
