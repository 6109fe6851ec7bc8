"""The transport of many workers: each subscription is a faust agent with a group of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from threading import Event
from uuid import UUID

from domain.streams import Envelope, Subscription
from infra.database import Pool
from infra.settings import Settings
from infra.streams.consumers import Consumers
from infra.streams.delivery import Delivery
from infra.streams.failures import Failure, describe
from infra.streams.kafka.agents import Agents
from infra.streams.kafka.faust_apps import Consumer, Record
from infra.streams.kafka.messages import dead_letter, unreadable
from infra.streams.kafka.producer import Message, Producer
from infra.streams.kafka.topics import TOPIC_OF
from infra.streams.parking import Parking
from infra.streams.patience import Patience, outlast
from infra.streams.watchdog import Watched
from schemas.cloudevents import NotACloudEvent, from_cloudevent

log = logging.getLogger(__name__)

_DEAD_LETTER_SECONDS = 10.0


class FaustTransport:
    """Runs subscriptions over Kafka's topics in this process. `epoch` is the event store's.
    `failure` is what a subscription stands still for, None while all is well."""

    def __init__(
        self,
        settings: Settings,
        pool: Pool,
        subscriptions: Iterable[Subscription],
        epoch: UUID,
        producer: Producer,
        *,
        patience: Patience | None = None,
        head: Callable[[], int] | None = None,
    ) -> None:
        self._settings = settings
        self._subscriptions = list(subscriptions)
        self._epoch = epoch
        self._producer = producer
        self._consumers = Consumers(pool)
        self._parking = Parking(pool)
        self._patience = patience or Patience()
        self._stopping = Event()
        self._agents = Agents(
            "faust", settings, [self._consumer(s) for s in self._subscriptions], head
        )

    @property
    def watched(self) -> Sequence[Watched]:
        return self._agents.watched

    @property
    def failure(self) -> BaseException | None:
        return self._agents.failure

    def start(self) -> None:
        """Returns when all consume. Raises `EpochChanged`."""
        for subscription in self._subscriptions:
            self._consumers.enter(subscription.name, self._epoch)
        self._agents.start()

    def stop(self, timeout: float) -> bool:
        """Lets every handler finish what it has in hand; True if all did within `timeout`
        seconds. Otherwise the process should end at once: what was in hand is repeated."""
        self._stopping.set()
        return self._agents.stop(timeout)

    def _consumer(self, subscription: Subscription) -> Consumer:
        prefix = self._settings.kafka_prefix
        delivery = Delivery(
            subscription,
            self._epoch,
            self._parking,
            stopping=self._stopping,
            patience=self._patience,
            dead_letters=self._send_dead_letter,
        )

        def receive(record: Record) -> None:
            try:
                envelope = from_cloudevent(record.value)
            except NotACloudEvent as error:
                self._send_unreadable(subscription, record, describe(error))
            else:
                delivery.deliver(envelope)

        return Consumer(
            name=subscription.name,
            in_hand=delivery.in_hand,
            group=f"{prefix}waybill.{subscription.name}",
            topics=[prefix + TOPIC_OF[kind].name for kind in sorted(subscription.kinds)],
            handle=receive,
        )

    def _send_dead_letter(self, subscription: str, envelope: Envelope, failure: Failure) -> None:
        self._publish(dead_letter(subscription, envelope, failure, self._settings.kafka_prefix))

    def _send_unreadable(
        self, subscription: Subscription, record: Record, failure: Failure
    ) -> None:
        """It has no aggregate under which it could be parked, so the dead letter is all of it."""
        log.error("%s can't read %s: %s", subscription.name, record.place, failure.type)
        message = unreadable(
            subscription.name,
            record.place,
            record.key,
            record.value,
            failure,
            self._settings.kafka_prefix,
        )
        outlast(
            lambda: self._publish(message),
            patience=self._patience,
            stopping=self._stopping,
            what=subscription.name,
        )

    def _publish(self, message: Message) -> None:
        self._producer.publish([message], _DEAD_LETTER_SECONDS)
