"""A topic as any subscriber reads it, with a plain consumer, and what must be true of it whatever
happened to those who filled it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaConsumer

from domain.ports import EventStore
from schemas.cloudevents import from_cloudevent
from schemas.public import to_envelope

_PAGE = 10_000


def read_topic(bootstrap: str, topic: str) -> list[Any]:
    """Every message on it now, one partition after the other."""
    return asyncio.run(_read_topic(bootstrap, topic))


def positions(messages: Sequence[Any]) -> list[int]:
    return [int(_name(message)[1]) for message in messages]


def check_complete(messages: Sequence[Any], store: EventStore) -> int:
    """Every event of the store's log is there, in order per aggregate, all of an aggregate in one
    partition, and what is there more than once is the same bytes under the same epoch and
    position. Returns how many messages are repeats."""
    first: dict[tuple[bytes, bytes], Any] = {}
    for message in messages:
        before = first.setdefault(_name(message), message)
        assert _content(message) == _content(before), "a repeat is another message"
    log = _whole_log(store)
    assert sorted(positions(list(first.values()))) == [recorded.position for recorded in log]
    _check_order(list(first.values()), store)
    return len(messages) - len(first)


def _check_order(messages: Sequence[Any], store: EventStore) -> None:
    of_key: dict[bytes, list[Any]] = defaultdict(list)
    for message in messages:
        of_key[message.key].append(message)
    epoch = store.epoch()
    for key, mine in of_key.items():
        recorded = store.read(UUID(key.decode()))
        assert [from_cloudevent(message.value) for message in mine] == [
            to_envelope(each, epoch) for each in recorded
        ]
        assert len({message.partition for message in mine}) == 1


def _name(message: Any) -> tuple[bytes, bytes]:
    headers = dict(message.headers)
    return headers["waybill-epoch"], headers["waybill-position"]


def _content(message: Any) -> tuple[Any, ...]:
    return message.partition, message.key, message.value, message.headers, message.timestamp


def _whole_log(store: EventStore) -> list[Any]:
    log = store.log(0, _PAGE)
    while page := store.log(log[-1].position if log else 0, _PAGE):
        log += page
    return log


async def _read_topic(bootstrap: str, topic: str) -> list[Any]:
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest", enable_auto_commit=False
    )
    await consumer.start()
    try:
        places = sorted(consumer.assignment())
        ends = await consumer.end_offsets(places)
        return [message for place in places for message in await _up_to(consumer, place, ends)]
    finally:
        await consumer.stop()


async def _up_to(consumer: Any, place: Any, ends: dict[Any, int]) -> list[Any]:
    messages: list[Any] = []
    while await consumer.position(place) < ends[place]:
        found = await consumer.getmany(place, timeout_ms=500)
        messages.extend(found.get(place, []))
    return messages
