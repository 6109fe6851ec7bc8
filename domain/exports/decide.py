"""The rules: which facts a command leads to, given what is known.

A repeat of what is recorded already is no new fact and gives no events. What an old attempt says
is refused. Nothing here reads a clock or makes an id.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import assert_never

from domain.exports.commands import (
    CancelExport,
    ExpireExport,
    ExportCommand,
    FailExport,
    FinishExtraction,
    FinishSheet,
    PauseExport,
    PlanExport,
    RecordChunk,
    RecordFile,
    RequestExport,
    ResumeExport,
    RetryExport,
    StageChunk,
    StartExtraction,
)
from domain.exports.errors import (
    AttemptSuperseded,
    ChunksMissing,
    ChunkUnknown,
    ExportEnded,
    ExportNotEnded,
    ExportNotPaused,
    ExportNotPlanned,
    ExportUnknown,
    IdempotencyKeyReused,
    NothingToRetry,
    RowsDoNotAddUp,
    SheetsMissing,
)
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
from domain.exports.failures import EXTRACT_AGAIN
from domain.exports.state import Export


def decide(command: ExportCommand, export: Export | None) -> list[ExportEvent]:  # noqa: C901
    """The new facts, in order; one case per command. Raises an `ExportRuleBroken`."""
    if isinstance(command, RequestExport):
        return _request(command, export)
    if export is None:
        raise ExportUnknown
    match command:
        case PlanExport():
            return _plan(command, export)
        case StartExtraction():
            return _start_extraction(command, export)
        case StageChunk():
            return _stage_chunk(command, export)
        case FinishSheet():
            return _finish_sheet(command, export)
        case FinishExtraction():
            return _finish_extraction(command, export)
        case RecordChunk():
            return _record_chunk(command, export)
        case RecordFile():
            return _record_file(command, export)
        case FailExport():
            return _fail(command, export)
        case CancelExport():
            return _cancel(command, export)
        case PauseExport():
            return _pause(command, export)
        case ResumeExport():
            return _resume(command, export)
        case RetryExport():
            return _retry(command, export)
        case ExpireExport():
            return _expire(command, export)
        case _:
            assert_never(command)


def _request(command: RequestExport, export: Export | None) -> list[ExportEvent]:
    if export is None:
        requested = ExportRequested(
            workspace=command.workspace,
            requested_by=command.requested_by,
            purpose=command.purpose,
            dataset=command.dataset,
            fields=command.fields,
            filter=command.filter,
            order=command.order,
            limit=command.limit,
            files=command.files,
            priority=command.priority,
            retention_days=command.retention_days,
            request_digest=command.request_digest,
            at=command.at,
        )
        if not command.sheets:
            return [requested]
        return [requested, SheetsRequested(sheets=command.sheets, at=command.at)]
    if export.request.request_digest != command.request_digest:
        raise IdempotencyKeyReused
    return []


def _plan(command: PlanExport, export: Export) -> list[ExportEvent]:
    if export.plan is not None or export.ended:
        return []
    planned = ExportPlanned(
        dataset_version=command.dataset_version,
        dataset_label=command.dataset_label,
        columns=command.columns,
        sentence=command.sentence,
        estimated_rows=command.estimated_rows,
        row_cap=command.row_cap,
        fragment_rows=command.fragment_rows,
        chunk_rows=command.chunk_rows,
        files=command.files,
        at=command.at,
    )
    if not command.sheets:
        return [planned]
    return [SheetsPlanned(sheets=command.sheets, at=command.at), planned]


def _start_extraction(command: StartExtraction, export: Export) -> list[ExportEvent]:
    if export.plan is None:
        raise ExportNotPlanned
    if export.ended:
        raise ExportEnded
    if export.extraction is not None or command.attempt != export.attempt + 1:
        raise AttemptSuperseded
    return [ExtractionStarted(attempt=command.attempt, at=command.at)]


def _stage_chunk(command: StageChunk, export: Export) -> list[ExportEvent]:
    _refuse_old(command.attempt, export)
    if command.index in export.staged:
        return []
    if not export.extracting:
        raise AttemptSuperseded
    return [
        ChunkStaged(
            attempt=command.attempt,
            index=command.index,
            rows=command.rows,
            size=command.size,
            sha256=command.sha256,
            at=command.at,
        )
    ]


def _finish_sheet(command: FinishSheet, export: Export) -> list[ExportEvent]:
    _refuse_old(command.attempt, export)
    read = export.sheets_read
    if command.index < len(read):
        return []
    if command.index > len(read) or command.index > len(export.sheets):
        raise SheetsMissing
    chunks = command.chunks + sum(each.chunks for each in read)
    rows = command.rows + sum(each.rows for each in read)
    _check_rows(chunks, rows, command.rows, command.matched, export)
    return [
        SheetExtracted(
            attempt=command.attempt,
            index=command.index,
            rows=command.rows,
            chunks=command.chunks,
            matched=command.matched,
            at=command.at,
        )
    ]


def _finish_extraction(command: FinishExtraction, export: Export) -> list[ExportEvent]:
    _refuse_old(command.attempt, export)
    if export.extraction is not None:
        return []
    _check_rows(command.chunks, command.rows, command.rows, command.matched, export)
    if export.sheets:
        if len(export.sheets_read) != 1 + len(export.sheets):
            raise SheetsMissing
        if command.matched != sum(each.matched for each in export.sheets_read):
            raise RowsDoNotAddUp
    return [
        ExtractionFinished(
            attempt=command.attempt,
            rows=command.rows,
            chunks=command.chunks,
            matched=command.matched,
            taken_at=command.taken_at,
            at=command.at,
        )
    ]


def _check_rows(chunks: int, staged: int, rows: int, matched: int, export: Export) -> None:
    """So many `chunks` with so many rows must be `staged` by now. Of the last dataset's `matched`
    rows only a cap leaves out some: nothing is truncated silently."""
    if set(export.staged) != set(range(chunks)):
        raise ChunksMissing
    if sum(chunk.rows for chunk in export.staged.values()) != staged:
        raise RowsDoNotAddUp
    cap = export.plan.row_cap if export.plan else None
    if matched != rows and not (staged == cap and matched > rows):
        raise RowsDoNotAddUp


def _record_chunk(command: RecordChunk, export: Export) -> list[ExportEvent]:
    _refuse_old(command.attempt, export)
    if (command.index, command.file) in export.rendered:
        return []  # rendering is deterministic: the first result wins, a second is the same
    staged = export.staged.get(command.index)
    if staged is None or command.file not in _wanted(export):
        raise ChunkUnknown
    if command.rows + command.rejected != staged.rows:
        raise RowsDoNotAddUp
    return [
        ChunkRendered(
            attempt=command.attempt,
            index=command.index,
            file=command.file,
            rows=command.rows,
            rejected=command.rejected,
            size=command.size,
            sha256=command.sha256,
            at=command.at,
        )
    ]


def _record_file(command: RecordFile, export: Export) -> list[ExportEvent]:
    if command.file in export.assembled and command.attempt == export.attempt:
        return []
    _refuse_old(command.attempt, export)
    if command.file not in _wanted(export):
        raise ChunkUnknown
    if not export.is_rendered(command.file):
        raise ChunksMissing
    parts = export.parts(command.file)
    assembled = FileAssembled(
        file=command.file,
        size=command.size,
        sha256=command.sha256,
        content_sha256=command.content_sha256,
        rows=sum(part.rows for part in parts),
        rejected=sum(part.rejected for part in parts),
        waybill_sha256=command.waybill_sha256,
        at=command.at,
    )
    if set(export.assembled) | {command.file} != _wanted(export):
        return [assembled]
    return [assembled, _complete(export, assembled, command.at)]


def _complete(
    export: Export, last: FileAssembled, at: datetime
) -> ExportCompleted | ExportCompletedTruncated:
    """A cap is a state of its own. Rows count as rejected when any of the files lacks them."""
    assert export.extraction is not None  # noqa: S101 - is_rendered said so
    assert export.plan is not None  # noqa: S101 - nothing is extracted without a plan
    rejected = max(file.rejected for file in (*export.assembled.values(), last))
    rows = export.extraction.rows - rejected
    expires_at = _expiry(export, at)
    if export.extraction.matched == export.extraction.rows:
        return ExportCompleted(rows=rows, rejected=rejected, expires_at=expires_at, at=at)
    return ExportCompletedTruncated(
        rows=rows,
        rejected=rejected,
        matched=export.extraction.matched,
        row_cap=export.plan.row_cap or export.extraction.rows,
        expires_at=expires_at,
        at=at,
    )


def _fail(command: FailExport, export: Export) -> list[ExportEvent]:
    if export.ended:
        return []
    if command.retries != export.retries or command.attempt not in (None, export.attempt):
        raise AttemptSuperseded
    return [
        ExportFailed(
            reason=command.reason,
            detail=command.detail,
            expires_at=_expiry(export, command.at),
            at=command.at,
        )
    ]


def _cancel(command: CancelExport, export: Export) -> list[ExportEvent]:
    if isinstance(export.ending, ExportCancelled) and export.expired_at is None:
        return []
    if export.ended:
        raise ExportEnded
    return [
        ExportCancelled(
            cancelled_by=command.by, expires_at=_expiry(export, command.at), at=command.at
        )
    ]


def _pause(command: PauseExport, export: Export) -> list[ExportEvent]:
    if export.ended:
        raise ExportEnded
    return [] if export.paused else [ExportPaused(paused_by=command.by, at=command.at)]


def _resume(command: ResumeExport, export: Export) -> list[ExportEvent]:
    if export.ended:
        raise ExportEnded
    if not export.paused:
        raise ExportNotPaused
    return [ExportResumed(resumed_by=command.by, at=command.at)]


def _retry(command: RetryExport, export: Export) -> list[ExportEvent]:
    if export.expired_at is not None:
        raise ExportEnded
    if not isinstance(export.ending, ExportFailed | ExportCancelled):
        raise NothingToRetry
    if export.ending.expires_at <= command.at:
        raise ExportEnded  # its keys may be being destroyed at this moment
    lost = isinstance(export.ending, ExportFailed) and export.ending.reason in EXTRACT_AGAIN
    return [
        RetryRequested(
            requested_by=command.by,
            extract_again=lost or export.extraction is None,
            at=command.at,
        )
    ]


def _expire(command: ExpireExport, export: Export) -> list[ExportEvent]:
    if export.ending is None:
        raise ExportNotEnded
    if export.expired_at is not None:
        return []
    files = [
        FileDestroyed(file=file.file, sha256=file.sha256, at=command.at)
        for file in export.assembled.values()
    ]
    return [*files, ExportExpired(at=command.at)]


def _refuse_old(attempt: int, export: Export) -> None:
    """What counts is the current attempt of a run that has not ended, unless a retry has discarded
    what it extracted."""
    if attempt != export.attempt:
        raise AttemptSuperseded
    if export.ended:
        raise ExportEnded
    if not export.extracting and export.extraction is None:
        raise AttemptSuperseded


def _wanted(export: Export) -> set[str]:
    return {file.name for file in export.request.files}


def _expiry(export: Export, at: datetime) -> datetime:
    return at + timedelta(days=export.request.retention_days)
