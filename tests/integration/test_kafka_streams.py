"""What only Kafka brings: topics, dead letters, brokers that don't answer."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from domain.ports import Recorded
from domain.streams import Envelope, Kind, Subscription, Tick
from infra.database import Pool, migrate, open_pool
from infra.free_ports import free_port
from infra.settings import Settings
from infra.streams import lag
from infra.streams.kafka.group_lag import GroupLags
from infra.streams.kafka.jobs import KafkaJobs
from infra.streams.kafka.loop_thread import LoopThread
from infra.streams.kafka.messages import event_message, read_job
from infra.streams.kafka.producer import KafkaUnavailable, Message, Producer
from infra.streams.kafka.ticks import KafkaTicks
from infra.streams.kafka.topics import (
    CHUNK_JOBS,
    DEAD_LETTERS,
    EXPORTS,
    PROGRESS,
    TOPICS,
    TopicsNotMade,
    ensure_topics,
)
from infra.streams.kafka.transport import FaustTransport
from infra.streams.parking import Parking
from infra.streams.watchdog import Watchdog
from schemas.cloudevents import from_cloudevent
from tests.contract.transport_contract import (
    IMPATIENT,
    PAUSED,
    REQUESTED,
    SECRET,
    Recorder,
    Running,
    job_of,
    subscription,
    told,
    until,
)
from tests.export_commands import AT

TICK = Tick(export_id=uuid4(), attempt=1, rows=5, size=99, at=AT)


@pytest.fixture
def settings(kafka_bootstrap: str, topic_prefix: str) -> Settings:
    settings = Settings(kafka_bootstrap=kafka_bootstrap, kafka_prefix=topic_prefix)
    assert len(ensure_topics(settings)) == len(TOPICS)
    return settings


@pytest.fixture
def producer(settings: Settings) -> Iterator[Producer]:
    producer = Producer(settings, "test")
    producer.start()
    yield producer
    producer.stop()


@pytest.fixture
def pool(database_url: str) -> Iterator[Pool]:
    migrate(database_url)
    with closing(open_pool(database_url)) as pool:
        yield pool


def test_topics_are_made_once_with_their_retention(settings: Settings) -> None:
    assert ensure_topics(settings) == []
    kept = asyncio.run(_retention(settings, [EXPORTS.name, PROGRESS.name, CHUNK_JOBS.name]))
    assert kept == {EXPORTS.name: "-1", PROGRESS.name: "60000", CHUNK_JOBS.name: "86400000"}


def test_topics_that_kafka_refuses_are_an_error() -> None:
    with pytest.raises(TopicsNotMade, match="WAYBILL_KAFKA_BOOTSTRAP"):
        ensure_topics(Settings(kafka_bootstrap=f"127.0.0.1:{free_port()}"))


def test_topics_with_a_wrong_name_are_an_error(settings: Settings) -> None:
    wrong = settings.model_copy(update={"kafka_prefix": "no spaces!"})
    with pytest.raises(TopicsNotMade, match="InvalidTopic"):
        ensure_topics(wrong)


def test_a_producer_says_when_kafka_does_not_answer() -> None:
    producer = Producer(Settings(kafka_bootstrap=f"127.0.0.1:{free_port()}"), "test")
    producer.start()
    with pytest.raises(KafkaUnavailable, match="WAYBILL_KAFKA_BOOTSTRAP"):
        producer.publish([Message(topic="t", key=b"k", value=b"v")], 10)
    producer.stop()


def test_what_nobody_can_read_becomes_a_dead_letter_and_the_rest_goes_on(
    settings: Settings, pool: Pool, producer: Producer
) -> None:
    recorder = Recorder()
    epoch = uuid4()
    key = uuid4()
    topic = settings.kafka_prefix + EXPORTS.name
    garbage = Message(topic=topic, key=str(key).encode(), value=b"\xffgarbage")
    recorded = Recorded(position=1, aggregate_id=key, version=1, event=REQUESTED)
    good = event_message(recorded, epoch, settings.kafka_prefix)
    transport = FaustTransport(settings, pool, [subscription(recorder)], epoch, producer)
    with Running(transport):
        producer.publish([garbage, good], 10)
        until(lambda: recorder.seen)
        assert transport.failure is None
    (letter,) = asyncio.run(_read(settings, DEAD_LETTERS.name, 1))
    assert letter.value == b"\xffgarbage"
    assert dict(letter.headers)["waybill-subscription"] == b"recorder"
    assert dict(letter.headers)["waybill-place"].startswith(topic.encode())
    assert dict(letter.headers)["waybill-error"] == b"schemas.cloudevents.NotACloudEvent"


def test_a_parked_event_is_a_dead_letter_without_the_errors_text(
    settings: Settings, pool: Pool, producer: Producer
) -> None:
    def refuse(_: Envelope) -> None:
        raise ValueError(SECRET)

    epoch = uuid4()
    recorded = Recorded(position=1, aggregate_id=uuid4(), version=1, event=REQUESTED)
    refusing = Subscription(name="refusing", kinds=frozenset({Kind.EXPORT}), handle=refuse)
    transport = FaustTransport(settings, pool, [refusing], epoch, producer, patience=IMPATIENT)
    with Running(transport):
        producer.publish([event_message(recorded, epoch, settings.kafka_prefix)], 10)
        until(lambda: Parking(pool).parked_keys())
    (letter,) = asyncio.run(_read(settings, DEAD_LETTERS.name, 1))
    assert from_cloudevent(letter.value).aggregate_id == recorded.aggregate_id
    assert dict(letter.headers)["waybill-error"] == b"ValueError"
    assert SECRET not in str(letter)


def test_an_agent_that_silently_fetches_no_more_is_replaced(
    settings: Settings, pool: Pool, producer: Producer, caplog: pytest.LogCaptureFixture
) -> None:
    """As faust's do now and then after a rebalance: it has nothing in hand, and offsets lag."""
    recorder, epoch, key = Recorder(), uuid4(), uuid4()
    transport = FaustTransport(settings, pool, [subscription(recorder)], epoch, producer)
    watchdog = Watchdog(transport.watched, patience=6.0)

    def publish(version: int) -> None:
        event = REQUESTED if version == 1 else PAUSED
        recorded = Recorded(position=version, aggregate_id=key, version=version, event=event)
        producer.publish([event_message(recorded, epoch, settings.kafka_prefix)], 10)

    with Running(transport):
        publish(1)
        until(lambda: recorder.versions(key) == [1])
        _fetch_no_more(transport)
        watchdog.start()
        publish(2)
        until(lambda: recorder.versions(key) == [1, 2], seconds=60)
        watchdog.check()
        assert watchdog.stop(5)
    assert "recorder has hung for" in caplog.text
    assert transport.failure is None


def test_what_is_no_job_is_passed_over(settings: Settings, producer: Producer) -> None:
    ran: list[str] = []
    job = job_of(attempt=1)
    topic = settings.kafka_prefix + CHUNK_JOBS.name
    jobs = KafkaJobs(settings, producer, lambda job: ran.append(job.id))
    with Running(jobs):
        producer.publish([Message(topic=topic, key=job.id.encode(), value=b"{}")], 10)
        jobs.release(job)
        until(lambda: ran == [job.id])
        assert jobs.failure is None


def test_a_process_that_does_no_jobs_can_release_them(
    settings: Settings, producer: Producer
) -> None:
    job = job_of(attempt=1)
    with Running(KafkaJobs(settings, producer, None)) as jobs:
        assert isinstance(jobs, KafkaJobs)
        jobs.release(job)
    (message,) = asyncio.run(_read(settings, CHUNK_JOBS.name, 1))
    assert read_job(message.value) == job


def test_jobs_and_ticks_that_kafka_does_not_take_are_dropped(
    caplog: pytest.LogCaptureFixture,
) -> None:
    nobody = Settings(kafka_bootstrap=f"127.0.0.1:{free_port()}")
    producer = Producer(nobody, "test")
    producer.start()
    job = job_of(attempt=1)
    KafkaJobs(nobody, producer, None).release(job)
    producer.stop()
    assert f"Kafka did not take job {job.id}" in caplog.text
    ticks = KafkaTicks(nobody)
    ticks.start()
    dropped = lag.ticks_dropped._value.get()
    for _ in range(1000):
        ticks.publish(TICK)
    until(lambda: lag.ticks_dropped._value.get() - dropped >= 700)
    ticks.stop()


def test_what_is_no_tick_is_passed_over(settings: Settings, producer: Producer) -> None:
    topic = settings.kafka_prefix + PROGRESS.name
    seen: list[Tick] = []
    ticks = KafkaTicks(settings)
    ticks.start()
    ticks.subscribe(seen.append)

    def seen_beside_garbage() -> bool:
        producer.publish([Message(topic=topic, key=b"k", value=b"{}")], 10)
        return told(ticks, TICK, seen)

    until(seen_beside_garbage, every=0.1)
    ticks.stop()
    assert set(seen) == {TICK}


def test_a_process_that_only_publishes_ticks_reads_none(settings: Settings) -> None:
    seen: list[Tick] = []
    with closing(_Ticks(settings, watch=False)) as quiet, closing(_Ticks(settings)) as watching:
        quiet.ticks.subscribe(lambda _: pytest.fail("it does not watch"))
        watching.ticks.subscribe(seen.append)
        until(lambda: told(quiet.ticks, TICK, seen), every=0.1)


def test_a_producer_gives_up_waiting_when_it_was_told_to(settings: Settings) -> None:
    """The messages may still arrive: nobody knows."""
    elsewhere = Message(topic=f"{settings.kafka_prefix}nowhere", key=b"k", value=b"v")
    producer = Producer(settings, "test")
    producer.start()
    with pytest.raises(KafkaUnavailable):
        producer.publish([elsewhere], 0.5)
    producer.stop()


def test_a_transport_that_kafka_does_not_answer_says_so(pool: Pool) -> None:
    nobody = Settings(kafka_bootstrap=f"127.0.0.1:{free_port()}")
    producer = Producer(nobody, "test")
    transport = FaustTransport(nobody, pool, [subscription(Recorder())], uuid4(), producer)
    with pytest.raises(KafkaUnavailable):
        transport.start()


def test_a_transport_whose_topics_are_missing_says_so(settings: Settings, pool: Pool) -> None:
    elsewhere = settings.model_copy(update={"kafka_prefix": "nowhere."})
    producer = Producer(elsewhere, "test")
    transport = FaustTransport(elsewhere, pool, [subscription(Recorder())], uuid4(), producer)
    with pytest.raises(TopicsNotMade, match=r"missing: nowhere\.waybill\.exports\.v1"):
        transport.start()


@pytest.mark.parametrize("client", ["ticks", "lags"])
def test_what_is_stopped_while_it_connects_leaves_no_socket(
    settings: Settings, client: str
) -> None:
    for milliseconds in range(0, 40, 2):
        if client == "ticks":
            with closing(_Ticks(settings)):
                time.sleep(milliseconds / 1000)
        else:
            with LoopThread("lags") as loop:
                loop.submit(_measure(settings))
                time.sleep(milliseconds / 1000)
        gc.collect()  # an open socket warns, and warnings are errors here


async def _measure(settings: Settings) -> None:
    async with GroupLags.connected(settings) as lags:
        await lags.topics()


def _fetch_no_more(transport: FaustTransport) -> None:
    (place,) = transport._agents._places
    app = place.agent._app
    assert app is not None
    app.consumer.pause_partitions(app.consumer.assignment())


class _Ticks:
    def __init__(self, settings: Settings, *, watch: bool = True) -> None:
        self.ticks = KafkaTicks(settings, watch=watch)
        self.ticks.start()

    def close(self) -> None:
        self.ticks.stop()


async def _retention(settings: Settings, names: list[str]) -> dict[str, str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap)
    await admin.start()
    try:
        wanted = [
            ConfigResource(ConfigResourceType.TOPIC, settings.kafka_prefix + name) for name in names
        ]
        (answer,) = await admin.describe_configs(wanted)
    finally:
        await admin.close()
    return {
        name.removeprefix(settings.kafka_prefix): _value(entries, "retention.ms")
        for _, _, _, name, entries in answer.resources
    }


def _value(entries: list[Any], key: str) -> str:
    return next(str(entry[1]) for entry in entries if entry[0] == key)


async def _read(settings: Settings, name: str, count: int) -> list[Any]:
    consumer = AIOKafkaConsumer(
        settings.kafka_prefix + name,
        bootstrap_servers=settings.kafka_bootstrap,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        return [await asyncio.wait_for(consumer.getone(), 10) for _ in range(count)]
    finally:
        await consumer.stop()
