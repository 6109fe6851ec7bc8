"""What can happen to an export. People are references; free text lives in the vault."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from domain.exports.failures import Reason
from domain.priority import Priority

Json: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenField:
    """A field of the dataset under the heading it has in the file, with the mask that was chosen
    for it as canonical JSON (`domain.masks`); None keeps the dataset's. `nested` is the JSON of a
    nested value (`domain.nesting`), with literals sealed as in `ExportRequested.filter`; `name` is
    then its relation."""

    name: str
    label: str | None = None
    mask: Json | None = None
    nested: Json | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenOrder:
    field: str
    direction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedFile:
    """`name` is the file's id within its export and its extension, such as `csv.gz`; `format` is
    the canonical JSON of a `domain.formats.FormatSpec`."""

    name: str
    format: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedColumn:
    """`type` is that of the values in the file; `mask` what they went through, None for nothing.
    `nested` has the members of a nested value's objects (`domain.nesting.planned_members`)."""

    name: str
    label: str
    type: str
    mask: Json | None = None
    nested: Json | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFile:
    """`codec` names the renderer, its version and the compressor with its version."""

    name: str
    codec: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenSheet:
    """A further dataset, whose rows are on a sheet of their own in the same workbook. It is asked
    for as the first one is by `ExportRequested`; `options` are the JSON of those options of a
    workbook that are other for this sheet (`domain.sheets`)."""

    dataset: str
    fields: tuple[ChosenField, ...]
    filter: Json | None
    order: tuple[ChosenOrder, ...]
    limit: int | None
    options: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSheet:
    """See `ExportPlanned`."""

    dataset_version: str
    dataset_label: str
    columns: tuple[PlannedColumn, ...]
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRequested:
    """`filter` is the filter's JSON with literals of personal-data fields sealed in the vault;
    `purpose` refers to the vault; `request_digest` tells a repeat from another request under the
    same Idempotency-Key."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetsRequested:
    """Of an export of several datasets, right behind `ExportRequested`: all but the first."""

    sheets: tuple[ChosenSheet, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetsPlanned:
    """Right before `ExportPlanned`, in the order of `SheetsRequested`."""

    sheets: tuple[PlannedSheet, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportPlanned:
    """What was decided before work began. `estimated_rows` and `row_cap` are of all sheets
    together; rows above the cap are left out, and said so. `fragment_rows`: rows in a fragment, the
    unit of rendering; `chunk_rows`: rows in a chunk, whole fragments; `sentence`: the filter in
    words."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractionStarted:
    attempt: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkStaged:
    """`size` is in bytes of staged text before compression, `sha256` is of it when compressed: it
    says as much, of a quarter of the bytes."""

    attempt: int
    index: int
    rows: int
    size: int
    sha256: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetExtracted:
    """All rows of one dataset of several are staged, in `chunks` of its own; what is staged behind
    this is the next one's. `index` 0 is that of `ExportRequested`. `rows` and `matched` as in
    `ExtractionFinished`, which has the sums."""

    attempt: int
    index: int
    rows: int
    chunks: int
    matched: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractionFinished:
    """`matched` counts the rows that the request asks for, `rows` those that were staged; they
    differ only where a cap applied. `taken_at` is the snapshot's instant."""

    attempt: int
    rows: int
    chunks: int
    matched: int
    taken_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkRendered:
    """`rows` were written, `rejected` were not and are listed in a sidecar; `size` and `sha256`
    are the rendered part's."""

    attempt: int
    index: int
    file: str
    rows: int
    rejected: int
    size: int
    sha256: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FileAssembled:
    """`sha256` is of the file, `content_sha256` of its content before compression;
    `waybill_sha256` of the signed waybill beside it."""

    file: str
    size: int
    sha256: str
    content_sha256: str
    rows: int
    rejected: int
    waybill_sha256: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportCompleted:
    rows: int
    rejected: int
    expires_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportCompletedTruncated:
    """The file is whole up to `row_cap`; `matched` - `row_cap` rows are not in it."""

    rows: int
    rejected: int
    matched: int
    row_cap: int
    expires_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFailed:
    """`detail` refers to the vault, as error texts can quote rows."""

    reason: Reason
    detail: UUID | None
    expires_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportCancelled:
    cancelled_by: UUID
    expires_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportPaused:
    paused_by: UUID
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportResumed:
    resumed_by: UUID
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryRequested:
    """`extract_again`: the rows are read anew; otherwise only what is missing is rendered."""

    requested_by: UUID
    extract_again: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDestroyed:
    """The file's key was destroyed, so no copy of it can be read again, and its bytes removed."""

    file: str
    sha256: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportExpired:
    at: datetime


Asked: TypeAlias = ExportRequested | ChosenSheet
"""What is asked of one dataset."""
Planned: TypeAlias = ExportPlanned | PlannedSheet
"""What was decided of one dataset."""

ExportEvent: TypeAlias = (
    ExportRequested
    | SheetsRequested
    | SheetsPlanned
    | ExportPlanned
    | ExtractionStarted
    | ChunkStaged
    | SheetExtracted
    | ExtractionFinished
    | ChunkRendered
    | FileAssembled
    | ExportCompleted
    | ExportCompletedTruncated
    | ExportFailed
    | ExportCancelled
    | ExportPaused
    | ExportResumed
    | RetryRequested
    | FileDestroyed
    | ExportExpired
)
