"""How far a consumer group is behind, by its committed offsets and the ends of its partitions:
faust's own gauges say nothing for a partition that has no owner."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from infra.settings import Settings
from infra.streams.kafka.connecting import asking
from infra.streams.kafka.places import places_of

_FETCH_MS = 2_000
_POSITION = "waybill-position"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLag:
    """`seconds` is the age of the oldest message that was not handled, `position` the first event
    in the log of which that is so (None where messages are no events); `behind` are the committed
    offsets of the partitions that hold such messages."""

    messages: int
    seconds: float
    position: int | None
    behind: Mapping[TopicPartition, int]


class GroupLags:
    """Asks Kafka, without being a member of any group."""

    def __init__(self, admin: AIOKafkaAdminClient, consumer: AIOKafkaConsumer) -> None:
        self._admin, self._consumer = admin, consumer

    @classmethod
    @asynccontextmanager
    async def connected(cls, settings: Settings) -> AsyncIterator[Self]:
        async with asking(settings) as (admin, consumer):
            yield cls(admin, consumer)

    async def topics(self) -> set[str]:
        """The names of all that there are."""
        return set(await self._admin.list_topics())

    async def measure(self, group: str, topics: Sequence[str]) -> GroupLag:
        places = await places_of(self._admin, topics)
        ends = await self._consumer.end_offsets(places)
        begins = await self._consumer.beginning_offsets(places)
        read = await self._admin.list_consumer_group_offsets(group, partitions=places)
        behind = {}
        for place in places:
            at = max(read[place].offset if place in read else -1, begins[place])
            if at < ends[place]:
                behind[place] = at
        waiting = await self._first(behind)
        now = time.time()
        positions = [position for each in waiting if (position := _position(each)) is not None]
        return GroupLag(
            messages=sum(ends[place] - at for place, at in behind.items()),
            seconds=max((max(0.0, now - each.timestamp / 1000) for each in waiting), default=0.0),
            position=min(positions, default=None),
            behind=behind,
        )

    async def _first(self, behind: Mapping[TopicPartition, int]) -> list[Any]:
        """The first message of each partition that was not handled."""
        if not behind:
            return []
        self._consumer.assign(list(behind))
        for place, at in behind.items():
            self._consumer.seek(place, at)
        found: dict[TopicPartition, Any] = {}
        until = time.monotonic() + _FETCH_MS / 1000
        while len(found) < len(behind) and time.monotonic() < until:
            fetched = await self._consumer.getmany(*(behind.keys() - found.keys()), timeout_ms=500)
            found.update({place: messages[0] for place, messages in fetched.items() if messages})
        return list(found.values())


def _position(message: Any) -> int | None:
    value = dict(message.headers).get(_POSITION)
    return int(value) if value is not None else None
