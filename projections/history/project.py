"""How each event changes an export's row. A row has a fixed size, however many chunks there are:
it counts them, which is enough as the deciders record no chunk twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

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
)
from domain.exports.state import Ending, Status
from domain.ports import Recorded
from projections.history.row import FileStatus, HistoryField, HistoryFile, HistoryRow
from projections.read_model import HistoryBroken
from projections.texts import storable


def project(row: HistoryRow | None, recorded: Recorded) -> HistoryRow:
    """The row after one more event. Raises `HistoryBroken` for an event that can't come here."""
    event = recorded.event
    if not isinstance(event, ExportEvent):
        raise HistoryBroken(f"{type(event).__name__} is no event of an export")
    if isinstance(event, ExportRequested):
        return _requested(recorded, event)
    if row is None:
        raise HistoryBroken(f"{recorded.aggregate_id} begins with {type(event).__name__}")
    return replace(
        _projected(row, event),
        changed_at=event.at,
        version=recorded.version,
        position=recorded.position,
    )


def _requested(recorded: Recorded, event: ExportRequested) -> HistoryRow:
    return HistoryRow(
        export_id=recorded.aggregate_id,
        workspace=event.workspace,
        requested_by=event.requested_by,
        purpose=event.purpose,
        dataset=storable(event.dataset),
        fields=tuple(_field(field.name, field.label) for field in event.fields),
        files=tuple(HistoryFile(name=storable(file.name)) for file in event.files),
        priority=event.priority,
        requested_at=event.at,
        changed_at=event.at,
        version=recorded.version,
        position=recorded.position,
    )


def _projected(row: HistoryRow, event: ExportEvent) -> HistoryRow:  # noqa: C901 - a case per event
    match event:
        case ExportRequested():
            return row
        case ExportPlanned():
            return _planned(row, event)
        case ExtractionStarted(attempt=attempt, at=at):
            again = _without_extraction(row)
            return replace(again, attempt=attempt, extracting=True, started_at=row.started_at or at)
        case ChunkStaged(rows=rows, size=size):
            return replace(
                row,
                rows_staged=row.rows_staged + rows,
                bytes_staged=row.bytes_staged + size,
                chunks_staged=row.chunks_staged + 1,
            )
        case ExtractionFinished(rows=rows, chunks=chunks, matched=matched):
            return replace(
                row, extracting=False, rows_total=rows, chunks_total=chunks, matched=matched
            )
        case ChunkRendered(file=file):
            return _with_file(row, file, lambda known: _rendered(known, event))
        case FileAssembled(file=file):
            return _with_file(row, file, lambda known: _assembled(known, event))
        case ExportFailed(reason=reason, detail=detail):
            return replace(_ended(row, event), reason=reason, detail=detail)
        case ExportCompleted() | ExportCompletedTruncated() | ExportCancelled():
            return _ended(row, event)
        case ExportPaused():
            return replace(row, paused=True)
        case ExportResumed():
            return replace(row, paused=False)
        case RetryRequested(extract_again=extract_again):
            return _retried(_without_extraction(row) if extract_again else row)
        case FileDestroyed(file=file):
            return _with_file(row, file, _destroyed)
        case ExportExpired(at=at):
            return replace(row, expired_at=at)
        case _:
            assert_never(event)


def _planned(row: HistoryRow, event: ExportPlanned) -> HistoryRow:
    return replace(
        row,
        dataset_label=storable(event.dataset_label),
        fields=tuple(_field(column.name, column.label) for column in event.columns),
        sentence=storable(event.sentence),
        estimated_rows=event.estimated_rows,
        row_cap=event.row_cap,
    )


def _field(name: str, label: str | None) -> HistoryField:
    return HistoryField(name=storable(name), label=None if label is None else storable(label))


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


def _with_file(
    row: HistoryRow, name: str, change: Callable[[HistoryFile], HistoryFile]
) -> HistoryRow:
    name = storable(name)
    files = tuple(change(file) if file.name == name else file for file in row.files)
    return replace(row, files=files)


def _rendered(file: HistoryFile, event: ChunkRendered) -> HistoryFile:
    return replace(
        file,
        status=FileStatus.RENDERING,
        parts=file.parts + 1,
        rows=file.rows + event.rows,
        rejected=file.rejected + event.rejected,
        size=file.size + event.size,
    )


def _assembled(file: HistoryFile, event: FileAssembled) -> HistoryFile:
    return replace(
        file,
        status=FileStatus.ASSEMBLED,
        rows=event.rows,
        rejected=event.rejected,
        size=event.size,
        sha256=event.sha256,
    )


def _destroyed(file: HistoryFile) -> HistoryFile:
    return replace(file, status=FileStatus.DESTROYED)


def _ended(row: HistoryRow, event: Ending) -> HistoryRow:
    return replace(
        row,
        ending=_ENDINGS[type(event)],
        paused=False,
        ended_at=event.at,
        expires_at=event.expires_at,
    )


_ENDINGS: dict[type[Ending], Status] = {
    ExportCompleted: Status.COMPLETED,
    ExportCompletedTruncated: Status.TRUNCATED,
    ExportFailed: Status.FAILED,
    ExportCancelled: Status.CANCELLED,
}


def _retried(row: HistoryRow) -> HistoryRow:
    return replace(
        row,
        ending=None,
        reason=None,
        detail=None,
        ended_at=None,
        expires_at=None,
        retries=row.retries + 1,
    )
