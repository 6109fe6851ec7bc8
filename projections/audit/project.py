"""Which rows each event adds to the audit, and which it completes. The first row of an export and
of a download stays open: it says what its later events are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeAlias, assert_never, get_args
from uuid import UUID

from domain.acts import Act
from domain.downloads.events import DownloadEnded, DownloadGranted, DownloadStarted, Via
from domain.exports.events import (
    ExportCancelled,
    ExportCompleted,
    ExportCompletedTruncated,
    ExportFailed,
    ExportPaused,
    ExportPlanned,
    ExportRequested,
    ExportResumed,
    RetryRequested,
    SheetsPlanned,
    SheetsRequested,
)
from domain.exports.state import STATUS_OF, Ending
from domain.keys.events import KeyCreated, KeyRevoked
from domain.ports import Recorded
from domain.refusals.events import RefusalRecorded, RefusalsOmitted
from projections.audit.row import AuditRow, Result
from projections.read_model import HistoryBroken
from projections.shown import sheets_asked, sheets_planned, shown_field
from projections.texts import storable, storable_json

Alone: TypeAlias = RefusalRecorded | RefusalsOmitted | KeyCreated | KeyRevoked
"""The events that tell all of their command, whatever came before: a key that is older than its
events begins with its end."""
First: TypeAlias = ExportRequested | DownloadGranted
"""The events that the others of their aggregate are about."""
Later: TypeAlias = (
    SheetsRequested
    | SheetsPlanned
    | ExportPlanned
    | Ending
    | ExportPaused
    | ExportResumed
    | RetryRequested
    | DownloadStarted
    | DownloadEnded
)

READS: frozenset[type] = frozenset((*get_args(Alone), *get_args(First), *get_args(Later)))
"""What tells of a command or how it ended; work between them is not the audit's."""


def project(rows: Sequence[AuditRow], recorded: Recorded) -> Sequence[AuditRow]:
    """The rows that one more event makes or changes. Raises `HistoryBroken` for an event that
    can't come here."""
    event = recorded.event
    if isinstance(event, Alone):
        return [_alone(event, recorded)]
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
        case _:
            assert_never(event)


def _alone(event: Alone, recorded: Recorded) -> AuditRow:
    match event:
        case RefusalRecorded():
            return _refused(event, recorded)
        case KeyCreated():
            return _key_created(event, recorded)
        case KeyRevoked(workspace=workspace, by=by):
            return _row(
                recorded, workspace, by, Act.REVOKE_KEY, open=False, key_id=recorded.aggregate_id
            )
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
        case SheetsRequested():
            return [replace(head, sheets=sheets_asked(event))]
        case SheetsPlanned():
            return [replace(head, sheets=sheets_planned(head.sheets, event))]
        case ExportPlanned(sentence=sentence, columns=columns):
            named = tuple(map(shown_field, columns))
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
        fields=tuple(map(shown_field, event.fields)),
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


def _key_created(event: KeyCreated, recorded: Recorded) -> AuditRow:
    return _row(
        recorded,
        event.workspace,
        event.by,
        Act.CREATE_KEY,
        open=False,
        key_id=recorded.aggregate_id,
        holder=event.holder,
        scopes=tuple(storable(scope) for scope in event.scopes),
        expires_at=event.expires_at,
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


def _row(recorded: Recorded, workspace: str, by: UUID | None, act: Act, **more: Any) -> AuditRow:
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
