"""What can be asked of an export. Times, ids and measured facts arrive as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from domain.exports.events import (
    ChosenField,
    ChosenOrder,
    ChosenSheet,
    Json,
    PlannedColumn,
    PlannedFile,
    PlannedSheet,
    WantedFile,
)
from domain.exports.failures import Reason
from domain.priority import Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestExport:
    workspace: str
    requested_by: UUID
    purpose: UUID | None
    dataset: str
    fields: tuple[ChosenField, ...]
    filter: Json | None
    order: tuple[ChosenOrder, ...]
    limit: int | None
    files: tuple[WantedFile, ...]
    priority: Priority
    retention_days: int
    request_digest: str
    at: datetime
    sheets: tuple[ChosenSheet, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanExport:
    dataset_version: str
    dataset_label: str
    columns: tuple[PlannedColumn, ...]
    sentence: str
    estimated_rows: int | None
    row_cap: int | None
    fragment_rows: int
    chunk_rows: int
    files: tuple[PlannedFile, ...]
    at: datetime
    sheets: tuple[PlannedSheet, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StartExtraction:
    """`attempt` is the number this attempt gets: one more than the last."""

    attempt: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StageChunk:
    attempt: int
    index: int
    rows: int
    size: int
    sha256: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishSheet:
    attempt: int
    index: int
    rows: int
    chunks: int
    matched: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishExtraction:
    attempt: int
    rows: int
    chunks: int
    matched: int
    taken_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordChunk:
    attempt: int
    index: int
    file: str
    rows: int
    rejected: int
    size: int
    sha256: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFile:
    attempt: int
    file: str
    size: int
    sha256: str
    content_sha256: str
    waybill_sha256: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FailExport:
    """`attempt` is the extraction attempt that failed, None where no attempt is concerned, and
    `retries` how often the export had been retried then: what is said late, of an old attempt or of
    a run before the last retry, is refused."""

    reason: Reason
    detail: UUID | None
    attempt: int | None
    retries: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelExport:
    by: UUID
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseExport:
    by: UUID
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeExport:
    by: UUID
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryExport:
    by: UUID
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpireExport:
    """Said when the keys and bytes of every file are gone."""

    at: datetime


ExportCommand: TypeAlias = (
    RequestExport
    | PlanExport
    | StartExtraction
    | StageChunk
    | FinishSheet
    | FinishExtraction
    | RecordChunk
    | RecordFile
    | FailExport
    | CancelExport
    | PauseExport
    | ResumeExport
    | RetryExport
    | ExpireExport
)
