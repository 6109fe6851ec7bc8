"""From the rows of the read models and the rules' state to the resources of the API."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from api.models.audit import AuditSheet, AuditView
from api.models.exports import (
    DownloadView,
    ExportDetail,
    ExportLinks,
    ExportView,
    FailureView,
    FileLinks,
    FileView,
    FormatView,
    NamedField,
    OrderView,
    ProgressView,
    SheetDetail,
    SheetView,
)
from api.present import Shown
from domain.exports.events import Asked, ChosenSheet
from domain.exports.failures import REMEDIES
from projections.audit import AuditRow
from projections.downloads import DownloadRow
from projections.history import HistoryFile, HistoryRow
from projections.shown import ShownField, ShownSheet

_ALMOST = 0.99
"""A fraction that comes from an estimate never says that all is done."""


def export_view(row: HistoryRow, now: datetime) -> ExportView:
    return ExportView(
        id=row.export_id,
        sequence=row.version,
        status=row.status,
        dataset=row.dataset,
        dataset_label=row.dataset_label,
        requested_by=row.requested_by,
        fields=_fields(row.fields),
        filter_sentence=row.sentence,
        sheets=[_sheet(each) for each in row.sheets],
        priority=row.priority,
        progress=progress_view(row, now),
        rows_matched=row.matched,
        row_cap=row.row_cap,
        rows_rejected=row.rows_rejected,
        files=[file_view(row, file) for file in row.files],
        failure=_failure(row),
        attempt=row.attempt,
        retries=row.retries,
        requested_at=row.requested_at,
        started_at=row.started_at,
        changed_at=row.changed_at,
        ended_at=row.ended_at,
        expires_at=row.expires_at,
        expired_at=row.expired_at,
        links=_links(row),
    )


def export_detail(
    shown: Shown, now: datetime, purpose: str | None, detail: str | None
) -> ExportDetail:
    requested = shown.requested
    view = export_view(shown.row, now)
    if view.failure is not None:
        view.failure.detail = detail
    return ExportDetail(
        **{**dict(view), "sheets": list(map(_sheet_detail, view.sheets, shown.sheets))},
        **_asked(requested),
        formats=[FormatView(file=file.name, format=dict(file.format)) for file in requested.files],
        purpose=purpose,
        retention_days=requested.retention_days,
        snapshot_at=shown.taken_at,
    )


def progress_view(row: HistoryRow, now: datetime) -> ProgressView:
    return ProgressView(
        rows=row.rows_staged,
        rows_total=row.rows_total,
        estimated_rows=row.estimated_rows,
        fraction=row.fraction,
        chunks=row.chunks_staged,
        chunks_total=row.chunks_total,
        parts=row.parts_rendered,
        parts_total=row.parts_total,
        bytes_read=row.bytes_staged,
        bytes_written=row.bytes_written,
        eta_seconds=_eta(row, now),
    )


def file_view(row: HistoryRow, file: HistoryFile) -> FileView:
    return FileView(
        name=file.name,
        status=file.status,
        size=file.size,
        sha256=file.sha256,
        rows=file.rows,
        rejected=file.rejected,
        links=_file_links(row.export_id, file) if row.ready else None,
    )


def download_view(row: DownloadRow) -> DownloadView:
    return DownloadView(
        id=row.download_id,
        file=row.file,
        granted_to=row.granted_to,
        via=row.via.value,
        granted_at=row.granted_at,
        expires_at=row.expires_at,
        transfers=row.transfers,
        bytes_sent=row.bytes_sent,
        complete=row.complete,
        last_started_at=row.last_started_at,
        last_ended_at=row.last_ended_at,
    )


def audit_view(row: AuditRow) -> AuditView:
    return AuditView(
        id=f"{row.aggregate_id}:{row.entry}",
        position=row.position,
        at=row.at,
        by=row.by,
        act=row.act,
        result=row.result,
        export_id=row.export_id,
        dataset=row.dataset,
        fields=_fields(row.fields),
        filter=None if row.filter is None else dict(row.filter),
        filter_sentence=row.sentence,
        sheets=[
            AuditSheet(
                **dict(_sheet(each)), filter=None if each.filter is None else dict(each.filter)
            )
            for each in row.sheets
        ],
        purpose=row.purpose,
        files=list(row.files),
        outcome=row.outcome,
        failure=row.failure,
        ended_at=row.ended_at,
        file=row.file,
        via=None if row.via is None else row.via.value,
        expires_at=row.expires_at,
        first=row.first,
        length=row.length,
        sent=row.sent,
        problem=row.problem,
        status=row.status,
        omitted=row.omitted,
        since=row.since,
        key_id=row.key_id,
        holder=row.holder,
        scopes=list(row.scopes),
    )


def export_path(export_id: UUID) -> str:
    return f"/v1/exports/{export_id}"


def _fields(fields: Iterable[ShownField]) -> list[NamedField]:
    return [
        NamedField(
            name=each.name,
            label=each.label,
            mask=None if each.mask is None else dict(each.mask),
            nested=None if each.nested is None else dict(each.nested),
        )
        for each in fields
    ]


def _sheet(sheet: ShownSheet) -> SheetView:
    return SheetView(
        dataset=sheet.dataset,
        dataset_label=sheet.label,
        fields=_fields(sheet.fields),
        filter_sentence=sheet.sentence,
    )


def _sheet_detail(sheet: SheetView, chosen: ChosenSheet) -> SheetDetail:
    return SheetDetail(**dict(sheet), **_asked(chosen), options=dict(chosen.options))


def _asked(of: Asked) -> dict[str, Any]:
    return {
        "filter": None if of.filter is None else dict(of.filter),
        "order": [OrderView(field=by.field, direction=by.direction) for by in of.order],
        "limit": of.limit,
    }


def _eta(row: HistoryRow, now: datetime) -> int | None:
    """From the share that is done since the first row; None where pauses, failures or a retry
    make that meaningless."""
    done = _done(row)
    if row.started_at is None or row.terminal or row.paused or row.retries or not done:
        return None
    spent = max(0.0, (now - row.started_at).total_seconds())
    return round(spent * (1 - done) / done)


def _done(row: HistoryRow) -> float:
    """While rows are still read, half of what the planner's guess says: the rest is rendering."""
    if row.fraction is not None:
        return row.fraction
    if not row.estimated_rows:
        return 0.0
    read = min(_ALMOST, row.rows_staged / row.estimated_rows)
    rendered = row.parts_rendered / (row.chunks_staged * len(row.files) or 1)
    return read * (1 + min(1.0, rendered)) / 2


def _failure(row: HistoryRow) -> FailureView | None:
    if row.reason is None:
        return None
    return FailureView(reason=row.reason, remedy=REMEDIES[row.reason])


def _links(row: HistoryRow) -> ExportLinks:
    path = export_path(row.export_id)
    return ExportLinks(
        self=path,
        events=f"{path}/events",
        progress=f"{path}/progress",
        files=f"{path}/files",
        bundle=f"{path}/bundle" if row.ready else None,
        downloads=f"{path}/downloads",
    )


def _file_links(export_id: UUID, file: HistoryFile) -> FileLinks:
    path = f"{export_path(export_id)}/files/{file.name}"
    return FileLinks(
        download=path,
        waybill=f"{path}/waybill",
        rejections=f"{path}/rejections" if file.rejected else None,
        tickets=f"{path}/tickets",
    )
