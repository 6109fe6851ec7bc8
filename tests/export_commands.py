"""Commands to an export, short to write: two files from two chunks of ten rows, unless a test says
otherwise. Also commands to a download of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

from domain.downloads.decide import EndDownload, GrantDownload, StartDownload
from domain.downloads.events import Via
from domain.exports.commands import (
    CancelExport,
    ExpireExport,
    ExportCommand,
    FailExport,
    FinishExtraction,
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
from domain.exports.decide import decide
from domain.exports.events import (
    ChosenField,
    ChosenOrder,
    ExportEvent,
    PlannedColumn,
    PlannedFile,
    WantedFile,
)
from domain.exports.failures import Reason
from domain.exports.state import Export, evolve
from domain.priority import Priority
from tests.deciders import Decider, Given

EXPORTS: Decider[Export, ExportCommand, ExportEvent] = Decider(decide=decide, evolve=evolve)
GivenExport: TypeAlias = Given[Export, ExportCommand, ExportEvent]

AT = datetime(2026, 3, 1, 12, 0, 0, 250, tzinfo=UTC)
LATER = AT + timedelta(hours=1)
KEPT_UNTIL = AT + timedelta(days=7)
SOMEBODY = UUID("6f6e6d6c-6b6a-4968-a766-656463626160")
SOMEBODY_ELSE = UUID("0f0e0d0c-0b0a-4908-8706-050403020100")
EXPORT = UUID("11111111-2222-4333-8444-555555555555")
FILES = ("csv", "ndjson.gz")
ROWS = 10
"""In a chunk."""


def request(**changes: Any) -> RequestExport:
    names = changes.pop("files", FILES)
    values: dict[str, Any] = {
        "workspace": "main",
        "requested_by": SOMEBODY,
        "purpose": None,
        "dataset": "orders",
        "fields": (ChosenField(name="id"), ChosenField(name="city", label="Town")),
        "filter": {"op": "=", "field": "city", "value": "Łódź"},
        "order": (ChosenOrder(field="id", direction="asc"),),
        "limit": None,
        "files": tuple(WantedFile(name=name, format={"format": name}) for name in names),
        "priority": Priority.NORMAL,
        "retention_days": 7,
        "request_digest": "d1",
        "at": AT,
    }
    return RequestExport(**values | changes)


def plan(**changes: Any) -> PlanExport:
    values: dict[str, Any] = {
        "dataset_version": "v1",
        "dataset_label": "Orders",
        "columns": (PlannedColumn(name="id", label="Id", type="integer"),),
        "sentence": "City is Łódź",
        "estimated_rows": 20,
        "row_cap": None,
        "fragment_rows": ROWS,
        "chunk_rows": ROWS,
        "files": tuple(PlannedFile(name=name, codec="1") for name in FILES),
        "at": AT,
    }
    return PlanExport(**values | changes)


def start(attempt: int = 1) -> StartExtraction:
    return StartExtraction(attempt=attempt, at=AT)


def stage(index: int, rows: int = ROWS, attempt: int = 1) -> StageChunk:
    return StageChunk(
        attempt=attempt, index=index, rows=rows, size=rows * 9, sha256=f"staged {index}", at=AT
    )


def finish(
    chunks: int = 2, rows: int | None = None, matched: int | None = None, attempt: int = 1
) -> FinishExtraction:
    total = chunks * ROWS if rows is None else rows
    return FinishExtraction(
        attempt=attempt,
        rows=total,
        chunks=chunks,
        matched=total if matched is None else matched,
        taken_at=AT,
        at=AT,
    )


def render(
    index: int,
    file: str = "csv",
    rows: int | None = None,
    rejected: int = 0,
    attempt: int = 1,
) -> RecordChunk:
    return RecordChunk(
        attempt=attempt,
        index=index,
        file=file,
        rows=ROWS - rejected if rows is None else rows,
        rejected=rejected,
        size=80,
        sha256=f"part {index} of {file}",
        at=AT,
    )


def assemble(file: str = "csv", attempt: int = 1, at: datetime = AT) -> RecordFile:
    return RecordFile(
        attempt=attempt,
        file=file,
        size=160,
        sha256=f"{file}",
        content_sha256=f"content of {file}",
        waybill_sha256=f"waybill of {file}",
        at=at,
    )


def fail(
    reason: Reason = Reason.SOURCE_UNAVAILABLE,
    attempt: int | None = None,
    at: datetime = AT,
    retries: int = 0,
) -> FailExport:
    return FailExport(reason=reason, detail=None, attempt=attempt, retries=retries, at=at)


def cancel(by: UUID = SOMEBODY) -> CancelExport:
    return CancelExport(by=by, at=AT)


def pause(by: UUID = SOMEBODY) -> PauseExport:
    return PauseExport(by=by, at=AT)


def resume(by: UUID = SOMEBODY) -> ResumeExport:
    return ResumeExport(by=by, at=AT)


def retry(by: UUID = SOMEBODY) -> RetryExport:
    return RetryExport(by=by, at=AT)


def expire(at: datetime = LATER) -> ExpireExport:
    return ExpireExport(at=at)


def extraction(attempt: int = 1, chunks: int = 2) -> list[ExportCommand]:
    """From the start of an extraction to its end."""
    staged = [stage(index, attempt=attempt) for index in range(chunks)]
    return [start(attempt), *staged, finish(chunks, attempt=attempt)]


def renders(attempt: int = 1, chunks: int = 2, files: tuple[str, ...] = FILES) -> list[RecordChunk]:
    return [render(index, file, attempt=attempt) for index in range(chunks) for file in files]


def whole_life(chunks: int = 2) -> list[ExportCommand]:
    """From the request to the last file."""
    return [
        request(),
        plan(),
        *extraction(chunks=chunks),
        *renders(chunks=chunks),
        *(assemble(file) for file in FILES),
    ]


def grant(**changes: Any) -> GrantDownload:
    values: dict[str, Any] = {
        "workspace": "main",
        "export_id": EXPORT,
        "file": "csv",
        "granted_to": SOMEBODY,
        "via": Via.TICKET,
        "expires_at": LATER,
        "at": AT,
    }
    return GrantDownload(**values | changes)


def start_download(first: int = 0, length: int = 100, at: datetime = AT) -> StartDownload:
    return StartDownload(first=first, length=length, at=at)


def end_download(number: int = 1, sent: int = 100) -> EndDownload:
    return EndDownload(number=number, sent=sent, at=AT)


NEW = EXPORTS.told(request())
PLANNED = NEW.told(plan())
EXTRACTING = PLANNED.told(start())
STAGED = PLANNED.told(*extraction())
RENDERED = STAGED.told(*renders())
COMPLETED = EXPORTS.told(*whole_life())
CANCELLED = EXTRACTING.told(cancel())
FAILED = STAGED.told(fail())
EXPIRED = COMPLETED.told(expire())
