"""Answers in pieces that know how many bytes went out, also when the client goes away in between.

The framework's own class neither counts nor tells when a client has left.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping

from starlette.responses import Response
from starlette.types import Receive, Scope, Send


class BrokenOff(Exception):
    """The answer could not be completed after it had begun: its client sees that it is short."""


async def _nothing(_: int) -> None:
    return


class Streamed(Response):
    """`on_end` gets the number of bytes that were sent, once, however the answer ended."""

    def __init__(
        self,
        pieces: AsyncGenerator[bytes, None],
        *,
        status: int = 200,
        headers: Mapping[str, str],
        on_end: Callable[[int], Awaitable[None]] = _nothing,
    ) -> None:
        self._pieces = pieces
        self._on_end = on_end
        self.status_code = status
        self.background = None
        self._piece: asyncio.Future[bytes] | None = None
        self.init_headers(headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sent = 0
        gone = asyncio.create_task(_until_gone(receive))
        try:
            await send(
                {
                    "type": "http.response.start",
                    "status": self.status_code,
                    "headers": self.raw_headers,
                }
            )
            while piece := await self._next(gone):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                sent += len(piece)
            if not gone.done():
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        except OSError:
            return  # how some servers say that the client has left
        finally:
            gone.cancel()
            await asyncio.shield(self._finish(sent))

    async def _next(self, gone: asyncio.Task[None]) -> bytes:
        """The next piece; none at the end, and as soon as the client is gone."""
        self._piece = asyncio.ensure_future(anext(self._pieces, b""))
        await asyncio.wait({self._piece, gone}, return_when=asyncio.FIRST_COMPLETED)
        if gone.done():
            return b""
        try:
            return await self._piece
        except Exception as error:
            raise BrokenOff(type(error).__name__) from error

    async def _finish(self, sent: int) -> None:
        if self._piece is not None:
            self._piece.cancel()
            await asyncio.wait({self._piece})
        await self._pieces.aclose()
        await self._on_end(sent)


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
