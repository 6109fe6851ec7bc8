"""Which event stands under which name on the wire, and the way there and back.

A name is released with the first event stored under it: name and fields never change after that.
A change is a new name and a step from the old one in `schemas.upcasters`.
"""

from __future__ import annotations

from collections.abc import Mapping

import orjson
from pydantic import ValidationError

from domain.downloads.events import DownloadEnded, DownloadGranted, DownloadStarted
from domain.events import Event
from domain.exports.events import (
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
    RetryRequested,
    SheetExtracted,
    SheetsPlanned,
    SheetsRequested,
)
from domain.keys.events import KeyCreated, KeyRevoked
from domain.refusals.events import RefusalRecorded, RefusalsOmitted
from domain.streams import Kind
from schemas.payloads import reader, write
from schemas.upcasters import UPCASTERS, Upcaster, upcast

EVENTS: Mapping[str, type[Event]] = {
    "export.requested.v2": ExportRequested,
    "export.sheets-requested.v1": SheetsRequested,
    "export.sheets-planned.v1": SheetsPlanned,
    "export.planned.v2": ExportPlanned,
    "export.extraction-started.v1": ExtractionStarted,
    "export.chunk-staged.v1": ChunkStaged,
    "export.sheet-extracted.v1": SheetExtracted,
    "export.extraction-finished.v1": ExtractionFinished,
    "export.chunk-rendered.v1": ChunkRendered,
    "export.file-assembled.v1": FileAssembled,
    "export.completed.v1": ExportCompleted,
    "export.completed-truncated.v1": ExportCompletedTruncated,
    "export.failed.v1": ExportFailed,
    "export.cancelled.v1": ExportCancelled,
    "export.paused.v1": ExportPaused,
    "export.resumed.v1": ExportResumed,
    "export.retry-requested.v1": RetryRequested,
    "export.file-destroyed.v1": FileDestroyed,
    "export.expired.v1": ExportExpired,
    "download.granted.v1": DownloadGranted,
    "download.started.v1": DownloadStarted,
    "download.ended.v1": DownloadEnded,
    "refusal.recorded.v1": RefusalRecorded,
    "refusal.omitted.v1": RefusalsOmitted,
    "key.created.v1": KeyCreated,
    "key.revoked.v1": KeyRevoked,
}
"""What is written today; names that are only read any more stand in `schemas.upcasters`."""


class UnknownEvent(ValueError):
    """This event was written by another release of Waybill, or is damaged. Run the release that
    wrote it, or a newer one."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"{' '.join((type(self).__doc__ or '').split())} ({reason})")


class NotAnEvent(ValueError):
    """This can't be written to the event store."""


def encode(event: Event) -> tuple[str, bytes]:
    """The name and the canonical JSON of an event. Raises `NotAnEvent`."""
    try:
        return _NAMES[type(event)], write(event)
    except KeyError:
        raise NotAnEvent(f"{type(event).__name__} has no name on the wire") from None
    except orjson.JSONEncodeError as error:
        raise NotAnEvent(f"{type(event).__name__}: {error.__cause__ or error}") from error


def decode(name: str, payload: bytes, upcasters: Mapping[str, Upcaster] = UPCASTERS) -> Event:
    """The event that was stored, in today's version. Raises `UnknownEvent`."""
    try:
        name, payload = _today(name, payload, upcasters)
        return _READERS[name](payload)
    except KeyError:
        raise UnknownEvent(f"nothing is called {name}") from None
    except ValueError as error:
        raise UnknownEvent(f"{name}: {_said(error)}") from error


def name_of(event: Event | type[Event]) -> str:
    """The name under which such an event is written today."""
    return _NAMES[event if isinstance(event, type) else type(event)]


def kind_of(name: str) -> Kind:
    """The kind of aggregate that a name belongs to, old names too. Raises `UnknownEvent`."""
    try:
        return Kind(name.partition(".")[0])
    except ValueError:
        raise UnknownEvent(f"nothing is called {name}") from None


_NAMES: Mapping[type[Event], str] = {event: name for name, event in EVENTS.items()}
_READERS = {name: reader(event) for name, event in EVENTS.items()}


def _today(name: str, payload: bytes, upcasters: Mapping[str, Upcaster]) -> tuple[str, bytes]:
    if name not in upcasters:
        return name, payload
    name, members = upcast(name, orjson.loads(payload), upcasters)
    return name, orjson.dumps(members)


def _said(error: ValueError) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
