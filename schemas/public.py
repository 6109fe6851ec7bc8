"""What subscribers see of an event: an allow-list, as a field that is added later must not become
public by itself. Filters, chosen fields, digests of chunks (few rows can be guessed from them) and
texts in the vault stay inside; people appear as references."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, get_type_hints
from uuid import UUID

from pydantic import BaseModel, ConfigDict, create_model

from domain.downloads.events import DownloadEnded, DownloadGranted, DownloadStarted
from domain.events import Event
from domain.exports.events import (
    ChosenSheet,
    ChunkRendered,
    ChunkStaged,
    ExportCancelled,
    ExportCompleted,
    ExportCompletedTruncated,
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
    PlannedSheet,
    RetryRequested,
    SheetExtracted,
    SheetsPlanned,
    SheetsRequested,
    WantedFile,
)
from domain.keys.events import KeyCreated, KeyRevoked
from domain.ports import Recorded
from domain.refusals.events import RefusalRecorded, RefusalsOmitted
from domain.streams import Envelope
from schemas.payloads import moment
from schemas.registry import kind_of, name_of

PUBLIC: Mapping[type[Event], tuple[str, ...]] = {
    ExportRequested: (
        "workspace",
        "dataset",
        "requested_by",
        "files",
        "priority",
        "retention_days",
    ),
    SheetsRequested: ("sheets",),
    SheetsPlanned: ("sheets",),
    ExportPlanned: ("dataset_version", "estimated_rows", "row_cap", "chunk_rows"),
    ExtractionStarted: ("attempt",),
    ChunkStaged: ("attempt", "index", "rows", "size"),
    SheetExtracted: ("attempt", "index", "rows", "chunks", "matched"),
    ExtractionFinished: ("attempt", "rows", "chunks", "matched", "taken_at"),
    ChunkRendered: ("attempt", "index", "file", "rows", "rejected", "size"),
    FileAssembled: ("file", "size", "sha256", "rows", "rejected"),
    ExportCompleted: ("rows", "rejected", "expires_at"),
    ExportCompletedTruncated: ("rows", "rejected", "matched", "row_cap", "expires_at"),
    ExportFailed: ("reason", "expires_at"),
    ExportCancelled: ("cancelled_by", "expires_at"),
    ExportPaused: ("paused_by",),
    ExportResumed: ("resumed_by",),
    RetryRequested: ("requested_by", "extract_again"),
    FileDestroyed: ("file", "sha256"),
    ExportExpired: (),
    DownloadGranted: ("workspace", "export_id", "file", "granted_to", "via", "expires_at"),
    DownloadStarted: ("number", "first", "length"),
    DownloadEnded: ("number", "sent"),
    RefusalRecorded: (
        "workspace",
        "by",
        "act",
        "export_id",
        "dataset",
        "file",
        "problem",
        "status",
    ),
    RefusalsOmitted: ("workspace", "by", "count", "since"),
    KeyCreated: ("workspace", "by", "holder", "scopes", "expires_at"),
    KeyRevoked: ("workspace", "by"),
}
"""`files` are shown by their names alone, and `sheets` by their datasets' ids or, once they are
planned, versions; an event's `at` is its envelope's."""


def to_envelope(recorded: Recorded, epoch: UUID) -> Envelope:
    """A recorded event as subscribers see it. Its data are JSON values, so that an envelope that
    came over Kafka equals one that didn't."""
    event = recorded.event
    name = name_of(event)
    return Envelope(
        position=recorded.position,
        epoch=epoch,
        kind=kind_of(name),
        aggregate_id=recorded.aggregate_id,
        version=recorded.version,
        type=name,
        at=event.at,
        data=public_payload(event),
    )


def public_payload(event: Event) -> dict[str, Any]:
    return {name: _shown(getattr(event, name)) for name in PUBLIC[type(event)]}


def public_model(event: type[Event]) -> type[BaseModel]:
    """Knows the JSON Schema of an event's public payload."""
    hints = get_type_hints(event)
    shown = {name: list[str] if name in _BY_NAME else hints[name] for name in PUBLIC[event]}
    fields: dict[str, Any] = {name: (hint, ...) for name, hint in shown.items()}
    return create_model(event.__name__, __config__=ConfigDict(extra="forbid"), **fields)


_BY_NAME = ("files", "sheets")


def _shown(value: object) -> object:
    match value:
        case UUID():
            return str(value)
        case datetime():
            return moment(value)
        case StrEnum():
            return value.value
        case tuple():
            return [_named(each) for each in value]
        case _:
            return value


def _named(value: object) -> object:
    match value:
        case WantedFile(name=name):
            return name
        case ChosenSheet(dataset=dataset):
            return dataset
        case PlannedSheet(dataset_version=version):
            return version
        case _:
            return value
