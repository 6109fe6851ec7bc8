"""The topics, and making them: nothing is left to a broker that makes topics by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Set
from dataclasses import dataclass, field

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, for_code

from domain.streams import Kind
from infra.settings import Settings
from infra.streams.kafka.connecting import connection, started
from infra.streams.kafka.loop_thread import LoopThread
from infra.streams.kafka.producer import KafkaUnavailable
from schemas.topics import PARTITIONS, RETENTION_MS, topic_of

_FOREVER = str(RETENTION_MS)
_MINUTE = "60000"
_DAY = "86400000"

_SEEN_AFTER = 3.0

_EXISTS = 36
_NONE = 0


class TopicsNotMade(Exception):
    """Kafka did not make the topics. Check WAYBILL_KAFKA_BOOTSTRAP and the rights of this client,
    or make the topics yourself (docs/transports.md, "Topics")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """`name` is without the installation's prefix."""

    name: str
    partitions: int = PARTITIONS
    configs: Mapping[str, str] = field(default_factory=dict)


TOPIC_OF: Mapping[Kind, Topic] = {
    kind: Topic(name=topic_of(kind), configs={"retention.ms": _FOREVER}) for kind in Kind
}
"""The public topics."""

EXPORTS = TOPIC_OF[Kind.EXPORT]
DOWNLOADS = TOPIC_OF[Kind.DOWNLOAD]
CHUNK_JOBS = Topic(name="waybill.chunk-jobs.v1", configs={"retention.ms": _DAY})
PROGRESS = Topic(
    name="waybill.progress.v1", configs={"retention.ms": _MINUTE, "segment.ms": _MINUTE}
)
DEAD_LETTERS = Topic(
    name="waybill.dead-letters.v1", partitions=1, configs={"retention.ms": _FOREVER}
)
TOPICS = (*TOPIC_OF.values(), CHUNK_JOBS, PROGRESS, DEAD_LETTERS)


def ensure_topics(settings: Settings) -> list[str]:
    """Makes the topics that are missing and returns their names. Those that exist stay as they
    are. The replication factor is the broker's default. Raises `TopicsNotMade`."""
    with LoopThread("topics") as loop:
        return loop.submit(_ensure(settings)).result()


async def check_topics(settings: Settings, names: Set[str]) -> None:
    """faust waits for ever for a topic that is missing, and leaves threads behind when it can't
    connect. Raises `KafkaUnavailable` and `TopicsNotMade`."""
    try:
        async with started(AIOKafkaAdminClient(**connection(settings))) as admin:
            missing = await _missing(admin, names)
    except (KafkaError, OSError) as error:
        raise KafkaUnavailable(f"{KafkaUnavailable.__doc__} ({error!r})") from error
    if missing:
        raise TopicsNotMade(f"{TopicsNotMade.__doc__} (missing: {', '.join(sorted(missing))})")


async def _missing(admin: AIOKafkaAdminClient, names: Set[str]) -> Set[str]:
    """A topic that was just made is seen by all brokers a moment later."""
    deadline = time.monotonic() + _SEEN_AFTER
    while missing := names - set(await admin.list_topics()):
        if time.monotonic() > deadline:
            break
        await asyncio.sleep(0.1)
    return missing


async def _ensure(settings: Settings) -> list[str]:
    try:
        async with started(AIOKafkaAdminClient(**connection(settings))) as admin:
            answer = await admin.create_topics([_new(settings, topic) for topic in TOPICS])
    except (KafkaError, OSError) as error:
        raise TopicsNotMade(f"{TopicsNotMade.__doc__} ({error!r})") from error
    return _made({name: code for name, code, *_ in answer.topic_errors})


def _new(settings: Settings, topic: Topic) -> NewTopic:
    return NewTopic(
        settings.kafka_prefix + topic.name,
        num_partitions=topic.partitions,
        replication_factor=-1,
        replica_assignments={},
        topic_configs=dict(topic.configs),
    )


def _made(codes: Mapping[str, int]) -> list[str]:
    """create_topics itself never raises: its errors stand here alone."""
    refused = {name: code for name, code in codes.items() if code not in (_NONE, _EXISTS)}
    if refused:
        said = ", ".join(f"{name}: {for_code(code).__name__}" for name, code in refused.items())
        raise TopicsNotMade(f"{TopicsNotMade.__doc__} ({said})")
    return [name for name, code in codes.items() if code == _NONE]
