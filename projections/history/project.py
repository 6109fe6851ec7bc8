"""How each event changes an export's row. A row has a fixed size, however many chunks there are:
it counts them, which is enough as the deciders record no chunk twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TypedDict, assert_never
from uuid import UUID

from domain.exports.events import (
    ChunkRendered,
    ChunkStaged,
    ExportCancelled,
    ExportCompleted,
    ExportCompletedTruncated,
    ExportEvent,
    ExportExpired,
    ExportFailed,
    ExportPaused,
    ExportPlanned,
    ExportRequested,
    ExportResumed,
    ExtractionFinished,
    ExtractionStarted,
    FileAssembled,
    FileDestroyed,
    RetryRequested,
    SheetExtracted,
    SheetsPlanned,
    SheetsRequested,
)
from domain.exports.state import STATUS_OF, Ending
from domain.ports import Recorded
from projections.history.files import HistoryFile, assembled, destroyed, rendered
from projections.history.row import HistoryRow
from projections.read_model import HistoryBroken
from projections.shown import sheets_asked, sheets_planned, shown_field
from projections.texts import storable


class _Seen(TypedDict):
    """What every event changes; in one copy with the rest, as copying a row is what a rebuild
    spends its time on."""

    changed_at: datetime
    version: int
    position: int


def project(row: HistoryRow | None, recorded: Recorded) -> HistoryRow:
    """The row after one more event. Raises `HistoryBroken` for an event that can't come here."""
    event = recorded.event
    if not isinstance(event, ExportEvent):
        raise HistoryBroken(f"{type(event).__name__} is no event of an export")
    seen = _Seen(changed_at=event.at, version=recorded.version, position=recorded.position)
    if row is not None:
        return _projected(row, event, seen)
    if isinstance(event, ExportRequested):
        return _requested(recorded.aggregate_id, event, seen)
    raise HistoryBroken(f"{recorded.aggregate_id} begins with {type(event).__name__}")


def _requested(export_id: UUID, event: ExportRequested, seen: _Seen) -> HistoryRow:
    return HistoryRow(
        export_id=export_id,
        workspace=event.workspace,
        requested_by=event.requested_by,
        purpose=event.purpose,
        dataset=storable(event.dataset),
        fields=tuple(map(shown_field, event.fields)),
        files=tuple(HistoryFile(name=storable(file.name)) for file in event.files),
        priority=event.priority,
        requested_at=event.at,
        **seen,
    )


def _projected(  # noqa: C901 - one case per event
    row: HistoryRow, event: ExportEvent, seen: _Seen
) -> HistoryRow:
    match event:
        case ExportRequested():
            raise HistoryBroken(f"{row.export_id} was requested twice")
        case SheetsRequested():
            return replace(row, sheets=sheets_asked(event), **seen)
        case SheetsPlanned():
            return replace(row, sheets=sheets_planned(row.sheets, event), **seen)
        case ExportPlanned():
            return _planned(row, event, seen)
        case ExtractionStarted():
            return _started(row, event, seen)
        case ChunkStaged():
            return _staged(row, event, seen)
        case SheetExtracted():
            return replace(row, **seen)
        case ExtractionFinished():
            return _finished(row, event, seen)
        case ChunkRendered():
            return replace(row, files=rendered(row.files, event), **seen)
        case FileAssembled():
            return replace(row, files=assembled(row.files, event), **seen)
        case ExportFailed(reason=reason, detail=detail):
            return replace(_ended(row, event, seen), reason=reason, detail=detail)
        case ExportCompleted() | ExportCompletedTruncated() | ExportCancelled():
            return _ended(row, event, seen)
        case ExportPaused():
            return replace(row, paused=True, **seen)
        case ExportResumed():
            return replace(row, paused=False, **seen)
        case RetryRequested(extract_again=extract_again):
            return _retried(_without_extraction(row) if extract_again else row, seen)
        case FileDestroyed():
            return replace(row, files=destroyed(row.files, event), **seen)
        case ExportExpired(at=at):
            return replace(row, expired_at=at, **seen)
        case _:
            assert_never(event)


def _planned(row: HistoryRow, event: ExportPlanned, seen: _Seen) -> HistoryRow:
    return replace(
        row,
        dataset_label=storable(event.dataset_label),
        fields=tuple(map(shown_field, event.columns)),
        sentence=storable(event.sentence),
        estimated_rows=event.estimated_rows,
        row_cap=event.row_cap,
        **seen,
    )


def _started(row: HistoryRow, event: ExtractionStarted, seen: _Seen) -> HistoryRow:
    """Only a further attempt has something to forget."""
    fresh = row if row.attempt == 0 else _without_extraction(row)
    began = row.started_at or event.at
    return replace(fresh, attempt=event.attempt, extracting=True, started_at=began, **seen)


def _staged(row: HistoryRow, event: ChunkStaged, seen: _Seen) -> HistoryRow:
    return replace(
        row,
        rows_staged=row.rows_staged + event.rows,
        bytes_staged=row.bytes_staged + event.size,
        chunks_staged=row.chunks_staged + 1,
        **seen,
    )


def _finished(row: HistoryRow, event: ExtractionFinished, seen: _Seen) -> HistoryRow:
    return replace(
        row,
        extracting=False,
        rows_total=event.rows,
        chunks_total=event.chunks,
        matched=event.matched,
        **seen,
    )


def _without_extraction(row: HistoryRow) -> HistoryRow:
    return replace(
        row,
        extracting=False,
        matched=None,
        rows_total=None,
        rows_staged=0,
        bytes_staged=0,
        chunks_staged=0,
        chunks_total=None,
        files=tuple(HistoryFile(name=file.name) for file in row.files),
    )


def _ended(row: HistoryRow, event: Ending, seen: _Seen) -> HistoryRow:
    return replace(
        row,
        ending=STATUS_OF[type(event)],
        paused=False,
        ended_at=event.at,
        expires_at=event.expires_at,
        **seen,
    )


def _retried(row: HistoryRow, seen: _Seen) -> HistoryRow:
    return replace(
        row,
        ending=None,
        reason=None,
        detail=None,
        ended_at=None,
        expires_at=None,
        retries=row.retries + 1,
        **seen,
    )
