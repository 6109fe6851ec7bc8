"""The servers that the tests stand on are real and apart from each other."""

from __future__ import annotations

import asyncio
import io

import psycopg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from infra.dev.s3 import S3Address
from tests.servers import S3Space, fresh_database


def test_each_test_has_a_database_of_its_own(database_url: str, postgres_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE TABLE mine ()")
    with fresh_database(postgres_url) as other, psycopg.connect(other) as connection:
        assert connection.execute("SELECT to_regclass('mine')").fetchone() == (None,)


def test_a_database_that_is_in_use_is_dropped_all_the_same(postgres_url: str) -> None:
    with fresh_database(postgres_url) as url:
        idle = psycopg.connect(url)
        name = idle.info.dbname
    with psycopg.connect(postgres_url) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
        assert found.fetchone() is None
    idle.close()


def test_kafka_gives_back_what_it_was_given(kafka_bootstrap: str, topic_prefix: str) -> None:
    assert asyncio.run(_round_trip(kafka_bootstrap, f"{topic_prefix}greetings")) == b"hello"


def test_s3_gives_back_what_it_was_given(s3: S3Space) -> None:
    client = S3Address(
        endpoint=s3.endpoint, access_key=s3.access_key, secret_key=s3.secret_key
    ).client()
    assert not client.bucket_exists(s3.bucket)
    client.make_bucket(s3.bucket)
    client.put_object(s3.bucket, "a/b", io.BytesIO(b"hello"), 5)
    with client.get_object(s3.bucket, "a/b") as answer:
        assert answer.read() == b"hello"


async def _round_trip(bootstrap: str, topic: str) -> bytes:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    finally:
        await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
        await producer.send_and_wait(topic, b"hello")
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    async with consumer:
        message = await consumer.getone()
    return bytes(message.value)
