"""The present state of one export, folded from the store: what a client reads includes everything
that was acknowledged before, whatever the read models have seen yet."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock
from uuid import UUID

from domain.exports.errors import ExportUnknown
from domain.exports.events import (
    ChosenSheet,
    ExportRequested,
    ExtractionFinished,
    SheetsRequested,
)
from domain.ports import EventStore, Recorded
from projections.history import HistoryRow, project


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An export as it is shown: the request, and the row that the history would have."""

    requested: ExportRequested
    row: HistoryRow
    sheets: tuple[ChosenSheet, ...] = ()
    taken_at: datetime | None = None


def advance(shown: Shown | None, recorded: Recorded) -> Shown | None:
    """The export after one more event; None for an aggregate that is no export."""
    event = recorded.event
    if isinstance(event, ExportRequested):
        return Shown(requested=event, row=project(None, recorded))
    if shown is None:
        return None
    taken_at = event.taken_at if isinstance(event, ExtractionFinished) else shown.taken_at
    sheets = event.sheets if isinstance(event, SheetsRequested) else shown.sheets
    return replace(shown, row=project(shown.row, recorded), sheets=sheets, taken_at=taken_at)


class Present:
    """Keeps the most recently shown exports, so that a client that polls costs the events since
    its last question. Safe across threads."""

    def __init__(self, store: EventStore, remember: int = 512) -> None:
        self._store = store
        self._remember = remember
        self._shown: OrderedDict[UUID, Shown] = OrderedDict()
        self._lock = Lock()

    def find(self, workspace: str, export_id: UUID) -> Shown:
        """Raises `ExportUnknown`, also for another workspace's export."""
        with self._lock:
            known = self._shown.get(export_id)
        news = self._store.read(export_id, after=known.row.version if known else 0)
        shown = _folded(known, news)
        if shown is None or shown.row.workspace != workspace:
            raise ExportUnknown
        self._keep(export_id, shown)
        return shown

    def _keep(self, export_id: UUID, shown: Shown) -> None:
        with self._lock:
            self._shown[export_id] = shown
            self._shown.move_to_end(export_id)
            if len(self._shown) > self._remember:
                self._shown.popitem(last=False)


def _folded(shown: Shown | None, news: Iterable[Recorded]) -> Shown | None:
    for recorded in news:
        shown = advance(shown, recorded)
    return shown
