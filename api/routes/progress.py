"""Live progress as server-sent events. `id` is the export's sequence number, so a client that
comes back with Last-Event-ID gets everything after it, once, in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated
from uuid import UUID

import orjson
from fastapi import Header, Query, Request, Response

from api import following
from api.auth import KeyWatch, Ports, WatchedReader
from api.following import News
from api.models.live import EventNews
from api.ports import ApiPorts
from api.routes.exports import present
from api.routing import routes
from api.streaming import Streamed

router = routes("exports")

HEARTBEAT = 15.0
"""Seconds of silence after which a comment keeps the connection open through proxies."""
_RECONNECT = b"retry: 1000\n\n"
_STILL_HERE = b": still here\n\n"
_STREAM = "text/event-stream"

LastEventId = Annotated[
    int | None, Header(alias="Last-Event-ID", ge=0, le=2**31 - 1, description="Overrides `after`.")
]


@router.get(
    "/v1/exports/{export_id}/progress",
    summary="An export's events and progress, live",
    response_class=Response,
    responses={
        200: {"description": "Server-sent events.", "content": {_STREAM: {}}},
        204: {"description": "The export has ended, and you have seen its last event."},
    },
)
async def follow_progress(
    request: Request,
    export_id: UUID,
    reader: WatchedReader,
    ports: Ports,
    after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    last_event_id: LastEventId = None,
) -> Response:
    key, watch = reader
    shown = await asyncio.to_thread(present(request).find, key.workspace, export_id)
    seen = after if last_event_id is None else last_event_id
    if shown.row.terminal and seen >= shown.row.version:
        return Response(status_code=204)  # how a browser learns not to come back for ever
    headers = {"Content-Type": _STREAM, "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Streamed(follow(ports, export_id, seen, watch), headers=headers)


async def follow(
    ports: ApiPorts, export_id: UUID, seen: int, watch: KeyWatch
) -> AsyncGenerator[bytes, None]:
    """Ends with the export, or with the service or the key, after which a client comes back by
    itself, and hears of a key that was revoked."""
    yield _RECONNECT
    stream = following.follow(ports, export_id, seen, silence=HEARTBEAT)
    async with aclosing(stream) as found:
        async for news in found:
            if not await watch.holds():
                return
            yield _STILL_HERE if news is None else _message(news)


def _message(news: News) -> bytes:
    """JSON has no line feeds, so one data line is enough."""
    number = b"id: %d\n" % news.data.sequence if isinstance(news.data, EventNews) else b""
    data = orjson.dumps(news.data.model_dump())
    return b"%sevent: %s\ndata: %s\n\n" % (number, news.name.encode(), data)
