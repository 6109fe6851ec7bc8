"""What `waybill doctor` looks at in Kafka: the topics, and how far each group has read."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from cli.finding import Finding
from cli.work_findings import lag_finding
from domain.streams import Kind
from infra.settings import Settings
from infra.streams.kafka.connecting import connection
from infra.streams.kafka.places import places_of
from infra.streams.kafka.topics import TOPIC_OF, TOPICS
from projections.catalogue import READ_MODELS

_PATIENCE = 15.0
_GROUPS: dict[str, frozenset[Kind]] = {
    "plan_exports": frozenset({Kind.EXPORT}),
    "queue_work": frozenset({Kind.EXPORT}),
    **{name: model.kinds for name, model in READ_MODELS.items()},
}


def kafka_findings(settings: Settings) -> Iterator[Finding]:
    try:
        yield from asyncio.run(asyncio.wait_for(_look(settings), _PATIENCE))
    except (KafkaError, OSError, TimeoutError) as error:
        yield Finding(
            name="kafka",
            ok=False,
            detail=f"{settings.kafka_bootstrap} doesn't answer ({type(error).__name__})",
            advice="Check that it runs, and WAYBILL_KAFKA_BOOTSTRAP.",
        )


async def _look(settings: Settings) -> list[Finding]:
    admin = AIOKafkaAdminClient(**connection(settings))
    consumer = AIOKafkaConsumer(**connection(settings), enable_auto_commit=False)
    try:
        await admin.start()
        await consumer.start()
        topics = await _topics(settings, admin)
        if not topics.ok:
            return [topics]
        groups = [await _group(settings, admin, consumer, name) for name in _GROUPS]
        return [topics, *groups]
    finally:
        await consumer.stop()
        await admin.close()


async def _topics(settings: Settings, admin: AIOKafkaAdminClient) -> Finding:
    wanted = {settings.kafka_prefix + topic.name for topic in TOPICS}
    missing = wanted - set(await admin.list_topics())
    return Finding(
        name="topics",
        ok=not missing,
        detail=f"missing: {', '.join(sorted(missing))}" if missing else f"all {len(wanted)}",
        advice="Run `waybill migrate`.",
    )


async def _group(
    settings: Settings, admin: AIOKafkaAdminClient, consumer: AIOKafkaConsumer, name: str
) -> Finding:
    topics = [settings.kafka_prefix + TOPIC_OF[kind].name for kind in sorted(_GROUPS[name])]
    group = f"{settings.kafka_prefix}waybill.{name}"
    places = await places_of(admin, topics)
    ends = await consumer.end_offsets(places)
    begins = await consumer.beginning_offsets(places)
    read = await admin.list_consumer_group_offsets(group, partitions=places)
    positions, seconds = 0, 0.0
    for place in places:
        at = max(read[place].offset if place in read else -1, begins[place])
        if at < ends[place]:
            positions += ends[place] - at
            seconds = max(seconds, await _age(consumer, place, at))
    return lag_finding(f"group {name}", positions, seconds)


async def _age(consumer: AIOKafkaConsumer, place: TopicPartition, offset: int) -> float:
    """Of the first message that wasn't read, in seconds."""
    consumer.assign([place])
    consumer.seek(place, offset)
    message = await consumer.getone(place)
    return max(0.0, time.time() - float(message.timestamp) / 1000)
