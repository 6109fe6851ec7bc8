"""Our own producer for facts and jobs; faust's is not idempotent.

What is published in one call reaches each partition in order, or not at all from some point on:
a partition gets one record batch at a time, and Kafka takes a record batch whole or not. So a
call that failed can be repeated as it was, and no reader sees a later event of a key without the
earlier ones before it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.partitioner import DefaultPartitioner

from infra.settings import Settings
from infra.streams.kafka.connecting import connection
from infra.streams.kafka.loop_thread import LoopThread
from infra.streams.kafka.quiet import quieten
from infra.streams.patience import Away

_BATCH_BYTES = 900_000  # a broker's default takes 1,048,588 in a message set
_FLUSH_SECONDS = 5.0
_ABANDON_SECONDS = 0.1

_partition_of = DefaultPartitioner()


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """`at` is in milliseconds since 1970, None for now."""

    topic: str
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()
    at: int | None = None


class KafkaUnavailable(Away):
    """Kafka didn't take what was published. Check that its brokers run and that
    WAYBILL_KAFKA_BOOTSTRAP names them; it is tried again."""


class Producer:
    """Idempotent, acks=all; connects when it is first needed, and again after an error. Safe
    across threads."""

    def __init__(self, settings: Settings, client_id: str) -> None:
        self._settings = settings
        self._client_id = client_id
        self._loop = LoopThread(client_id)
        self._connected: Any = None
        self._connecting: asyncio.Task[None] | None = None

    def start(self) -> None:
        quieten()
        self._loop.start()

    def begin(self, messages: Sequence[Message]) -> Future[None]:
        """Publishes in the background. While brokers are away the future stays open: an
        idempotent producer never gives up. It can fail with `KafkaUnavailable`; then some of
        the messages may be published, and the same call should be made again."""
        return self._loop.submit(self._publish(messages))

    def publish(self, messages: Sequence[Message], timeout: float) -> None:
        """Returns when all are acknowledged. Raises `KafkaUnavailable`, after which they may
        still be published."""
        future = self.begin(messages)
        try:
            future.result(timeout)
        except TimeoutError as error:
            future.cancel()
            raise KafkaUnavailable(KafkaUnavailable.__doc__) from error

    def stop(self, timeout: float = _FLUSH_SECONDS) -> None:
        """Gives what is on its way so many seconds, then drops it."""
        self._loop.submit(self._end(timeout)).result()
        self._loop.stop()

    async def _end(self, grace: float) -> None:
        if self._connecting is not None:
            await asyncio.wait([self._connecting], timeout=grace)
        await self._disconnect(self._connected, grace)

    async def _publish(self, messages: Sequence[Message]) -> None:
        producer = None
        try:
            producer = await self._connection()
            await _in_order(producer, messages)
        except (KafkaError, OSError) as error:
            await self._disconnect(producer, _FLUSH_SECONDS)
            raise KafkaUnavailable(f"{KafkaUnavailable.__doc__} ({error!r})") from error

    async def _connection(self) -> Any:
        """One attempt for all who wait, which goes on when they give up: aiokafka leaves the socket
        of a start that is cancelled open."""
        while self._connected is None:
            if self._connecting is None or self._connecting.done():
                self._connecting = asyncio.create_task(self._connect())
                self._connecting.add_done_callback(_heard)
            await asyncio.shield(self._connecting)
        return self._connected

    async def _connect(self) -> None:
        self._connected = await _connect(self._settings, self._client_id)

    async def _disconnect(self, producer: Any, grace: float) -> None:
        if producer is None:
            return
        if producer is self._connected:
            self._connected = None
        try:
            await asyncio.wait_for(producer.stop(), max(grace, _ABANDON_SECONDS))
        except (KafkaError, OSError, TimeoutError):
            await producer.client.close()


def _heard(connecting: asyncio.Task[None]) -> None:
    """Whoever still waits is told of an error; nobody else needs to be."""
    if not connecting.cancelled():
        connecting.exception()


async def _connect(settings: Settings, client_id: str) -> Any:
    producer = AIOKafkaProducer(
        **connection(settings),
        client_id=client_id,
        enable_idempotence=True,
        acks="all",
        linger_ms=0,
        max_batch_size=_BATCH_BYTES,
    )
    try:
        await producer.start()
    except BaseException:
        await producer.stop()
        raise
    return producer


async def _in_order(producer: Any, messages: Sequence[Message]) -> None:
    waiting = await _by_partition(producer, messages)
    while waiting:
        sent = [
            await producer.send_batch(_fill(producer, queue), topic, partition=partition)
            for (topic, partition), queue in waiting.items()
        ]
        await asyncio.wait(sent)  # all of them, so that nothing is on its way after an error
        for future in sent:
            future.result()
        waiting = {place: queue for place, queue in waiting.items() if queue}


async def _by_partition(
    producer: Any, messages: Sequence[Message]
) -> dict[tuple[str, int], deque[Message]]:
    partitions = {
        topic: sorted(await producer.partitions_for(topic))
        for topic in {message.topic for message in messages}
    }
    places: dict[tuple[str, bytes], tuple[str, int]] = {}
    queues: dict[tuple[str, int], deque[Message]] = {}
    for message in messages:
        name = message.topic, message.key
        if name not in places:
            known = partitions[message.topic]
            places[name] = message.topic, _partition_of(message.key, known, known)
        queues.setdefault(places[name], deque()).append(message)
    return queues


def _fill(producer: Any, queue: deque[Message]) -> Any:
    """A record batch of as many as fit, which are taken off the queue. Kafka refuses a first
    message that is too large by itself."""
    batch = producer.create_batch()
    while queue:
        message = queue[0]
        taken = batch.append(
            timestamp=message.at,
            key=message.key,
            value=message.value,
            headers=list(message.headers),
        )
        if taken is None:
            break
        queue.popleft()
    return batch
