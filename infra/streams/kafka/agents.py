"""Agents in a thread of their own, started and stopped from synchronous code."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from infra.settings import Settings
from infra.streams.kafka.faust_apps import Agent, Consumer
from infra.streams.kafka.loop_thread import LoopThread
from infra.streams.kafka.quiet import quieten
from infra.streams.kafka.topics import check_topics
from schemas.topics import PARTITIONS


class Agents:
    """One agent a consumer, all in one event loop, each with threads enough for its partitions,
    so that no handler waits for another's."""

    def __init__(self, name: str, settings: Settings, consumers: Sequence[Consumer]) -> None:
        self._loop = LoopThread(name)
        self._settings = settings
        self._topics = {topic for consumer in consumers for topic in consumer.topics}
        self._threads = {
            consumer.group: ThreadPoolExecutor(
                PARTITIONS * len(consumer.topics), thread_name_prefix=consumer.group
            )
            for consumer in consumers
        }
        self._agents = [
            Agent(settings, consumer, self._threads[consumer.group]) for consumer in consumers
        ]
        self._running: list[asyncio.Task[None]] = []
        self._ended = asyncio.Event()

    @property
    def failure(self) -> BaseException | None:
        return next((agent.failure for agent in self._agents if agent.failure), None)

    def start(self) -> None:
        """Returns when all consume. Raises `KafkaUnavailable` and `TopicsNotMade`."""
        quieten()
        self._loop.start()
        try:
            self._loop.submit(self._start()).result()
        except BaseException:
            self._loop.stop()
            raise

    def stop(self, timeout: float) -> bool:
        """Waits for the handlers in flight; True if all ended within `timeout` seconds. faust can
        hang here, in a rebalance: the process should then end at once, so that its partitions go
        to others."""
        ended = self._loop.submit(self._stop(timeout)).result()
        self._loop.stop()
        for threads in self._threads.values():
            threads.shutdown(wait=False, cancel_futures=True)
        return ended

    async def _start(self) -> None:
        await check_topics(self._settings, self._topics)
        started = [asyncio.get_running_loop().create_future() for _ in self._agents]
        self._running = [
            asyncio.create_task(self._run(agent, future))
            for agent, future in zip(self._agents, started, strict=True)
        ]
        await asyncio.gather(*started)

    async def _run(self, agent: Agent, started: asyncio.Future[None]) -> None:
        try:
            async with agent.running():
                started.set_result(None)
                await self._ended.wait()
        except Exception as error:
            if started.done():
                raise
            started.set_exception(error)

    async def _stop(self, grace: float) -> bool:
        self._ended.set()
        if not self._running:
            return True
        _, late = await asyncio.wait(self._running, timeout=grace)
        return not late
