"""Histories of exports and downloads as the deciders really make them, drawn by Hypothesis."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import strategies as st

from domain.downloads.decide import (
    DownloadCommand,
    DownloadRuleBroken,
    EndDownload,
    GrantDownload,
    StartDownload,
)
from domain.downloads.decide import decide as decide_download
from domain.downloads.decide import evolve as evolve_download
from domain.downloads.events import DownloadEvent, Via
from domain.events import Event
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
from domain.exports.decide import decide
from domain.exports.errors import ExportRuleBroken
from domain.exports.events import (
    ChosenField,
    ChosenSheet,
    ExportEvent,
    PlannedColumn,
    PlannedFile,
    PlannedSheet,
    WantedFile,
)
from domain.exports.failures import Reason
from domain.exports.state import Export, evolve
from domain.exports.work import Assemble, Extract, Render, outstanding
from domain.keys.events import KeyCreated, KeyEvent, KeyRevoked
from domain.ports import Recorded
from domain.priority import Priority

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANNA = UUID(int=1)
SHA = "ab" * 32
EXPORT, SOME = UUID(int=9), UUID(int=7)

Move = tuple[str, int]
"""What somebody tries to do, and a number that settles the details."""


def requested(
    files: tuple[str, ...] = ("csv",), at: datetime = NOON, workspace: str = "acme"
) -> RequestExport:
    return RequestExport(
        workspace=workspace,
        requested_by=ANNA,
        purpose=UUID(int=2),
        dataset="orders",
        fields=(ChosenField(name="id"), ChosenField(name="total", label="Total")),
        filter=None,
        order=(),
        limit=None,
        files=tuple(WantedFile(name=name, format={"format": name}) for name in files),
        priority=Priority.NORMAL,
        retention_days=7,
        request_digest="d" * 64,
        at=at,
    )


def planned(files: tuple[str, ...] = ("csv",), at: datetime = NOON) -> PlanExport:
    return PlanExport(
        dataset_version="v" * 64,
        dataset_label="Orders",
        columns=(
            PlannedColumn(name="id", label="Id", type="integer"),
            PlannedColumn(name="total", label="Total", type="decimal"),
        ),
        sentence="total is above 100",
        estimated_rows=1_000,
        row_cap=50,
        chunk_rows=16_384,
        fragment_rows=16_384,
        files=tuple(PlannedFile(name=name, codec="csv 1") for name in files),
        at=at,
    )


def sheet(dataset: str) -> ChosenSheet:
    return ChosenSheet(
        dataset=dataset,
        fields=(ChosenField(name="id", label="No"), ChosenField(name="name")),
        filter={"field": "name", "op": "eq", "value": {"sealed": str(SOME)}},
        order=(),
        limit=None,
        options={},
    )


def sheet_plan(dataset: str) -> PlannedSheet:
    return PlannedSheet(
        dataset_version="w" * 64,
        dataset_label=dataset.capitalize(),
        columns=(
            PlannedColumn(name="id", label="No", type="integer"),
            PlannedColumn(name="name", label="Name", type="text", mask={"method": "null"}),
        ),
        sentence=f"{dataset} is protected",
    )


def export_events(*commands: ExportCommand) -> list[ExportEvent]:
    """The facts that these commands lead to, one after the other."""
    export: Export | None = None
    events: list[ExportEvent] = []
    for command in commands:
        for event in decide(command, export):
            events.append(event)
            export = evolve(export, event)
    return events


def work(export: Export, number: int, at: datetime) -> ExportCommand | None:
    """The next piece of work of an export that some worker might have done."""
    jobs = outstanding(export)
    match jobs[number % len(jobs)] if jobs else None:
        case Extract():
            return _extract(export, number, at)
        case Render(attempt=attempt, index=index, file=file):
            rows = export.staged[index].rows
            rejected = min(rows, number % 3)
            return RecordChunk(
                attempt=attempt, index=index, file=file, rows=rows - rejected,
                rejected=rejected, size=rows * 10, sha256=SHA, at=at,
            )  # fmt: skip
        case Assemble(attempt=attempt, file=file):
            return RecordFile(
                attempt=attempt, file=file, size=number, sha256=SHA, content_sha256=SHA,
                waybill_sha256=SHA, at=at,
            )  # fmt: skip
        case None:
            return None


def _extract(export: Export, number: int, at: datetime) -> ExportCommand:
    if not export.extracting or number % 17 == 16:
        return StartExtraction(attempt=export.attempt + 1, at=at)
    if len(export.staged) < 1 + number % 3:
        return StageChunk(
            attempt=export.attempt, index=len(export.staged), rows=number, size=number * 7,
            sha256=SHA, at=at,
        )  # fmt: skip
    rows = sum(chunk.rows for chunk in export.staged.values())
    read = export.sheets_read
    if export.sheets and len(read) <= len(export.sheets):
        left = rows - sum(each.rows for each in read)
        return FinishSheet(
            attempt=export.attempt, index=len(read), rows=left, matched=left + number % 2,
            chunks=len(export.staged) - sum(each.chunks for each in read), at=at,
        )  # fmt: skip
    matched = sum(each.matched for each in read) if export.sheets else rows + number % 2
    return FinishExtraction(
        attempt=export.attempt, rows=rows, chunks=len(export.staged), matched=matched,
        taken_at=at, at=at,
    )  # fmt: skip


_MEDDLING: dict[str, Callable[[Export, int, datetime], ExportCommand | None]] = {
    "fail": lambda export, number, at: FailExport(
        reason=list(Reason)[number % len(Reason)],
        detail=UUID(int=number),
        attempt=None,
        retries=export.retries,
        at=at,
    ),
    "cancel": lambda export, number, at: CancelExport(by=ANNA, at=at),
    "pause": lambda export, number, at: PauseExport(by=ANNA, at=at),
    "resume": lambda export, number, at: ResumeExport(by=ANNA, at=at),
    "retry": lambda export, number, at: RetryExport(by=ANNA, at=at),
    "expire": lambda export, number, at: ExpireExport(at=at),
    "work": work,
}
# Mostly work, or nothing would ever be completed.
_MOVES = st.tuples(
    st.sampled_from(["work"] * 20 + list(_MEDDLING)), st.integers(min_value=0, max_value=40)
)


@st.composite
def export_histories(draw: st.DrawFn, most: int = 40) -> list[ExportEvent]:
    """From the request on; some never are planned."""
    files = draw(st.sampled_from([("csv",), ("csv.gz", "ndjson")]))
    at = NOON + timedelta(minutes=draw(st.integers(min_value=0, max_value=3)))
    export: Export | None = None
    events: list[ExportEvent] = []
    sheets = draw(st.sampled_from([(), ("towns", "lands")]))
    asked = replace(requested(files, at=at), sheets=tuple(map(sheet, sheets)))
    commands: list[ExportCommand | Move] = [asked]
    if draw(st.integers(min_value=0, max_value=9)):
        plans = tuple(map(sheet_plan, sheets))
        commands.append(replace(planned(files, at=at), sheets=plans))
    commands += draw(st.lists(_MOVES, max_size=most))
    for second, step in enumerate(commands):
        command = _settled(step, export, at + timedelta(seconds=second))
        with suppress(ExportRuleBroken):
            for event in [] if command is None else decide(command, export):
                events.append(event)
                export = evolve(export, event)
    return events


def _settled(
    step: ExportCommand | Move, export: Export | None, at: datetime
) -> ExportCommand | None:
    if not isinstance(step, tuple):
        return step
    assert export is not None
    return _MEDDLING[step[0]](export, step[1], at)


def granted(export_id: UUID = EXPORT, at: datetime = NOON) -> GrantDownload:
    return GrantDownload(
        workspace="acme", export_id=export_id, file="csv", granted_to=ANNA, via=Via.TICKET,
        expires_at=at + timedelta(minutes=5), at=at,
    )  # fmt: skip


_TRANSFERS: st.SearchStrategy[DownloadCommand] = st.one_of(
    st.builds(
        StartDownload,
        first=st.integers(min_value=0, max_value=30),
        length=st.integers(min_value=0, max_value=30),
        at=st.just(NOON),
    ),
    st.builds(
        EndDownload,
        number=st.integers(min_value=1, max_value=5),
        sent=st.integers(min_value=0, max_value=30),
        at=st.just(NOON),
    ),
)


def download_events(*commands: DownloadCommand) -> list[DownloadEvent]:
    """The facts that these commands lead to; what the rules refuse leads to none."""
    download = None
    events: list[DownloadEvent] = []
    for command in commands:
        with suppress(DownloadRuleBroken):
            for event in decide_download(command, download):
                events.append(event)
                download = evolve_download(download, event)
    return events


def download_histories() -> st.SearchStrategy[list[DownloadEvent]]:
    moves = st.lists(_TRANSFERS, max_size=12)
    return moves.map(lambda commands: download_events(granted(), *commands))


def key_created(by: UUID | None = ANNA) -> KeyCreated:
    return KeyCreated(
        workspace="acme",
        by=by,
        holder=UUID(int=3),
        scopes=("audit", "downloads"),
        expires_at=NOON + timedelta(days=30),
        at=NOON,
    )


def key_revoked(by: UUID | None = ANNA) -> KeyRevoked:
    return KeyRevoked(workspace="acme", by=by, at=NOON + timedelta(minutes=1))


def key_histories() -> st.SearchStrategy[list[KeyEvent]]:
    """Also of keys that are older than their events."""
    by = st.sampled_from([None, ANNA])
    made, ended = by.map(key_created), by.map(key_revoked)
    return st.one_of(
        made.map(lambda event: [event]), ended.map(lambda event: [event]), st.tuples(made, ended)
    ).map(list)


def recorded(
    events: Sequence[Event],
    aggregate_id: UUID = SOME,
    first_position: int = 100,
) -> list[Recorded]:
    """The events as a store would hold them."""
    return [
        Recorded(
            position=first_position + offset,
            aggregate_id=aggregate_id,
            version=offset + 1,
            event=event,
        )
        for offset, event in enumerate(events)
    ]
