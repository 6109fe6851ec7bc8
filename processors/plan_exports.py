"""Decides what an export will do before any row is read: the definition it uses, its columns, its
caps, how it is cut into chunks, and which codec writes it."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from itertools import chain
from uuid import UUID

from domain.chosen_masks import chosen_mask
from domain.exports.commands import FailExport, PlanExport
from domain.exports.errors import AttemptSuperseded
from domain.exports.events import ChosenField, PlannedColumn, PlannedFile
from domain.exports.failures import Reason
from domain.exports.state import Export
from domain.filters import FilterInvalid, parse
from domain.fonts import Fonts
from domain.formats import FormatInvalid, parse_format
from domain.masks import Keep, Mask, MaskInvalid
from domain.nested_masks import masks_within
from domain.nesting import parse_nested
from domain.planning import planned_columns, sentences
from domain.ports import Estimate, RowsRefused, RowsUnavailable, Source
from domain.protected import LiteralErased
from domain.rows import FRAGMENT_ROWS, Chosen, Nested, Order, QueryInvalid, RowQuery, check_query
from domain.splits import unfit
from domain.streams import Envelope, Kind, Subscription
from processors.failing import fail
from processors.planned_columns import column_of
from processors.ports import Ports
from processors.renderers import PlanUnfit, RenderPlan, prepare
from processors.token_keys import ScopeDestroyed, TokenKeys
from schemas import traces

_CHUNKS_AT_LEAST = 24
"""As many as many workers can share, where there are enough rows."""
_CHUNK_BYTES = 16 * 1024 * 1024
"""A chunk's text at most, by the estimate; a worker holds a few chunks in memory."""
_CHUNK_FRAGMENTS = 16
"""At most, should the estimate of a row's size be far too low."""
_TEXT_OF_STORED = 2
"""Bytes of text that a stored byte may take: instants and identifiers take more, texts less."""
_BEGINNINGS = ("export.requested.", "export.retry-requested.")
"""In whichever version: a topic may still hold older ones."""
_UNFIT = (
    FilterInvalid,
    FormatInvalid,
    LiteralErased,
    MaskInvalid,
    PlanUnfit,
    QueryInvalid,
    ScopeDestroyed,
)


def subscription(ports: Ports) -> Subscription:
    def handle(envelope: Envelope) -> None:
        if envelope.type.startswith(_BEGINNINGS):
            plan_export(envelope.aggregate_id, ports)

    return Subscription(name="plan_exports", kinds=frozenset({Kind.EXPORT}), handle=handle)


def plan_export(export_id: UUID, ports: Ports) -> None:
    """Plans an export that has no plan yet, or fails it with what to do."""
    export = ports.exports.load(export_id).state
    if export is None or export.plan is not None or export.ended:
        return
    with traces.span("plan", export_id), suppress(AttemptSuperseded):  # the retry is planned next
        match _decision(export_id, export, ports):
            case FailExport() as failure:
                fail(export_id, failure, ports)
            case plan:
                ports.exports.execute(export_id, plan)


def row_query(export: Export) -> RowQuery:
    """The export's question; literals of personal-data fields are still sealed."""
    request = export.request
    return RowQuery(
        fields=tuple(_asked(index, field) for index, field in enumerate(request.fields)),
        filter=None if request.filter is None else parse(dict(request.filter), sealed=True),
        order=tuple(
            Order(field=by.field, direction="desc" if by.direction == "desc" else "asc")
            for by in request.order
        ),
        limit=request.limit,
        asked_at=request.at,
    )


def _asked(index: int, field: ChosenField) -> Chosen:
    if field.nested is None:
        return field.name
    return parse_nested(field.nested, f"fields[{index}]", sealed=True)


def _decision(export_id: UUID, export: Export, ports: Ports) -> PlanExport | FailExport:
    now = ports.clock()
    source = ports.sources.find(export.request.dataset)
    if source is None:
        return _failure(Reason.DATASET_UNKNOWN, export, now)
    try:
        keys = TokenKeys(ports.keys, export_id, export.request.workspace)
        return _plan(export, source, keys, ports, now)
    except _UNFIT as error:
        detail = ports.keep(export.request.requested_by, str(error))
        return _failure(Reason.REQUEST_INVALID, export, now, detail)


def _plan(
    export: Export, source: Source, keys: TokenKeys, ports: Ports, now: datetime
) -> PlanExport:
    dataset, query = source.dataset, row_query(export)
    check_query(query, dataset)
    masks = _masks(export, source)
    within = [masks_within(each, dataset) for each in query.fields if isinstance(each, Nested)]
    keys.check(chain(masks, *within))
    columns = planned_columns([each.label for each in export.request.fields], query, dataset, masks)
    files = _files(export, columns, query, ports.fonts)
    estimate = _estimate(source, query, ports)
    estimated = None if estimate is None else min(estimate.rows, query.limit or estimate.rows)
    return PlanExport(
        dataset_version=dataset.version,
        dataset_label=dataset.label,
        columns=columns,
        sentence=sentences(query, dataset),
        estimated_rows=estimated,
        row_cap=ports.limits.row_cap,
        fragment_rows=FRAGMENT_ROWS,
        chunk_rows=_chunk_rows(estimated or 0, estimate),
        files=files,
        at=now,
    )


def _masks(export: Export, source: Source) -> list[Mask]:
    """What the dataset demands counts as it is now, whatever was accepted before. A nested value
    is masked within."""
    return [
        Keep()
        if chosen.nested is not None
        else chosen_mask(source.dataset.resolve(chosen.name), chosen.mask, f"/fields/{index}/mask")
        for index, chosen in enumerate(export.request.fields)
    ]


def _files(
    export: Export, columns: tuple[PlannedColumn, ...], query: RowQuery, fonts: Fonts
) -> tuple[PlannedFile, ...]:
    """Each is prepared once, to see now and not after all rows are read that it can be made."""
    described = tuple(map(column_of, columns))
    order = tuple(by.field for by in export.request.order)
    planned = []
    for file in export.request.files:
        spec = parse_format(dict(file.format))
        if (why := unfit(spec.split, query.fields, query.order)) is not None:
            raise PlanUnfit(f"{file.name}: its split {why}")
        plan = RenderPlan(spec=spec, columns=described, order=order, fonts=fonts)
        prepare(plan)
        planned.append(PlannedFile(name=file.name, codec=plan.own_codec))
    return tuple(planned)


def _estimate(source: Source, query: RowQuery, ports: Ports) -> Estimate | None:
    """None when the source can't say; the extraction will meet the same fault and name it."""
    if ports.silent.includes(source.dataset.source):
        return None
    try:
        return source.rows.estimate(source.dataset, ports.unsealed(query))
    except RowsUnavailable:
        ports.silent.add(source.dataset.source)
    except RowsRefused:
        pass
    return None


def _chunk_rows(rows: int, estimate: Estimate | None) -> int:
    """Each chunk costs some messages and records, so a large export has larger ones."""
    if estimate is None:
        return FRAGMENT_ROWS
    shared = rows // _CHUNKS_AT_LEAST
    held = _CHUNK_BYTES // (_TEXT_OF_STORED * max(1, estimate.row_bytes))
    fragments = min(min(shared, held) // FRAGMENT_ROWS, _CHUNK_FRAGMENTS)
    return max(1, fragments) * FRAGMENT_ROWS


def _failure(
    reason: Reason, export: Export, at: datetime, detail: UUID | None = None
) -> FailExport:
    return FailExport(reason=reason, detail=detail, attempt=None, retries=export.retries, at=at)
