"""Delivery without a transport: tries, parking, order per key, epochs."""

from __future__ import annotations

import logging
from threading import Event, Timer
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.ports import StoreUnavailable
from domain.streams import Envelope, Kind, Subscription
from infra.streams.consumers import EpochChanged
from infra.streams.delivery import Delivery, unpark
from infra.streams.failures import Failure
from infra.streams.patience import Interrupted, Patience
from tests.export_commands import AT
from tests.unit.infra.streams.fakes_parking import FakeParking

EPOCH = uuid4()
QUICK = Patience(tries=3, first=0.001, longest=0.002, outage=0.002)
SECRET = "Frau Müller's 4711"


class Handler:
    """Refuses positions as often as told, and remembers what it took."""

    def __init__(self) -> None:
        self.refusals: dict[int, list[Exception]] = {}
        self.tried: list[int] = []
        self.taken: list[int] = []

    def refuse(self, position: int, error: Exception, times: int = 10**6) -> None:
        self.refusals[position] = [error] * times

    def __call__(self, envelope: Envelope) -> None:
        self.tried.append(envelope.position)
        if self.refusals.get(envelope.position):
            raise self.refusals[envelope.position].pop()
        self.taken.append(envelope.position)


class Scene:
    def __init__(self, **changes: Any) -> None:
        self.handler = Handler()
        self.parking = FakeParking()
        self.letters: list[tuple[str, int, Failure]] = []
        self.stopping = Event()
        self.subscription = Subscription(
            name="plan", kinds=frozenset({Kind.EXPORT}), handle=self.handler
        )
        values: dict[str, Any] = {"patience": QUICK, "dead_letters": self._tell} | changes
        self.delivery = Delivery(
            self.subscription, EPOCH, self.parking, stopping=self.stopping, **values
        )

    def _tell(self, subscription: str, envelope: Envelope, failure: Failure) -> None:
        self.letters.append((subscription, envelope.position, failure))


A, B = uuid4(), uuid4()


def envelope(position: int, key: UUID = A, epoch: UUID = EPOCH) -> Envelope:
    return Envelope(
        position=position,
        epoch=epoch,
        kind=Kind.EXPORT,
        aggregate_id=key,
        version=position,
        type="export.paused.v1",
        at=AT,
        data={},
    )


def test_a_handled_event_leaves_no_trace() -> None:
    scene = Scene()
    scene.delivery.deliver(envelope(1))
    assert scene.handler.taken == [1]
    assert not scene.parking.lists
    assert not scene.letters


def test_an_error_that_passes_is_only_tried_again() -> None:
    scene = Scene()
    scene.handler.refuse(1, ValueError(), times=QUICK.tries - 1)
    scene.delivery.deliver(envelope(1))
    assert scene.handler.tried == [1, 1, 1]
    assert not scene.parking.lists


def test_an_event_that_is_refused_again_and_again_is_parked_and_told() -> None:
    scene = Scene()
    scene.handler.refuse(1, ValueError(SECRET))
    scene.delivery.deliver(envelope(1))
    assert scene.handler.tried == [1] * QUICK.tries
    assert list(scene.parking.lists["plan", A]) == [1]
    ((subscription, position, failure),) = scene.letters
    assert (subscription, position, failure.type) == ("plan", 1, "ValueError")
    assert failure.place.startswith("tests.unit.infra.streams.test_delivery:")


def test_later_events_of_a_parked_key_queue_behind_it_and_other_keys_go_on() -> None:
    scene = Scene()
    scene.handler.refuse(1, ValueError())
    for each in (envelope(1), envelope(2, B), envelope(3), envelope(4, B), envelope(3)):
        scene.delivery.deliver(each)
    assert scene.handler.taken == [2, 4]
    assert list(scene.parking.lists["plan", A]) == [1, 3]
    assert len(scene.letters) == 1


def test_releasing_hands_over_in_order_and_frees_the_key() -> None:
    scene = Scene()
    scene.handler.refuse(1, ValueError(), times=QUICK.tries)
    for position in (1, 2, 3):
        scene.delivery.deliver(envelope(position))
    assert unpark(scene.parking, scene.subscription, A) == 3
    scene.delivery.deliver(envelope(4))
    assert scene.handler.taken == [1, 2, 3, 4]
    assert unpark(scene.parking, scene.subscription, A) == 0


def test_a_key_that_was_freed_meanwhile_is_handled_and_not_queued() -> None:
    scene = Scene()
    scene.parking.is_parked = lambda *_: True  # type: ignore[method-assign] # a stale answer
    scene.delivery.deliver(envelope(1))
    assert scene.handler.taken == [1]
    assert not scene.parking.lists


def test_a_database_that_is_away_parks_nothing_however_long() -> None:
    scene = Scene()
    scene.handler.refuse(1, StoreUnavailable(), times=20)
    scene.parking.failing = [psycopg.OperationalError()] * 20
    scene.delivery.deliver(envelope(1))
    assert scene.handler.taken == [1]
    assert not scene.parking.lists


def test_a_database_that_goes_away_while_an_event_is_parked_is_waited_for() -> None:
    scene = Scene()
    scene.handler.refuse(1, ValueError())
    scene.delivery = Delivery(
        scene.subscription,
        EPOCH,
        scene.parking,
        stopping=scene.stopping,
        patience=QUICK,
        dead_letters=lambda *_: scene.parking.failing.extend([psycopg.OperationalError()] * 20),
    )
    scene.delivery.deliver(envelope(1))
    assert list(scene.parking.lists["plan", A]) == [1]


def test_a_stop_interrupts_the_waiting_for_an_outage() -> None:
    scene = Scene(patience=Patience(first=30, outage=30))
    scene.handler.refuse(1, StoreUnavailable())
    Timer(0.05, scene.stopping.set).start()
    with pytest.raises(Interrupted):
        scene.delivery.deliver(envelope(1))


def test_a_stop_interrupts_the_tries_and_parks_nothing() -> None:
    scene = Scene(patience=Patience(first=30, longest=30))
    scene.handler.refuse(1, ValueError())
    Timer(0.05, scene.stopping.set).start()
    with pytest.raises(Interrupted):
        scene.delivery.deliver(envelope(1))
    assert not scene.parking.lists


def test_an_event_of_another_epoch_is_not_handled() -> None:
    scene = Scene()
    with pytest.raises(EpochChanged, match="plan"):
        scene.delivery.deliver(envelope(1, epoch=uuid4()))
    assert scene.handler.tried == []


def test_the_text_of_an_error_is_never_logged(caplog: pytest.LogCaptureFixture) -> None:
    scene = Scene()
    scene.handler.refuse(1, ValueError(SECRET))
    with caplog.at_level(logging.DEBUG):
        scene.delivery.deliver(envelope(1))
    assert "ValueError in tests.unit.infra.streams.test_delivery:" in caplog.text
    assert SECRET not in caplog.text
