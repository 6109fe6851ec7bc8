"""What is known of a group's lag while Kafka or the database is away, and after that."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError

from domain.ports import StoreUnavailable
from infra.settings import Settings
from infra.streams import lag
from infra.streams.kafka import agents as module
from infra.streams.kafka.agents import Agents
from infra.streams.kafka.faust_apps import Consumer
from infra.streams.kafka.group_lag import GroupLag, GroupLags

CONSUMER = Consumer(name="measured", group="measured", topics=["t"], handle=lambda record: None)


class FakeLags:
    """Each group is behind as `answers` say, one after the other; the last for ever."""

    def __init__(self, *answers: GroupLag | Exception) -> None:
        self._answers = list(answers)
        self.connections = 0

    @asynccontextmanager
    async def connected(self, settings: Settings) -> AsyncIterator[FakeLags]:
        self.connections += 1
        yield self

    async def measure(self, group: str, topics: Sequence[str]) -> GroupLag:
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def behind(messages: int) -> GroupLag:
    return GroupLag(messages=messages, seconds=float(messages), position=3, behind={})


@pytest.fixture(autouse=True)
def all_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MEASURE_SECONDS", 0.001)


def measured(
    lags: FakeLags, head: Callable[[], int], until: Callable[[], bool], monkeypatch: Any
) -> None:
    monkeypatch.setattr(GroupLags, "connected", lags.connected)
    agents = Agents("a", Settings(), [CONSUMER], head)

    async def run() -> None:
        task = asyncio.create_task(agents._measure_on())
        while not until():
            assert not task.done()
            await asyncio.sleep(0.001)
        task.cancel()

    asyncio.run(asyncio.wait_for(run(), 20))


@pytest.mark.parametrize("error", [KafkaConnectionError(), ValueError("whatever it is")])
def test_what_fails_once_is_measured_again(error: Exception, monkeypatch: Any) -> None:
    lags = FakeLags(behind(1), error, behind(2))
    messages = lag.group_messages.labels("measured")
    messages.set(0)
    measured(lags, lambda: 10, lambda: messages._value.get() == 2, monkeypatch)
    assert lags.connections == 2


def test_while_the_log_cannot_be_read_all_else_is_told(monkeypatch: Any) -> None:
    asked: list[int] = []

    def head() -> int:
        asked.append(1)
        if 1 < len(asked) < 5:
            raise StoreUnavailable
        return 10 + len(asked)

    lags = FakeLags(behind(1), behind(2))
    positions = lag.positions_behind.labels("measured")
    messages = lag.group_messages.labels("measured")

    def told() -> bool:
        if 1 < len(asked) < 5:
            assert positions._value.get() == 11 - 3 + 1
        return len(asked) > 5 and positions._value.get() > 12 and messages._value.get() == 2

    measured(lags, head, told, monkeypatch)
    assert lags.connections == 1
