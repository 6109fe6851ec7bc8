"""An export as clients see it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from domain.exports.failures import Reason
from domain.exports.state import Status
from domain.priority import Priority
from projections.history import FileStatus


class ProgressView(BaseModel):
    """`rows` are those read from the source so far. `rows_total` and `fraction` are null until
    the last row was read; `fraction` is 1 only when every file is complete. `eta_seconds` is null
    when there is nothing to reckon from."""

    rows: int
    rows_total: int | None
    estimated_rows: int | None
    fraction: float | None
    chunks: int
    chunks_total: int | None
    parts: int
    parts_total: int | None
    bytes_read: int
    bytes_written: int
    eta_seconds: int | None


class FileLinks(BaseModel):
    """`rejections` is null when no row was rejected."""

    download: str
    waybill: str
    rejections: str | None
    tickets: str


class FileView(BaseModel):
    """`name` is the file's id within its export; `links` are null until it can be fetched.
    `sha256` (hex) is of the whole file."""

    name: str
    status: FileStatus
    size: int
    sha256: str | None
    rows: int
    rejected: int
    links: FileLinks | None


class FailureView(BaseModel):
    """`reason` is a code for scripts, `remedy` says what to do. `detail` is shown to keys that
    may download, as it can quote rows."""

    reason: Reason
    remedy: str
    detail: str | None = None


class ExportLinks(BaseModel):
    """`bundle` is null until all files can be fetched."""

    self: str
    events: str
    progress: str
    files: str
    bundle: str | None
    downloads: str


class NamedField(BaseModel):
    """`mask` is what its values go through, with every option said; null for nothing, and, until
    the plan has settled it, for what the dataset says. `nested` tells of a nested value what was
    asked for, and once there is a plan the members of its objects; null for a plain field."""

    name: str
    label: str | None = Field(description="The heading; null until the plan has settled it.")
    mask: dict[str, Any] | None = None
    nested: dict[str, Any] | None = None


class SheetView(BaseModel):
    """A dataset beside the first, on a sheet of its own. `dataset_label` and `filter_sentence` are
    null until there is a plan."""

    dataset: str
    dataset_label: str | None
    fields: list[NamedField]
    filter_sentence: str | None


class ExportView(BaseModel):
    """An export in a list. `sequence` counts its events; it is what the progress stream resumes
    from and what the ETag says."""

    id: UUID
    sequence: int
    status: Status
    dataset: str
    dataset_label: str | None
    requested_by: UUID
    fields: list[NamedField]
    filter_sentence: str | None
    sheets: list[SheetView]
    priority: Priority
    progress: ProgressView
    rows_matched: int | None
    row_cap: int | None
    rows_rejected: int
    files: list[FileView]
    failure: FailureView | None
    attempt: int
    retries: int
    requested_at: datetime
    started_at: datetime | None
    changed_at: datetime
    ended_at: datetime | None
    expires_at: datetime | None
    expired_at: datetime | None
    links: ExportLinks


class OrderView(BaseModel):
    field: str
    direction: str


class SheetDetail(SheetView):
    """Values of personal-data fields in `filter` stay sealed; `options` are those of the workbook
    that are other on this sheet."""

    filter: dict[str, Any] | None
    order: list[OrderView]
    limit: int | None
    options: dict[str, Any]


class FormatView(BaseModel):
    """How the file of this name is written, every option said."""

    file: str
    format: dict[str, Any]


class ExportDetail(ExportView):
    """An export on its own. Values of personal-data fields in `filter` stay sealed; `purpose` is
    null when none was given or it was erased."""

    filter: dict[str, Any] | None
    order: list[OrderView]
    limit: int | None
    sheets: list[SheetDetail]  # type: ignore[assignment] # each of them is a SheetView
    formats: list[FormatView]
    purpose: str | None
    retention_days: int
    snapshot_at: datetime | None


class ExportPage(BaseModel):
    """The last requested first. `next_cursor` is null on the last page."""

    items: list[ExportView]
    next_cursor: str | None


class EventView(BaseModel):
    """One stored fact, as subscribers get it. `position` is its place in the whole log of the
    store's life `epoch`."""

    sequence: int
    position: int
    epoch: UUID
    type: str
    at: datetime
    data: dict[str, Any]


class EventPage(BaseModel):
    """In order. `next_after` is what `after` has to be for the next page; null when there is
    nothing more now."""

    items: list[EventView]
    next_after: int | None


class DownloadView(BaseModel):
    """A grant to fetch a file, and what was fetched under it."""

    id: UUID
    file: str
    granted_to: UUID
    via: Literal["key", "ticket"]
    granted_at: datetime
    expires_at: datetime | None
    transfers: int
    bytes_sent: int
    complete: bool
    last_started_at: datetime | None
    last_ended_at: datetime | None


class DownloadPage(BaseModel):
    items: list[DownloadView]
    next_cursor: str | None


class TicketView(BaseModel):
    """Whoever has the URL can fetch the file until it expires, without a key."""

    url: str
    expires_at: datetime
