"""Progress ticks over Kafka: from any worker to every process that watches. Lost ones are no harm,
so they have a producer of their own that waits for nobody."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError

from domain.streams import Tick
from infra.settings import Settings
from infra.streams import lag
from infra.streams.kafka.connecting import connection, started
from infra.streams.kafka.loop_thread import LoopThread
from infra.streams.kafka.messages import read_tick, tick_message
from infra.streams.kafka.quiet import quieten
from infra.streams.kafka.topics import PROGRESS
from infra.streams.local_ticks import LocalTicks, Unsubscribe, Watcher

log = logging.getLogger(__name__)

_ROOM = 256  # ticks on their way to Kafka; more are dropped
_AGAIN = 2.0
_FLUSH_SECONDS = 1.0


class KafkaTicks:
    """Satisfies `domain.streams.Ticks`. Reads without a group, from the end: every process sees
    every tick that comes while it runs."""

    def __init__(self, settings: Settings, *, watch: bool = True) -> None:
        self._settings = settings
        self._topic = settings.kafka_prefix + PROGRESS.name
        self._watch = watch
        self._loop = LoopThread("ticks")
        self._waiting: asyncio.Queue[Tick] = asyncio.Queue(_ROOM)
        self._watchers = LocalTicks()

    def start(self) -> None:
        """Returns at once; ticks flow as soon as Kafka answers."""
        quieten()
        self._loop.start()
        self._loop.submit(self._again_and_again(self._send))
        if self._watch:
            self._loop.submit(self._again_and_again(self._receive))

    def stop(self, timeout: float = _FLUSH_SECONDS) -> bool:
        self._loop.stop()
        return True

    def publish(self, tick: Tick) -> None:
        self._loop.call_soon(self._enqueue, tick)

    def subscribe(self, watcher: Watcher) -> Unsubscribe:
        """Calls `watcher` with each tick from now on, until the returned function is called; it
        must return at once."""
        return self._watchers.subscribe(watcher)

    def _enqueue(self, tick: Tick) -> None:
        try:
            self._waiting.put_nowait(tick)
        except asyncio.QueueFull:
            lag.ticks_dropped.inc()

    async def _again_and_again(self, action: Callable[[], Any]) -> None:
        while True:
            try:
                await action()
            except (KafkaError, OSError) as error:
                log.warning("ticks wait for Kafka: %s", type(error).__name__)
            await asyncio.sleep(_AGAIN)

    async def _send(self) -> None:
        producer = AIOKafkaProducer(
            **connection(self._settings),
            acks=1,
            linger_ms=0,
            request_timeout_ms=5_000,
        )
        async with started(producer):
            while True:
                message = tick_message(await self._waiting.get(), self._settings.kafka_prefix)
                await producer.send_and_wait(
                    message.topic, message.value, message.key, headers=list(message.headers)
                )

    async def _receive(self) -> None:
        consumer = AIOKafkaConsumer(
            self._topic,
            **connection(self._settings),
            group_id=None,
            auto_offset_reset="latest",
        )
        async with started(consumer):
            async for message in consumer:
                self._hand_over(message.value)

    def _hand_over(self, value: bytes) -> None:
        try:
            tick = read_tick(value)
        except (ValueError, KeyError, TypeError):
            log.warning("a message on %s is no tick", self._topic)
        else:
            self._watchers.publish(tick)
