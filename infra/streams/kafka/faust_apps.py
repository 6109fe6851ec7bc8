"""faust, used the way that loses nothing (measured; the reasons stand at each setting).

An app a consumer group, as a group's rebalance waits for its slowest handler. An app can be
started once only: started again, it silently consumes nothing. So this is a factory.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import faust
from faust.contrib.asgi import faust_app_running

from infra.settings import Settings
from infra.streams.in_hand import InHand
from infra.streams.kafka.connecting import broker_options
from infra.streams.patience import Interrupted

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A message as it lies on a topic. `place` is topic, partition and offset."""

    place: str
    key: bytes
    value: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """`handle` is synchronous and is called in a thread, one message at a time per partition. What
    returns is acknowledged. What raises is not, ever: the partition stands still until another
    process takes it over; `Interrupted` says that this was meant."""

    name: str
    group: str
    topics: Sequence[str]
    handle: Callable[[Record], None]
    in_hand: InHand = field(default_factory=InHand)


class Agent:
    """One agent around one consumer. `failure` is what it stands still for."""

    def __init__(self, settings: Settings, consumer: Consumer, threads: Executor) -> None:
        self._settings = settings
        self._consumer = consumer
        self._threads = threads
        self._app: faust.App | None = None
        self._failure: BaseException | None = None
        self.in_flight: list[Any] = []

    @property
    def failure(self) -> BaseException | None:
        if self._failure is None and self._app is not None and self._app.crashed:
            return self._app.crash_reason
        return self._failure

    def assigned(self) -> set[tuple[str, int]]:
        """Topics and partitions that this process has now."""
        if self._app is None or self._app.consumer is None:
            return set()
        return {(each.topic, each.partition) for each in self._app.consumer.assignment()}

    def let_go(self) -> None:
        """Leaves the handlers in flight behind: faust must not wait for them when it stops."""
        self._consumer.in_hand.let_go()
        for event in self.in_flight:
            event.app.consumer.unacked.discard(event.message)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Consumes inside the block. Leaving it waits for the handlers in flight."""
        app = self._app = make_app(self._settings, self._consumer.group)
        self._add_agent(app)
        async with faust_app_running(app):
            yield

    def _add_agent(self, app: faust.App) -> None:
        topic = app.topic(
            *self._consumer.topics,
            key_type=bytes,
            value_type=bytes,
            key_serializer="raw",
            value_serializer="raw",
        )
        # One message at a time per partition. concurrency > 1 would commit past a message in
        # flight; without isolation it would be one at a time per process.
        agent = app.agent(topic, name=self._consumer.group, concurrency=1, isolated_partitions=True)
        agent(self.consume)

    async def consume(self, stream: Any) -> None:
        # faust acknowledges a message whose handler raised or was cancelled: that loses it.
        # So we acknowledge ourselves, after the handler has returned.
        stream.enable_acks = False
        async for event in stream.events():
            self.in_flight.append(event)
            try:
                await self._handle(event)
            finally:
                self.in_flight.remove(event)
            await stream.ack(event)

    async def _handle(self, event: Any) -> None:
        try:
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._threads, self._consumer.handle, _record(event))
        except Interrupted:
            await self._stand_still(event)
        except Exception as error:
            log.exception("%s stands still at %s", self._consumer.group, event.message.tp)
            self._failure = error
            await self._stand_still(event)

    async def _stand_still(self, event: Any) -> None:
        """Returning would acknowledge, raising would restart the agent at the next message. faust
        must not wait for this message when it stops or hands the partition over."""
        event.app.consumer.unacked.discard(event.message)
        await asyncio.Event().wait()


class _App(faust.App):
    logger = logging.getLogger("faust.waybill")  # by itself it would be this module's

    async def on_first_start(self) -> None:
        """No folders: they are for faust's tables, and a process that is killed leaves them."""


def make_app(settings: Settings, group: str) -> faust.App:
    return _App(
        group,
        **broker_options(settings),
        # Takeover after a kill in 11 s instead of 60.
        broker_session_timeout=10,
        broker_heartbeat_interval=3,
        # Longer than the longest handler: shorter than a handler is an endless storm.
        broker_rebalance_timeout=60,
        broker_commit_interval=0.5,
        # stream_wait_empty=False would lose the message in flight at each SIGTERM.
        stream_wait_empty=True,
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,  # it binds 0.0.0.0:6066 otherwise
        key_serializer="raw",
        value_serializer="raw",
        autodiscover=False,
    )


def _record(event: Any) -> Record:
    message = event.message
    return Record(
        place=f"{message.topic}-{message.partition}@{message.offset}",
        key=message.key or b"",
        value=message.value or b"",
    )
