"""Decides what an export will do before any row is read: the definition it uses, its columns, its
caps, how it is cut into chunks, and which codec writes it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from domain.exports.commands import FailExport, PlanExport
from domain.exports.events import PlannedColumn, PlannedFile
from domain.exports.failures import Reason
from domain.exports.state import Export
from domain.filters import FilterInvalid, parse, sentence
from domain.formats import FormatInvalid, parse_format
from domain.ports import RowsRefused, RowsUnavailable
from domain.protected import LiteralErased
from domain.rows import FRAGMENT_ROWS, Order, QueryInvalid, RowQuery, check_query
from domain.streams import Envelope, Kind, Subscription
from processors.ports import Ports, Source

_CHUNKS_AT_MOST = 1_000
"""Chunks are recorded one by one, so a huge export has larger ones rather than more."""
_UNFIT = (FilterInvalid, FormatInvalid, LiteralErased, QueryInvalid)


def subscription(ports: Ports) -> Subscription:
    def handle(envelope: Envelope) -> None:
        if envelope.type in {"export.requested.v1", "export.retry-requested.v1"}:
            plan_export(envelope.aggregate_id, ports)

    return Subscription(name="plan_exports", kinds=frozenset({Kind.EXPORT}), handle=handle)


def plan_export(export_id: UUID, ports: Ports) -> None:
    """Plans an export that has no plan yet, or fails it with what to do."""
    export = ports.exports.load(export_id).state
    if export is None or export.plan is not None or export.ended:
        return
    ports.exports.execute(export_id, _decision(export, ports))


def row_query(export: Export) -> RowQuery:
    """The export's question; literals of personal-data fields are still sealed."""
    request = export.request
    return RowQuery(
        fields=tuple(field.name for field in request.fields),
        filter=None if request.filter is None else parse(dict(request.filter), sealed=True),
        order=tuple(
            Order(field=by.field, direction="desc" if by.direction == "desc" else "asc")
            for by in request.order
        ),
        limit=request.limit,
        asked_at=request.at,
    )


def _decision(export: Export, ports: Ports) -> PlanExport | FailExport:
    now = ports.clock()
    source = ports.sources(export.request.dataset)
    if source is None:
        return _failure(Reason.DATASET_UNKNOWN, now)
    try:
        return _plan(export, source, ports, now)
    except _UNFIT as error:
        detail = ports.keep(export.request.requested_by, str(error))
        return _failure(Reason.REQUEST_INVALID, now, detail)


def _plan(export: Export, source: Source, ports: Ports, now: datetime) -> PlanExport:
    dataset, query = source.dataset, row_query(export)
    check_query(query, dataset)
    estimated = _estimate(source, query, ports)
    return PlanExport(
        dataset_version=dataset.version,
        dataset_label=dataset.label,
        columns=tuple(
            PlannedColumn(
                name=chosen.name,
                label=chosen.label or dataset.resolve(chosen.name).label,
                type=dataset.resolve(chosen.name).type.value,
            )
            for chosen in export.request.fields
        ),
        sentence="" if query.filter is None else sentence(query.filter, dataset),
        estimated_rows=estimated,
        row_cap=ports.limits.row_cap,
        fragment_rows=FRAGMENT_ROWS,
        chunk_rows=_chunk_rows(estimated),
        files=tuple(
            PlannedFile(name=file.name, codec=parse_format(dict(file.format)).codec)
            for file in export.request.files
        ),
        at=now,
    )


def _estimate(source: Source, query: RowQuery, ports: Ports) -> int | None:
    """None when the source can't say; the extraction will meet the same fault and name it."""
    if ports.silent.includes(source.dataset.source):
        return None
    try:
        rows = source.rows.estimate(source.dataset, ports.unsealed(query))
    except RowsUnavailable:
        ports.silent.add(source.dataset.source)
        return None
    except RowsRefused:
        return None
    return rows if query.limit is None else min(rows, query.limit)


def _chunk_rows(estimated: int | None) -> int:
    fragments = -(-(estimated or 0) // FRAGMENT_ROWS)
    return max(1, -(-fragments // _CHUNKS_AT_MOST)) * FRAGMENT_ROWS


def _failure(reason: Reason, at: datetime, detail: UUID | None = None) -> FailExport:
    return FailExport(reason=reason, detail=detail, attempt=None, at=at)
