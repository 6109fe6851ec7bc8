"""Whether the public topics tell of the life that the event store lives now.

A store that was restored from a backup knows less than its topics do. Whoever published after that
without beginning a new epoch would give two events one name, and no subscriber could tell.
"""

from __future__ import annotations

import asyncio
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from infra.settings import Settings
from infra.streams.kafka.connecting import asking
from infra.streams.kafka.loop_thread import LoopThread
from infra.streams.kafka.places import places_of
from infra.streams.kafka.producer import KafkaUnavailable
from infra.streams.kafka.topics import TOPIC_OF
from infra.streams.local import Log
from schemas.cloudevents import NotACloudEvent, from_cloudevent

_PATIENCE = 10.0
_PUBLIC = TOPIC_OF.values()


def foreign_places(settings: Settings, store: Log) -> list[str]:
    """The partitions of public topics whose last event this store doesn't hold. Raises
    `KafkaUnavailable`."""
    with LoopThread("lives") as loop:
        last = loop.submit(_last_messages(settings)).result()
    return [
        f"{message.topic}-{message.partition}" for message in last if not _holds(store, message)
    ]


def _holds(store: Log, message: Any) -> bool:
    """What is no event of ours says nothing of the store."""
    try:
        told = from_cloudevent(message.value)
    except NotACloudEvent:
        return True
    known = store.log(told.position - 1, 1)
    return store.epoch() == told.epoch and [
        (each.position, each.aggregate_id, each.version) for each in known
    ] == [(told.position, told.aggregate_id, told.version)]


async def _last_messages(settings: Settings) -> list[Any]:
    try:
        async with asking(settings) as (admin, consumer):
            places = await places_of(admin, [settings.kafka_prefix + each.name for each in _PUBLIC])
            begins = await consumer.beginning_offsets(places)
            ends = await consumer.end_offsets(places)
            return [
                await asyncio.wait_for(_last(consumer, place, ends[place] - 1), _PATIENCE)
                for place in places
                if ends[place] > begins[place]
            ]
    except (KafkaError, OSError, TimeoutError) as error:
        raise KafkaUnavailable(f"{KafkaUnavailable.__doc__} ({error!r})") from error


async def _last(consumer: Any, place: TopicPartition, offset: int) -> Any:
    consumer.assign([place])
    consumer.seek(place, offset)
    return await consumer.getone(place)
