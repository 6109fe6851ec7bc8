"""Agents in a thread of their own, started and stopped from synchronous code, each replaced when it
hangs."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from aiokafka import TopicPartition

from domain.ports import StoreUnavailable
from infra.settings import Settings
from infra.streams import lag
from infra.streams.kafka.faust_apps import Agent, Consumer
from infra.streams.kafka.group_lag import GroupLag, GroupLags
from infra.streams.kafka.loop_thread import LoopThread
from infra.streams.kafka.quiet import quieten
from infra.streams.kafka.topics import check_topics
from infra.streams.watchdog import Watched
from schemas.topics import PARTITIONS

log = logging.getLogger(__name__)

_LET_GO_SECONDS = 20.0
_REPLACE_SECONDS = 90.0
_LAST_SECONDS = 0.5
_MEASURE_SECONDS = 5.0


class Agents:
    """One agent a consumer, all in one event loop, each with threads enough for its partitions,
    so that no handler waits for another's. `head` is the last position of the log."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        consumers: Sequence[Consumer],
        head: Callable[[], int] | None = None,
    ) -> None:
        self._loop = LoopThread(name)
        self._settings = settings
        self._topics = {topic for consumer in consumers for topic in consumer.topics}
        self._places = [_Place(settings, consumer, self._loop) for consumer in consumers]
        self._head = head

    @property
    def failure(self) -> BaseException | None:
        return next((each.agent.failure for each in self._places if each.agent.failure), None)

    @property
    def watched(self) -> Sequence[Watched]:
        return self._places

    def start(self) -> None:
        """Returns when all consume. Raises `KafkaUnavailable` and `TopicsNotMade`."""
        quieten()
        self._loop.start()
        try:
            self._loop.submit(self._start()).result()
        except BaseException:
            self._loop.stop()
            raise
        self._loop.submit(self._measure_on())

    def stop(self, timeout: float) -> bool:
        """Waits for the handlers in flight; True if all ended within `timeout` seconds. faust can
        hang here, in a rebalance: the process should then end at once, so that its partitions go
        to others."""
        ended = self._loop.submit(self._stop(timeout)).result()
        self._loop.stop()
        for place in self._places:
            place.threads.shutdown(wait=False, cancel_futures=True)
        return ended and all(place.alone() for place in self._places)

    async def _start(self) -> None:
        await check_topics(self._settings, self._topics)
        await asyncio.gather(*(place.begin() for place in self._places))

    async def _stop(self, grace: float) -> bool:
        ended = await asyncio.gather(*(place.end(grace) for place in self._places))
        return all(ended)

    async def _measure_on(self) -> None:
        while True:
            try:
                async with GroupLags.connected(self._settings) as lags:
                    while True:
                        for place in self._places:
                            await place.measure(lags, self._head)
                        await asyncio.sleep(_MEASURE_SECONDS)
            except Exception as error:  # noqa: BLE001 - without it nobody would notice what hangs
                log.warning("lag can't be measured: %s", type(error).__name__)
                for place in self._places:
                    place.forget()
            await asyncio.sleep(_MEASURE_SECONDS)


class _Place:
    """A consumer's agent, which can be replaced by another."""

    def __init__(self, settings: Settings, consumer: Consumer, loop: LoopThread) -> None:
        self._settings, self.consumer, self._loop = settings, consumer, loop
        self._still: dict[TopicPartition, tuple[int, float]] = {}
        self._looked_at = 0.0
        self._make()

    def _make(self) -> None:
        count = PARTITIONS * len(self.consumer.topics)
        self.threads = ThreadPoolExecutor(count, thread_name_prefix=self.consumer.group)
        self.agent = Agent(self._settings, self.consumer, self.threads)
        self._ended = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        return self.consumer.name

    @property
    def handled(self) -> int:
        return self.consumer.in_hand.handled

    @property
    def silent(self) -> float:
        """A handler that hangs, or an agent that has nothing in hand and fetches no more though
        committed offsets lag behind."""
        if self.agent.in_flight:
            return self.consumer.in_hand.silent
        return max((self._looked_at - since for _, since in self._still.values()), default=0.0)

    def replace(self) -> bool:
        """A new app in the same group: it gets what was not acknowledged again."""
        return self._loop.submit(self._replace()).result(_REPLACE_SECONDS)

    def alone(self) -> bool:
        """Whether no thread is left that would keep the process from ending."""
        for thread in self.consumer.in_hand.left:
            thread.join(_LAST_SECONDS)
        return not self.consumer.in_hand.left

    async def begin(self) -> None:
        started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._run(started))
        await started

    async def end(self, grace: float) -> bool:
        self._ended.set()
        if self._task is None:
            return True
        done, _ = await asyncio.wait([self._task], timeout=grace)
        return bool(done)

    def forget(self) -> None:
        """Nothing is known of a time in which Kafka didn't answer: its agents fetch nothing then,
        and have to be given time afterwards."""
        self._still = {}

    async def measure(self, lags: GroupLags, head: Callable[[], int] | None) -> None:
        found = await lags.measure(self.consumer.group, self.consumer.topics)
        self._looked_at = time.monotonic()
        self._notice(found)
        lag.group_messages.labels(self.consumer.group).set(found.messages)
        if head is not None:
            lag.seconds_behind.labels(self.name).set(found.seconds)
            with suppress(StoreUnavailable):  # the last number stands until the log can be read
                behind = 0
                if found.position is not None:
                    behind = max(0, await asyncio.to_thread(head) - found.position + 1)
                lag.positions_behind.labels(self.name).set(behind)

    def _notice(self, found: GroupLag) -> None:
        """Since when each of this process's partitions has stood still with messages behind."""
        now, mine = self._looked_at, self.agent.assigned()
        before, self._still = self._still, {}
        for place, offset in found.behind.items():
            if (place.topic, place.partition) in mine:
                known = before.get(place, (offset, now))
                self._still[place] = known if known[0] == offset else (offset, now)

    async def _run(self, started: asyncio.Future[None]) -> None:
        try:
            async with self.agent.running():
                started.set_result(None)
                await self._ended.wait()
        except Exception as error:
            if started.done():
                raise
            started.set_exception(error)

    async def _replace(self) -> bool:
        self.agent.let_go()
        if not await self.end(_LET_GO_SECONDS):
            return False
        self.threads.shutdown(wait=False, cancel_futures=True)
        self._still = {}
        self._make()
        try:
            await self.begin()
        except Exception:
            log.exception("%s can't begin anew", self.name)
            return False
        return True
