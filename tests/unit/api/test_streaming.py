"""Answers in pieces, and clients that leave in the middle of one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from starlette.types import Message

from api.streaming import BrokenOff, Streamed

GONE: Message = {"type": "http.disconnect"}


class _Client:
    """Leaves after so many messages; `rude` servers say that by an error of `send`."""

    def __init__(self, leaves_after: int = 1_000, *, rude: bool = False) -> None:
        self.got: list[Message] = []
        self._leaves_after = leaves_after
        self._rude = rude
        self._left = asyncio.Event()

    async def send(self, message: Message) -> None:
        if self._rude and len(self.got) >= self._leaves_after:
            raise OSError
        self.got.append(message)
        if not self._rude and len(self.got) >= self._leaves_after:
            self._left.set()
            await asyncio.sleep(0)

    async def receive(self) -> Message:
        await self._left.wait()
        return GONE

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.got)


async def _pieces(count: int, closed: list[bool]) -> AsyncGenerator[bytes, None]:
    try:
        for number in range(count):
            yield b"%d" % number
            await asyncio.sleep(0)
    finally:
        closed.append(True)


async def _silence(closed: list[bool]) -> AsyncGenerator[bytes, None]:
    try:
        yield b"0"
        await asyncio.sleep(60)
    finally:
        closed.append(True)


async def _broken(closed: list[bool]) -> AsyncGenerator[bytes, None]:
    try:
        yield b"0"
        raise FileNotFoundError("the secret name")
    finally:
        closed.append(True)


async def _answer(client: _Client, pieces: AsyncGenerator[bytes, None]) -> list[int]:
    ends: list[int] = []

    async def ended(sent: int) -> None:
        ends.append(sent)

    answer = Streamed(pieces, headers={"X-Kind": "test"}, on_end=ended)
    try:
        await answer({}, client.receive, client.send)
    finally:
        assert len(ends) == 1
    return ends


def _run(work: Any) -> Any:
    return asyncio.run(asyncio.wait_for(work, 30))


def test_all_pieces_go_out_and_are_counted() -> None:
    async def run() -> None:
        client, closed = _Client(), list[bool]()
        assert await _answer(client, _pieces(5, closed)) == [5]
        assert client.body == b"01234"
        assert client.got[-1]["more_body"] is False
        assert (b"x-kind", b"test") in client.got[0]["headers"]
        assert closed == [True]

    _run(run())


@pytest.mark.parametrize("rude", [False, True])
def test_a_client_that_leaves_ends_the_answer_and_what_it_got_is_counted(rude: bool) -> None:
    async def run() -> None:
        client, closed = _Client(leaves_after=3, rude=rude), list[bool]()
        assert await _answer(client, _pieces(100, closed)) == [2]
        assert client.got[-1].get("more_body") is not False
        assert closed == [True]

    _run(run())


def test_a_client_that_leaves_in_a_silence_is_noticed_at_once() -> None:
    async def run() -> None:
        client, closed = _Client(leaves_after=2), list[bool]()
        assert await _answer(client, _silence(closed)) == [1]
        assert closed == [True]

    _run(run())


def test_an_answer_that_breaks_is_never_called_complete() -> None:
    async def run() -> None:
        client, closed = _Client(), list[bool]()
        with pytest.raises(BrokenOff, match=r"^FileNotFoundError$"):
            await _answer(client, _broken(closed))
        assert all(message.get("more_body") is not False for message in client.got)
        assert closed == [True]

    _run(run())


def test_a_server_that_gives_up_waiting_still_closes_what_was_open() -> None:
    async def run() -> None:
        client, closed = _Client(), list[bool]()
        answering = asyncio.ensure_future(_answer(client, _silence(closed)))
        await asyncio.sleep(0.05)
        answering.cancel()
        with pytest.raises(asyncio.CancelledError):
            await answering
        assert closed == [True]

    _run(run())
