"""Which rows each event adds to the audit, and which it completes. An aggregate's first row stays
open: it says what later events of the aggregate are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeAlias, assert_never, get_args
from uuid import UUID

from domain.acts import Act
from domain.downloads.events import DownloadEnded, DownloadGranted, DownloadStarted, Via
from domain.exports.events import (
    ChosenField,
    ExportCancelled,
    ExportCompleted,
    ExportCompletedTruncated,
    ExportFailed,
    ExportPaused,
    ExportPlanned,
    ExportRequested,
    ExportResumed,
    PlannedColumn,
    RetryRequested,
)
from domain.exports.state import STATUS_OF, Ending
from domain.ports import Recorded
from domain.refusals.events import RefusalRecorded, RefusalsOmitted
from projections.audit.row import AuditField, AuditRow, Result
from projections.read_model import HistoryBroken
from projections.texts import storable, storable_json

First: TypeAlias = ExportRequested | DownloadGranted | RefusalRecorded | RefusalsOmitted
"""The events that an aggregate can begin with."""
Later: TypeAlias = (
    ExportPlanned
    | Ending
    | ExportPaused
    | ExportResumed
    | RetryRequested
    | DownloadStarted
    | DownloadEnded
)

READS: frozenset[type] = frozenset((*get_args(First), *get_args(Later)))
"""What tells of a command or how it ended; work between them is not the audit's."""


def project(rows: Sequence[AuditRow], recorded: Recorded) -> Sequence[AuditRow]:
    """The rows that one more event makes or changes. Raises `HistoryBroken` for an event that
    can't come here."""
    event = recorded.event
    if isinstance(event, First):
        if rows:
            raise HistoryBroken(f"{recorded.aggregate_id} begins twice")
        return [_begun(event, recorded)]
    if not isinstance(event, Later):
        raise HistoryBroken(f"{type(event).__name__} is no event of the audit")
    if not rows:
        raise HistoryBroken(f"{recorded.aggregate_id} begins with {type(event).__name__}")
    return _continued(rows, min(rows, key=lambda row: row.entry), event, recorded)


def _begun(event: First, recorded: Recorded) -> AuditRow:
    match event:
        case ExportRequested():
            return _requested(event, recorded)
        case DownloadGranted():
            return _granted(event, recorded)
        case RefusalRecorded():
            return _refused(event, recorded)
        case RefusalsOmitted(workspace=workspace, by=by, count=count, since=since):
            return _row(
                recorded, workspace, by, Act.SEVERAL, open=False,
                result=Result.REFUSED, omitted=count, since=since,
            )  # fmt: skip
        case _:
            assert_never(event)


def _continued(
    rows: Sequence[AuditRow], head: AuditRow, event: Later, recorded: Recorded
) -> Sequence[AuditRow]:
    match event:
        case ExportPlanned(sentence=sentence, columns=columns):
            named = tuple(_field(each) for each in columns)
            return [replace(head, sentence=storable(sentence), fields=named)]
        case ExportCompleted() | ExportCompletedTruncated() | ExportFailed():
            return _ended(rows, event)
        case ExportCancelled(cancelled_by=by):
            return [*_ended(rows, event), _steered(head, recorded, by, Act.CANCEL)]
        case ExportPaused(paused_by=by):
            return [_steered(head, recorded, by, Act.PAUSE)]
        case ExportResumed(resumed_by=by):
            return [_steered(head, recorded, by, Act.RESUME)]
        case RetryRequested(requested_by=by):
            return [replace(_steered(head, recorded, by, Act.RETRY), open=True)]
        case DownloadStarted():
            return [_started(head, event, recorded)]
        case DownloadEnded(number=number, sent=sent, at=at):
            return [
                replace(row, sent=sent, ended_at=at, open=row is head)
                for row in rows
                if row.number == number
            ]
        case _:
            assert_never(event)


def _requested(event: ExportRequested, recorded: Recorded) -> AuditRow:
    return _row(
        recorded,
        event.workspace,
        event.requested_by,
        Act.REQUEST_EXPORT,
        export_id=recorded.aggregate_id,
        dataset=storable(event.dataset),
        fields=tuple(_field(each) for each in event.fields),
        filter=None if event.filter is None else storable_json(event.filter),
        purpose=event.purpose,
        files=tuple(storable(file.name) for file in event.files),
    )


def _granted(event: DownloadGranted, recorded: Recorded) -> AuditRow:
    """A key is shown with each request, so that grant and download are one command."""
    return _row(
        recorded,
        event.workspace,
        event.granted_to,
        Act.GRANT_DOWNLOAD if event.via is Via.TICKET else Act.DOWNLOAD,
        export_id=event.export_id,
        file=storable(event.file),
        via=event.via,
        expires_at=event.expires_at,
    )


def _refused(event: RefusalRecorded, recorded: Recorded) -> AuditRow:
    return _row(
        recorded,
        event.workspace,
        event.by,
        Act(event.act),
        open=False,
        result=Result.REFUSED,
        export_id=event.export_id,
        dataset=None if event.dataset is None else storable(event.dataset),
        file=None if event.file is None else storable(event.file),
        problem=storable(event.problem),
        status=event.status,
    )


def _steered(head: AuditRow, recorded: Recorded, by: UUID, act: Act) -> AuditRow:
    return _row(
        recorded,
        head.workspace,
        by,
        act,
        open=False,
        export_id=head.export_id,
        dataset=head.dataset,
    )


def _started(head: AuditRow, event: DownloadStarted, recorded: Recorded) -> AuditRow:
    of_the_grant = head.act is Act.DOWNLOAD and head.number is None
    row = head if of_the_grant else _fetched(head, recorded)
    return replace(row, number=event.number, first=event.first, length=event.length)


def _fetched(head: AuditRow, recorded: Recorded) -> AuditRow:
    return _row(
        recorded,
        head.workspace,
        head.by,
        Act.DOWNLOAD,
        export_id=head.export_id,
        file=head.file,
        via=head.via,
    )


def _ended(rows: Sequence[AuditRow], event: Ending) -> list[AuditRow]:
    """The run that was under way: the request's, or the last retry's."""
    runs = [row for row in rows if row.outcome is None]
    if not runs:
        raise HistoryBroken(f"{rows[0].aggregate_id} ended twice")
    run = max(runs, key=lambda row: row.entry)
    return [
        replace(
            run,
            outcome=STATUS_OF[type(event)],
            failure=event.reason if isinstance(event, ExportFailed) else None,
            ended_at=event.at,
            open=run.act is Act.REQUEST_EXPORT,
        )
    ]


def _field(field: ChosenField | PlannedColumn) -> AuditField:
    return AuditField(
        name=storable(field.name),
        label=None if field.label is None else storable(field.label),
        mask=None if field.mask is None else storable_json(field.mask),
        nested=None if field.nested is None else storable_json(field.nested),
    )


def _row(recorded: Recorded, workspace: str, by: UUID, act: Act, **more: Any) -> AuditRow:
    told: dict[str, Any] = {"open": True, "result": Result.ACCEPTED, **more}
    return AuditRow(
        aggregate_id=recorded.aggregate_id,
        entry=recorded.version,
        position=recorded.position,
        workspace=workspace,
        at=recorded.event.at,
        by=by,
        act=act,
        **told,
    )
