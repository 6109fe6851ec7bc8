"""The transports' contract over the event store's own log and over real Kafka."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext
from uuid import uuid4

import pytest
from pydantic import SecretStr

from domain.ports import Recorded
from domain.streams import JobMessage, Subscription
from infra.database import Pool, migrate, open_pool
from infra.settings import Settings
from infra.store import EventStoreOnPostgresql, Wakeups
from infra.streams.kafka.jobs import KafkaJobs
from infra.streams.kafka.messages import event_message
from infra.streams.kafka.producer import Producer
from infra.streams.kafka.ticks import KafkaTicks
from infra.streams.kafka.topics import ensure_topics
from infra.streams.kafka.transport import FaustTransport
from infra.streams.local import LocalTransport
from infra.streams.local_jobs import LocalJobs
from infra.streams.local_ticks import LocalTicks
from infra.streams.relay import Relay
from tests.contract.transport_contract import (
    IMPATIENT,
    REQUESTED,
    EventTransport,
    JobTransport,
    Running,
    TickTransport,
    TransportContract,
    new_export,
)


class LocalStage:
    def __init__(self, url: str, store: EventStoreOnPostgresql, pool: Pool) -> None:
        self.store = store
        self.pool = pool
        self.consumer_program = [url, "", ""]
        self.bells = ExitStack()

    def transport(self, *subscriptions: Subscription) -> EventTransport:
        bell = self.bells.enter_context(self.store.listen())
        return LocalTransport(self.store, self.pool, subscriptions, bell, patience=IMPATIENT)

    def jobs(self, run: Callable[[JobMessage], None]) -> JobTransport:
        return LocalJobs(run, capacity=2)

    def ticks(self) -> AbstractContextManager[TickTransport]:
        return nullcontext(LocalTicks())

    def meet_another_epoch(self) -> None:
        self.store.new_epoch()
        new_export(self)


class KafkaStage:
    """With a relay that publishes what the store gets."""

    def __init__(
        self, settings: Settings, store: EventStoreOnPostgresql, pool: Pool, producer: Producer
    ) -> None:
        self.store = store
        self.pool = pool
        self._settings = settings
        self._producer = producer
        assert settings.database_url is not None
        self.consumer_program = [
            settings.database_url.get_secret_value(),
            settings.kafka_bootstrap,
            settings.kafka_prefix,
        ]

    def transport(self, *subscriptions: Subscription) -> EventTransport:
        return FaustTransport(
            self._settings,
            self.pool,
            subscriptions,
            self.store.epoch(),
            self._producer,
            patience=IMPATIENT,
        )

    def jobs(self, run: Callable[[JobMessage], None]) -> JobTransport:
        return KafkaJobs(self._settings, self._producer, run)

    @contextmanager
    def ticks(self) -> Iterator[TickTransport]:
        ticks = KafkaTicks(self._settings)
        ticks.start()
        yield ticks
        ticks.stop()

    def meet_another_epoch(self) -> None:
        recorded = Recorded(position=1, aggregate_id=uuid4(), version=1, event=REQUESTED)
        message = event_message(recorded, uuid4(), self._settings.kafka_prefix)
        self._producer.publish([message], 10)


class TestLocalTransport(TransportContract):
    @pytest.fixture
    def stage(self, database_url: str) -> Iterator[LocalStage]:
        migrate(database_url)
        with (
            EventStoreOnPostgresql(database_url) as store,
            closing(open_pool(database_url)) as pool,
        ):
            stage = LocalStage(database_url, store, pool)
            with stage.bells:
                yield stage


class TestKafkaTransport(TransportContract):
    @pytest.fixture
    def stage(
        self, database_url: str, kafka_bootstrap: str, topic_prefix: str
    ) -> Iterator[KafkaStage]:
        migrate(database_url)
        settings = Settings(
            database_url=SecretStr(database_url),
            kafka_bootstrap=kafka_bootstrap,
            kafka_prefix=topic_prefix,
        )
        ensure_topics(settings)
        producer = Producer(settings, "test")
        producer.start()
        with (
            EventStoreOnPostgresql(database_url) as store,
            closing(open_pool(database_url)) as pool,
            store.listen() as bell,
            Running(_relay(settings, store, bell)),
        ):
            yield KafkaStage(settings, store, pool, producer)
        producer.stop()


def _relay(settings: Settings, store: EventStoreOnPostgresql, bell: Wakeups) -> Relay:
    assert settings.database_url is not None
    return Relay(
        settings.database_url.get_secret_value(),
        store,
        bell,
        lambda: Producer(settings, "relay"),
        prefix=settings.kafka_prefix,
        patience=IMPATIENT,
    )
