"""What an event loop's thread ends, and in which order."""

from __future__ import annotations

import asyncio
import threading

import pytest

from infra.streams.kafka.connecting import started
from infra.streams.kafka.loop_thread import LoopThread


class _Client:
    """Connects until it is `told` to be done, with a task that must not be ended before."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.begun = threading.Event()

    async def start(self) -> None:
        reading = asyncio.create_task(asyncio.sleep(0.05))
        self.begun.set()
        try:
            await reading
        except asyncio.CancelledError:
            self.said.append("cut off")
            raise
        self.said.append("started")

    async def stop(self) -> None:
        self.said.append("stopped")


async def _use(client: _Client) -> None:
    async with started(client):
        client.said.append("used")
        await asyncio.Event().wait()


def test_a_client_that_still_connects_is_connected_before_it_is_stopped() -> None:
    client = _Client()
    with LoopThread("test") as loop:
        loop.submit(_use(client))
        client.begun.wait()
    assert client.said == ["started", "stopped"]


def test_a_connected_client_is_stopped() -> None:
    client = _Client()
    with LoopThread("test") as loop:
        using = loop.submit(_use(client))
        with pytest.raises(TimeoutError):
            using.result(0.2)
    assert client.said == ["started", "used", "stopped"]


class _Hanging(_Client):
    async def start(self) -> None:
        self.begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.said.append("cut off")
            raise


def test_a_client_that_never_connects_is_not_waited_for() -> None:
    client = _Hanging()
    with LoopThread("test") as loop:
        loop.submit(_use(client))
        client.begun.wait()
    assert client.said == ["cut off", "stopped"]


class _Refusing(_Client):
    async def start(self) -> None:
        self.begun.set()
        raise ConnectionRefusedError


def test_a_client_that_can_not_connect_says_so_and_is_stopped() -> None:
    client = _Refusing()
    with LoopThread("test") as loop, pytest.raises(ConnectionRefusedError):
        loop.submit(_use(client)).result()
    assert client.said == ["stopped"]


def test_what_nobody_submitted_is_ended_too() -> None:
    ended = threading.Event()

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def begin() -> None:
        holding.append(asyncio.create_task(endless()))
        await asyncio.sleep(0)

    holding: list[asyncio.Task[None]] = []
    with LoopThread("test") as loop:
        loop.submit(begin()).result()
        assert not ended.is_set()
    assert ended.is_set()
