"""How we use faust: its settings, and what is acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from infra.settings import Settings
from infra.streams.kafka.faust_apps import Agent, Consumer, Record, make_app
from infra.streams.patience import Interrupted


class FakeStream:
    """The part of a faust stream that an agent uses."""

    def __init__(self, values: list[bytes]) -> None:
        self.enable_acks = True
        self.unacked = {_Message(offset, value) for offset, value in enumerate(values)}
        self.acked: list[int] = []

    async def events(self) -> AsyncIterator[Any]:
        assert not self.enable_acks
        app = SimpleNamespace(consumer=SimpleNamespace(unacked=self.unacked))
        for message in sorted(self.unacked, key=lambda each: each.offset):
            yield SimpleNamespace(app=app, message=message)

    async def ack(self, event: Any) -> None:
        self.unacked.remove(event.message)
        self.acked.append(event.message.offset)


class _Message:
    key = None
    topic, partition, tp = "t", 3, ("t", 3)

    def __init__(self, offset: int, value: bytes) -> None:
        self.offset, self.value = offset, value


def test_faust_runs_with_the_settings_that_lost_nothing() -> None:
    settings = Settings(kafka_bootstrap="one:9092, two:9092")
    conf = make_app(settings, "here.waybill.plan").conf
    assert [str(url) for url in conf.broker] == ["kafka://one:9092", "kafka://two:9092"]
    assert conf.id == "here.waybill.plan"
    assert conf.broker_session_timeout == 10
    assert conf.broker_heartbeat_interval == 3
    assert conf.broker_commit_interval == 0.5
    assert conf.broker_rebalance_timeout == 60
    assert conf.stream_wait_empty
    assert conf.topic_disable_leader
    assert not conf.topic_allow_declare
    assert not conf.web_enabled


def test_faust_makes_no_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    asyncio.run(make_app(Settings(), "here.waybill.plan").on_first_start())
    assert not list(tmp_path.iterdir())


def test_a_message_is_acknowledged_after_its_handler_returned() -> None:
    order: list[str] = []
    stream = FakeStream([b"a", b"b"])

    def handle(record: Record) -> None:
        order.append(f"{record.value.decode()} {record.place} {stream.acked}")

    assert _consumed(handle, stream) is None
    assert order == ["a t-3@0 []", "b t-3@1 [0]"]
    assert stream.acked == [0, 1]


@pytest.mark.parametrize("error", [ValueError("broken"), Interrupted()])
def test_after_an_error_nothing_more_is_acknowledged_or_taken(error: Exception) -> None:
    taken: list[bytes] = []
    stream = FakeStream([b"a", b"b", b"c"])

    def handle(record: Record) -> None:
        taken.append(record.value)
        if record.value == b"b":
            raise error

    failure = _consumed(handle, stream)
    assert taken == [b"a", b"b"]
    assert stream.acked == [0]
    assert failure is (None if isinstance(error, Interrupted) else error)


def test_faust_need_not_wait_for_a_message_that_stands_still() -> None:
    stream = FakeStream([b"a", b"b"])

    def handle(_: Record) -> None:
        raise ValueError

    _consumed(handle, stream)
    assert [message.value for message in stream.unacked] == [b"b"]


def _consumed(handle: Callable[[Record], None], stream: FakeStream) -> BaseException | None:
    """Runs the agent to the end of the stream, or until it stands still."""

    async def run(agent: Agent) -> None:
        task = asyncio.create_task(agent.consume(stream))
        await asyncio.wait([task], timeout=0.2)
        task.cancel()

    with ThreadPoolExecutor(1) as threads:
        consumer = Consumer(name="g", group="g", topics=["t"], handle=handle)
        agent = Agent(Settings(), consumer, threads)
        asyncio.run(run(agent))
        return agent.failure
