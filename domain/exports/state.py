"""What is known of one export after its events, and how each event changes that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from itertools import accumulate
from typing import TypeVar, assert_never

from domain.exports.events import (
    Asked,
    ChosenSheet,
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
    Planned,
    PlannedSheet,
    RetryRequested,
    SheetExtracted,
    SheetsPlanned,
    SheetsRequested,
)

K = TypeVar("K")
V = TypeVar("V")


class Status(StrEnum):
    """What a person is shown. The last five are terminal: no work remains."""

    QUEUED = "queued"
    EXTRACTING = "extracting"
    RENDERING = "rendering"
    PAUSED = "paused"
    COMPLETED = "completed"
    TRUNCATED = "completed-truncated"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


TERMINAL = frozenset(
    {Status.COMPLETED, Status.TRUNCATED, Status.FAILED, Status.CANCELLED, Status.EXPIRED}
)
READY = frozenset({Status.COMPLETED, Status.TRUNCATED})
"""The files can be downloaded."""

Ending = ExportCompleted | ExportCompletedTruncated | ExportFailed | ExportCancelled


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a chunk belongs: whose rows it has, the first dataset's being 0, and its number among
    the chunks of these, from 0."""

    sheet: int
    chunk: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """`attempt` counts extractions from 1; what is staged and rendered belongs to that attempt.
    `ending` is the event that ended the present run, None while work remains. `sheets` are the
    datasets beside the first. `sheets_read` are those that are staged whole, the first among them;
    of one dataset alone it is never said."""

    request: ExportRequested
    sheets: tuple[ChosenSheet, ...] = ()
    plan: ExportPlanned | None = None
    sheet_plans: tuple[PlannedSheet, ...] = ()
    attempt: int = 0
    extracting: bool = False
    staged: Mapping[int, ChunkStaged] = field(default_factory=dict)
    sheets_read: tuple[SheetExtracted, ...] = ()
    extraction: ExtractionFinished | None = None
    rendered: Mapping[tuple[int, str], ChunkRendered] = field(default_factory=dict)
    assembled: Mapping[str, FileAssembled] = field(default_factory=dict)
    destroyed: frozenset[str] = frozenset()
    paused: bool = False
    ending: Ending | None = None
    expired_at: datetime | None = None
    retries: int = 0
    changed_at: datetime

    @property
    def status(self) -> Status:
        if self.expired_at is not None:
            return Status.EXPIRED
        if self.ending is not None:
            return STATUS_OF[type(self.ending)]
        if self.paused:
            return Status.PAUSED
        if self.extraction is not None:
            return Status.RENDERING
        return Status.EXTRACTING if self.extracting else Status.QUEUED

    @property
    def ended(self) -> bool:
        return self.ending is not None

    @property
    def ready(self) -> bool:
        return self.status in READY

    @property
    def asked(self) -> tuple[Asked, ...]:
        """What is asked of each dataset."""
        return (self.request, *self.sheets)

    @property
    def planned(self) -> tuple[Planned, ...]:
        """The plan for each dataset; none before there is one."""
        return () if self.plan is None else (self.plan, *self.sheet_plans)

    def place_of(self, chunk: int) -> Place:
        """Of a chunk that is staged."""
        ends = accumulate(each.chunks for each in self.sheets_read)
        before = [end for end in ends if end <= chunk]
        return Place(sheet=len(before), chunk=chunk - (before[-1] if before else 0))

    def is_rendered(self, file: str) -> bool:
        """All chunks there will be are rendered in this file's format."""
        return self.extraction is not None and all(
            (index, file) in self.rendered for index in range(self.extraction.chunks)
        )

    def parts(self, file: str) -> list[ChunkRendered]:
        """The rendered parts of a file, in order."""
        return [part for (_, name), part in sorted(self.rendered.items()) if name == file]


STATUS_OF: dict[type[Ending], Status] = {
    ExportCompleted: Status.COMPLETED,
    ExportCompletedTruncated: Status.TRUNCATED,
    ExportFailed: Status.FAILED,
    ExportCancelled: Status.CANCELLED,
}
"""What an export is called that has ended so."""


def evolve(export: Export | None, event: ExportEvent) -> Export:
    """The state after one more event."""
    if isinstance(event, ExportRequested):
        return Export(request=event, changed_at=event.at)
    if export is None:
        raise ValueError(f"an export's history can't begin with {type(event).__name__}")
    return replace(_evolve(export, event), changed_at=event.at)


def fold(events: Iterable[ExportEvent], export: Export | None = None) -> Export | None:
    for event in events:
        export = evolve(export, event)
    return export


def _evolve(export: Export, event: ExportEvent) -> Export:  # noqa: C901 - one case per event
    match event:
        case ExportRequested():
            return export
        case SheetsRequested(sheets=sheets):
            return replace(export, sheets=sheets)
        case SheetsPlanned(sheets=plans):
            return replace(export, sheet_plans=plans)
        case ExportPlanned():
            return replace(export, plan=event)
        case ExtractionStarted():
            return _start_over(export, event.attempt)
        case ChunkStaged(index=index):
            return replace(export, staged=_with(export.staged, index, event))
        case SheetExtracted():
            return replace(export, sheets_read=(*export.sheets_read, event))
        case ExtractionFinished():
            return replace(export, extraction=event, extracting=False)
        case ChunkRendered(index=index, file=file):
            return replace(export, rendered=_with(export.rendered, (index, file), event))
        case FileAssembled(file=file):
            return replace(export, assembled=_with(export.assembled, file, event))
        case ExportCompleted() | ExportCompletedTruncated() | ExportFailed() | ExportCancelled():
            return replace(export, ending=event, paused=False)
        case ExportPaused():
            return replace(export, paused=True)
        case ExportResumed():
            return replace(export, paused=False)
        case RetryRequested(extract_again=extract_again):
            again = _without_extraction(export) if extract_again else export
            return replace(again, ending=None, retries=export.retries + 1)
        case FileDestroyed(file=file):
            return replace(export, destroyed=export.destroyed | {file})
        case ExportExpired(at=at):
            return replace(export, expired_at=at)
        case _:
            assert_never(event)


def _start_over(export: Export, attempt: int) -> Export:
    return replace(_without_extraction(export), attempt=attempt, extracting=True)


def _without_extraction(export: Export) -> Export:
    return replace(
        export,
        extracting=False,
        staged={},
        sheets_read=(),
        extraction=None,
        rendered={},
        assembled={},
    )


def _with(known: Mapping[K, V], key: K, value: V) -> Mapping[K, V]:
    return {**known, key: value}
