"""The whole service over a Kafka that lets nobody do what isn't allowed, and a subscriber that may
read the public topics and nothing else."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import ssl
from collections.abc import Iterator
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaConnectionError,
    TopicAuthorizationFailedError,
)
from pydantic import SecretStr

from infra.settings import Settings
from infra.streams.kafka.group_lag import GroupLags
from infra.streams.kafka.permissions import service_permissions, subscriber_permissions
from infra.streams.kafka.producer import Message, Producer
from infra.streams.kafka.topics import (
    CHUNK_JOBS,
    DEAD_LETTERS,
    PROGRESS,
    TOPIC_OF,
    TOPICS,
    ensure_topics,
)
from projections.catalogue import READ_MODELS
from tests import stack_data
from tests.documented import example, started
from tests.installations import on_kafka, start_all
from tests.secured_kafka import SecuredKafka, secured_kafka
from tests.servers import fresh_database
from tests.stacks import Client, running

SECONDS = 30.0
PREFIX = "mine."
PUBLIC = [topic.name for topic in TOPIC_OF.values()]
INTERNAL = [CHUNK_JOBS.name, PROGRESS.name, DEAD_LETTERS.name]


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredKafka]:
    """With the topics, which the service has made itself, and a message on each."""
    with secured_kafka(tmp_path_factory.mktemp("kafka"), "waybill", "partner") as kafka:
        kafka.allow(service_permissions("waybill", PREFIX))
        kafka.allow(subscriber_permissions("partner", PREFIX))
        settings = Settings(
            kafka_bootstrap=kafka.bootstrap,
            kafka_prefix=PREFIX,
            kafka_security_protocol="SASL_SSL",
            kafka_username="waybill",
            kafka_password=SecretStr(kafka.passwords["waybill"]),
            kafka_ssl_cafile=kafka.cafile,
        )
        assert set(ensure_topics(settings)) == {PREFIX + topic.name for topic in TOPICS}
        producer = Producer(settings, "test")
        producer.start()
        producer.publish(
            [Message(topic=PREFIX + topic.name, key=b"k", value=b"{}") for topic in TOPICS], SECONDS
        )
        producer.stop()
        yield kafka


@pytest.fixture(scope="module")
def client(
    request: pytest.FixtureRequest,
    kafka: SecuredKafka,
    postgres_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Client]:
    """An installation that logs in as `waybill`, with an export and a download behind it."""
    env = {
        "WAYBILL_KAFKA_BOOTSTRAP": kafka.bootstrap,
        "WAYBILL_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
        "WAYBILL_KAFKA_USERNAME": "waybill",
        "WAYBILL_KAFKA_PASSWORD": kafka.passwords["waybill"],
        "WAYBILL_KAFKA_SSL_CAFILE": str(kafka.cafile),
    }
    with fresh_database(postgres_url) as url:
        stack_data.load(url, rows=20_000)
        stack = on_kafka(request, tmp_path_factory.mktemp("secured"), url, env)
        prefix = stack.env["WAYBILL_KAFKA_PREFIX"]
        kafka.allow(service_permissions("waybill", prefix))
        kafka.allow(subscriber_permissions("partner", prefix))
        with running(stack, start_all) as client:
            client.file(client.completed("sales", "csv")["id"])
            yield client


def test_an_export_goes_its_whole_way_and_all_is_well(client: Client) -> None:
    export = client.completed("sales", "csv", "ndjson")
    assert len(client.file(export["id"], "ndjson").splitlines()) == 20_000
    found = client.stack.eventually(lambda: _all_well(client))
    groups = {name for name in found if name.startswith("lag group ")}
    assert groups == {f"lag group {name}" for name in ("plan_exports", "queue_work", *READ_MODELS)}
    assert "topics" in found


def test_a_relay_that_starts_again_may_look_at_what_lies_on_the_topics(client: Client) -> None:
    """It compares the last events with the store before it publishes."""
    stack = client.stack
    relay = stack.processes.pop("relay")
    relay.send_signal(signal.SIGTERM)
    assert relay.wait(timeout=40) == 0, stack.logs()
    export = client.request("sales", "csv", limit=8)["id"]
    stack.restart("relay")
    assert client.ended(export)["status"] == "completed"


def test_the_documented_consumer_prints_each_finished_export_once(
    client: Client, kafka: SecuredKafka
) -> None:
    exports = [client.completed("sales", "csv", limit=n)["id"] for n in (5, 6)]
    topic = _named(client, PUBLIC[0])
    asyncio.run(_repeat(kafka, topic))
    last = client.completed("sales", "csv", limit=7)["id"]
    env = {
        **os.environ,
        "TOPIC": topic,
        "KAFKA": kafka.bootstrap,
        "CA": str(kafka.cafile),
        "PASSWORD": kafka.passwords["partner"],
    }
    program = started(example("subscribers.md", "python", "AIOKafkaConsumer"), env)
    try:
        client.stack.eventually(lambda: _read_all(kafka, topic, "partner.finished"))
    finally:
        program.kill()
        printed = program.communicate()[0].splitlines()
    assert len(printed) == len(set(printed))
    for export_id, rows in zip([*exports, last], (5, 6, 7), strict=True):
        assert f"finished {export_id} {rows}" in printed


@pytest.mark.parametrize("topic", PUBLIC)
def test_the_subscriber_reads_a_public_topic_in_a_group_of_its_own(
    kafka: SecuredKafka, topic: str
) -> None:
    assert asyncio.run(_first(kafka, PREFIX + topic, "partner.reports")) == {}


@pytest.mark.parametrize("topic", INTERNAL)
def test_the_subscriber_reads_no_internal_topic(kafka: SecuredKafka, topic: str) -> None:
    with pytest.raises(TopicAuthorizationFailedError):
        asyncio.run(_first(kafka, PREFIX + topic, "partner.reports"))


def test_the_subscriber_uses_no_group_of_others(kafka: SecuredKafka) -> None:
    group = f"{PREFIX}waybill.history"
    for foreign in (group, "partner2.reports"):
        with pytest.raises(GroupAuthorizationFailedError):
            asyncio.run(_first(kafka, PREFIX + PUBLIC[0], foreign))


@pytest.mark.parametrize("topic", [*PUBLIC, *INTERNAL])
def test_the_subscriber_writes_nowhere(kafka: SecuredKafka, topic: str) -> None:
    async def write() -> None:
        async with AIOKafkaProducer(**_login(kafka, "partner")) as producer:
            await asyncio.wait_for(producer.send_and_wait(PREFIX + topic, b"forged"), SECONDS)

    with pytest.raises(TopicAuthorizationFailedError):
        asyncio.run(write())


def test_a_wrong_password_opens_nothing(kafka: SecuredKafka) -> None:
    async def come_in() -> None:
        login = _login(kafka, "partner") | {"sasl_plain_password": "guessed"}
        consumer = AIOKafkaConsumer(**login)
        try:
            await consumer.start()
        finally:
            await consumer.stop()

    with pytest.raises(KafkaConnectionError):
        asyncio.run(come_in())


def _named(client: Client, name: str) -> str:
    return client.stack.env["WAYBILL_KAFKA_PREFIX"] + name


def _login(kafka: SecuredKafka, user: str) -> dict[str, Any]:
    return {
        "bootstrap_servers": kafka.bootstrap,
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": user,
        "sasl_plain_password": kafka.passwords[user],
        "ssl_context": ssl.create_default_context(cafile=kafka.cafile),
    }


def _all_well(client: Client) -> set[str]:
    """The names of what the doctor found, once nothing is wrong any more - on a busy machine a
    group may have been behind for too long - and every group has read everything."""
    found = json.loads(client.stack.tried("doctor", "--json").stdout)
    wrong = [each for each in found if not each["ok"]]
    print(wrong)  # what pytest shows if it never gets well
    lags = [each["detail"] for each in found if each["name"].startswith("lag ")]
    read = all(lag.startswith("0 positions") for lag in lags)
    return {each["name"] for each in found} if read and not wrong else set()


def _read_all(kafka: SecuredKafka, topic: str, group: str) -> bool:
    """Whether the group has committed all that lies on the topic, asked by an administrator."""

    async def ask() -> int:
        async with GroupLags.connected(Settings(kafka_bootstrap=kafka.inside)) as lags:
            return (await lags.measure(group, [topic])).messages

    return asyncio.run(ask()) == 0


async def _first(kafka: SecuredKafka, topic: str, group: str) -> dict[str, Any]:
    """The first message that lies on the topic."""
    consumer = AIOKafkaConsumer(
        topic, **_login(kafka, "partner"), group_id=group, auto_offset_reset="earliest"
    )
    try:
        await asyncio.wait_for(consumer.start(), SECONDS)
        message = await asyncio.wait_for(consumer.getone(), SECONDS)
        return dict(json.loads(message.value))
    finally:
        await consumer.stop()


async def _repeat(kafka: SecuredKafka, topic: str) -> None:
    """Publishes all events once more, as a relay that was killed does with its last."""
    login = _login(kafka, "waybill")
    consumer = AIOKafkaConsumer(topic, **login, auto_offset_reset="earliest")
    async with consumer, AIOKafkaProducer(**login) as producer:
        ends = await consumer.end_offsets(consumer.assignment())
        left = sum(ends.values())
        while left:
            for records in (await consumer.getmany(timeout_ms=1_000)).values():
                for record in records[:left]:
                    await producer.send_and_wait(topic, record.value, record.key)
                    left -= 1
