"""Watching an export until it ends, through lost connections and restarted servers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import httpx

from cli import wording
from cli.bars import Bar
from cli.client import Api
from cli.exits import Code, Refused
from cli.sse import Message, messages
from domain.exports.state import TERMINAL

ENDED = frozenset(status.value for status in TERMINAL)
_PAUSE = 1.0
_ALMOST = 0.99  # an estimate never says that all is done


def watch(api: Api, export_id: str, bar: Bar, patience: float = 60.0) -> dict[str, Any]:
    """Shows how far it is, and returns the export when it has ended."""
    seen = Seen()
    for message in follow(api, export_id, patience):
        seen = seen.after(message)
        bar.to(seen.share, seen.status, seen.detail)
    export: dict[str, Any] = api.get(f"/v1/exports/{export_id}")
    return export


def follow(api: Api, export_id: str, patience: float) -> Iterator[Message]:
    """Every event once, in order, whatever happens to the connection; ticks as they come.

    Raises `Refused` when the server is away for longer than `patience` seconds."""
    last, status = 0, ""
    away_since: float | None = None
    while True:
        try:
            with api.stream(f"/v1/exports/{export_id}/progress", _from(last)) as answer:
                for message in messages(answer.iter_lines()):
                    away_since = None
                    last = message.id or last
                    status = message.data.get("status", status)
                    yield message
            if status in ENDED:
                return
        except (httpx.TransportError, Refused) as error:
            if isinstance(error, Refused) and error.code is not Code.UNREACHABLE:
                raise
            away_since = away_since or time.monotonic()
            if time.monotonic() - away_since >= patience:
                raise _lost(api, export_id, error) from error
        time.sleep(_PAUSE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An export as its events and ticks tell it."""

    status: str = "queued"
    rows: int = 0
    total: int | None = None
    share: float = 0.0
    eta: int | None = None

    @property
    def detail(self) -> str:
        of = f" of {wording.count(self.total)}" if self.total else ""
        left = f", {wording.duration(self.eta)} left" if self.eta else ""
        return f"{wording.count(self.rows)}{of} rows{left}"

    def after(self, message: Message) -> Seen:
        if message.event == "tick":
            return self._ticked(message.data)
        progress = message.data["progress"]
        return Seen(
            status=message.data["status"],
            rows=self._rows(progress),
            total=progress["rows_total"] or progress["estimated_rows"],
            share=max(self.share, _share(progress)),
            eta=progress["eta_seconds"],
        )

    def _rows(self, progress: dict[str, Any]) -> int:
        """A tick may be ahead of the event; a new attempt begins at nothing."""
        rows: int = progress["rows"]
        ahead = rows and progress["rows_total"] is None
        return max(rows, self.rows) if ahead else rows

    def _ticked(self, tick: dict[str, Any]) -> Seen:
        total = tick["estimated_rows"]
        share = min(_ALMOST, tick["rows"] / total) / 2 if total else 0.0
        return replace(self, rows=max(self.rows, tick["rows"]), share=max(self.share, share))


def _share(progress: dict[str, Any]) -> float:
    """While rows are still read, half of what the estimate says: the rest is rendering."""
    if progress["fraction"] is not None:
        return float(progress["fraction"])
    estimated = progress["estimated_rows"]
    return min(_ALMOST, progress["rows"] / estimated) / 2 if estimated else 0.0


def _from(last: int) -> dict[str, str]:
    return {"Last-Event-ID": str(last)} if last else {}


def _lost(api: Api, export_id: str, error: Exception) -> Refused:
    return Refused(
        f"{api.url} doesn't answer any more ({type(error).__name__}). The export goes on without "
        f"you; later: waybill exports show {export_id} --watch",
        Code.UNREACHABLE,
    )
