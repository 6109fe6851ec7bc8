"""An export told live, whatever the wire: every event once, in order, after the last that a client
has seen, and the newest tick in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from api.models.live import EventNews, TickNews
from api.ports import ApiPorts
from api.present import Shown, advance
from api.tail import Watch
from api.views import progress_view
from domain.ports import Recorded, StoreUnavailable
from domain.streams import Tick
from schemas.registry import name_of

TICK = "tick"


@dataclass(frozen=True, slots=True)
class News:
    """A stored event under its name, or a tick."""

    name: str
    data: EventNews | TickNews


async def follow(
    ports: ApiPorts,
    export_id: UUID,
    seen: int,
    *,
    silence: float,
    turn: AbstractAsyncContextManager[object] | None = None,
) -> AsyncGenerator[News | None, None]:
    """None after so many seconds without news. Ends after the event that ends the export, when all
    before it were told; and when the service stops. Events are read and handed out inside `turn`,
    so that streams which share one hold the events of one of them in memory at a time."""
    turn = turn or nullcontext()
    with ports.tail.watch(export_id) as watch:
        stream = _Stream(ports, export_id, seen)
        while not ports.tail.closing:
            watch.heard.clear()
            async with turn:
                for recorded in await stream.recorded():
                    if news := stream.advance(recorded):
                        yield news
            if stream.ended:
                return
            if tick := stream.tick(watch.take_tick()):
                yield tick
            if not await _heard(watch, silence):
                yield None


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

    async def recorded(self) -> list[Recorded]:
        version = self.shown.row.version if self.shown else 0
        try:
            return await asyncio.to_thread(self.ports.store.read, self.export_id, after=version)
        except StoreUnavailable:
            return []  # the next look shows what this one missed

    def advance(self, recorded: Recorded) -> News | None:
        self.shown = advance(self.shown, recorded)
        if self.shown is None or recorded.version <= self.seen:
            return None
        self.seen = recorded.version
        return _event(recorded, self.shown, self.ports.clock())

    def tick(self, tick: Tick | None) -> News | None:
        """Nothing for a tick that an event has overtaken."""
        shown = self.shown
        if tick is None or shown is None or not shown.row.extracting:
            return None
        if tick.attempt != shown.row.attempt or tick.rows < shown.row.rows_staged:
            return None
        return _tick(tick, shown)


async def _heard(watch: Watch, silence: float) -> bool:
    try:
        await asyncio.wait_for(watch.heard.wait(), silence)
    except TimeoutError:
        return False
    return True


def _event(recorded: Recorded, shown: Shown, now: datetime) -> News:
    row = shown.row
    return News(
        name_of(recorded.event),
        EventNews(
            sequence=recorded.version,
            at=recorded.event.at,
            status=row.status,
            progress=progress_view(row, now),
            reason=row.reason,
        ),
    )


def _tick(tick: Tick, shown: Shown) -> News:
    return News(
        TICK,
        TickNews(
            at=tick.at,
            attempt=tick.attempt,
            rows=tick.rows,
            bytes_read=tick.size,
            estimated_rows=shown.row.estimated_rows,
        ),
    )
