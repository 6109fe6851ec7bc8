"""A WebSocket's client without a socket: it speaks ASGI with the app."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.types import ASGIApp, Message

PATIENCE = 30.0


class SocketClosed(Exception):
    """The service has ended the socket."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason


class FakeSocket:
    """`readable` is cleared by a client that doesn't read: what is sent to it then waits."""

    def __init__(self) -> None:
        self.readable = asyncio.Event()
        self.readable.set()
        self.waiting = 0
        self._to_app: asyncio.Queue[Message] = asyncio.Queue()
        self._from_app: asyncio.Queue[Message] = asyncio.Queue()

    async def say(self, message: Any) -> None:
        """JSON for what isn't text or bytes already."""
        kind = "bytes" if isinstance(message, bytes) else "text"
        value = message if isinstance(message, str | bytes) else json.dumps(message)
        await self._to_app.put({"type": "websocket.receive", kind: value})

    async def hear(self) -> dict[str, Any]:
        """The next message. Raises `SocketClosed`."""
        message = await asyncio.wait_for(self._from_app.get(), PATIENCE)
        match message["type"]:
            case "websocket.close":
                raise SocketClosed(message["code"], message["reason"])
            case "websocket.accept":
                return await self.hear()
            case _:
                return dict(json.loads(message["text"]))

    async def closed(self) -> SocketClosed:
        """How the service ends the socket, after whatever it still says."""
        try:
            while True:
                await self.hear()
        except SocketClosed as closed:
            return closed

    def silent(self) -> bool:
        """Whether nothing waits to be heard."""
        return self._from_app.empty()

    async def receive(self) -> Message:
        return await self._to_app.get()

    async def send(self, message: Message) -> None:
        self.waiting += 1
        await self.readable.wait()
        self.waiting -= 1
        await self._from_app.put(message)

    async def leave(self) -> None:
        await self._to_app.put({"type": "websocket.disconnect", "code": 1000})


@asynccontextmanager
async def connected(app: ASGIApp, path: str, **headers: str) -> AsyncIterator[FakeSocket]:
    """A client of this path; it leaves at the end, and the app must then end too."""
    socket = FakeSocket()
    scope = {
        "type": "websocket",
        "asgi": {"version": "3.0"},
        "scheme": "ws",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "subprotocols": [],
        "state": {},
    }
    await socket._to_app.put({"type": "websocket.connect"})
    serving = asyncio.ensure_future(app(scope, socket.receive, socket.send))
    try:
        yield socket
    finally:
        await socket.leave()
        await asyncio.wait_for(serving, PATIENCE)
