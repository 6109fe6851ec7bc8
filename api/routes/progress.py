"""Live progress as server-sent events. `id` is the export's sequence number, so a client that
comes back with Last-Event-ID gets everything after it, once, in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Header, Query, Request, Response

from api.auth import Ports, Reader
from api.ports import ApiPorts
from api.present import Shown, advance
from api.routes.exports import present
from api.streaming import Streamed
from api.tail import Watch
from api.views import progress_view
from domain.ports import Recorded, StoreUnavailable
from domain.streams import Tick
from schemas.registry import name_of

router = APIRouter(tags=["exports"])

HEARTBEAT = 15.0
"""Seconds of silence after which a comment keeps the connection open through proxies."""
_RECONNECT = b"retry: 1000\n\n"
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
    key: Reader,
    ports: Ports,
    after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    last_event_id: LastEventId = None,
) -> Response:
    shown = await asyncio.to_thread(present(request).find, key.workspace, export_id)
    seen = after if last_event_id is None else last_event_id
    if shown.row.terminal and seen >= shown.row.version:
        return Response(status_code=204)  # how a browser learns not to come back for ever
    headers = {"Content-Type": _STREAM, "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Streamed(follow(ports, export_id, seen), headers=headers)


async def follow(ports: ApiPorts, export_id: UUID, seen: int) -> AsyncGenerator[bytes, None]:
    """Ends after the event that ends the export, when all before it were sent; and when the
    service stops, after which a client comes back by itself."""
    yield _RECONNECT
    with ports.tail.watch(export_id) as watch:
        stream = _Stream(ports, export_id, seen)
        while not ports.tail.closing:
            watch.heard.clear()
            for message in await stream.news():
                yield message
            if stream.ended:
                return
            if message := stream.tick(watch.take_tick()):
                yield message
            if not await _heard(watch):
                yield b": still here\n\n"


@dataclass(slots=True)
class _Stream:
    """What one client has seen: everything up to `seen`. Events before that only shape `shown`."""

    ports: ApiPorts
    export_id: UUID
    seen: int
    shown: Shown | None = None

    @property
    def ended(self) -> bool:
        return self.shown is not None and self.shown.row.terminal

    async def news(self) -> list[bytes]:
        version = self.shown.row.version if self.shown else 0
        try:
            recorded = await asyncio.to_thread(self.ports.store.read, self.export_id, after=version)
        except StoreUnavailable:
            return []  # the next look shows what this one missed
        return [message for each in recorded if (message := self._advance(each))]

    def tick(self, tick: Tick | None) -> bytes:
        """Nothing for a tick that an event has overtaken."""
        shown = self.shown
        if tick is None or shown is None or not shown.row.extracting:
            return b""
        if tick.attempt != shown.row.attempt or tick.rows < shown.row.rows_staged:
            return b""
        data = {
            "at": tick.at,
            "attempt": tick.attempt,
            "rows": tick.rows,
            "bytes_read": tick.size,
            "estimated_rows": shown.row.estimated_rows,
        }
        return _message("tick", data)

    def _advance(self, recorded: Recorded) -> bytes:
        self.shown = advance(self.shown, recorded)
        if self.shown is None or recorded.version <= self.seen:
            return b""
        self.seen = recorded.version
        return _event(recorded, self.shown, self.ports.clock())


async def _heard(watch: Watch) -> bool:
    try:
        await asyncio.wait_for(watch.heard.wait(), HEARTBEAT)
    except TimeoutError:
        return False
    return True


def _event(recorded: Recorded, shown: Shown, now: datetime) -> bytes:
    row = shown.row
    data = {
        "sequence": recorded.version,
        "at": recorded.event.at,
        "status": row.status.value,
        "progress": progress_view(row, now).model_dump(),
        "reason": row.reason.value if row.reason else None,
    }
    return _message(name_of(recorded.event), data, recorded.version)


def _message(event: str, data: dict[str, Any], sequence: int | None = None) -> bytes:
    """JSON has no line feeds, so one data line is enough."""
    number = b"" if sequence is None else b"id: %d\n" % sequence
    return b"%sevent: %s\ndata: %s\n\n" % (number, event.encode(), orjson.dumps(data))
