"""Decides what an export will do before any row is read: the definition it uses, its columns, its
caps, how it is cut into chunks, and which codec writes it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from itertools import chain
from uuid import UUID

from domain.chosen_masks import chosen_mask
from domain.datasets import Dataset
from domain.exports.commands import FailExport, PlanExport
from domain.exports.errors import AttemptSuperseded
from domain.exports.events import Asked, PlannedFile, PlannedSheet
from domain.exports.failures import Reason
from domain.exports.questions import row_query
from domain.exports.state import Export
from domain.filters import FilterInvalid
from domain.fonts import Fonts
from domain.formats import FormatInvalid, parse_format
from domain.masks import Keep, Mask, MaskInvalid
from domain.nested_masks import masks_within
from domain.planning import planned_columns, sentences
from domain.ports import Estimate, RowsRefused, RowsUnavailable, Source
from domain.protected import LiteralErased
from domain.rows import FRAGMENT_ROWS, Nested, QueryInvalid, RowQuery, check_query
from domain.sheets import apart
from domain.splits import unfit
from domain.streams import Envelope, Kind, Subscription
from processors.failing import fail
from processors.planned_columns import column_of, sheet_plans
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


def _decision(export_id: UUID, export: Export, ports: Ports) -> PlanExport | FailExport:
    now = ports.clock()
    sources = [ports.sources.find(each.dataset) for each in export.asked]
    known = [each for each in sources if each is not None]
    if len(known) < len(sources):
        return _failure(Reason.DATASET_UNKNOWN, export, now)
    try:
        keys = TokenKeys(ports.keys, export_id, export.request.workspace)
        return _plan(export, known, keys, ports, now)
    except _UNFIT as error:
        detail = ports.keep(export.request.requested_by, str(error))
        return _failure(Reason.REQUEST_INVALID, export, now, detail)


def _plan(
    export: Export, sources: Sequence[Source], keys: TokenKeys, ports: Ports, now: datetime
) -> PlanExport:
    datasets = [each.dataset for each in sources]
    if (why := apart(datasets)) is not None:
        raise PlanUnfit(why)
    queries = [row_query(asked, export.request.at) for asked in export.asked]
    first, *sheets = [
        _planned(*each, keys) for each in zip(export.asked, datasets, queries, strict=True)
    ]
    files = _files(export, [first, *sheets], queries, ports.fonts)
    guesses = [_estimate(*each, ports) for each in zip(sources, queries, strict=True)]
    estimate, estimated = _together(guesses, [query.limit for query in queries])
    return PlanExport(
        dataset_version=first.dataset_version,
        dataset_label=first.dataset_label,
        columns=first.columns,
        sentence=first.sentence,
        estimated_rows=estimated,
        row_cap=ports.limits.row_cap,
        fragment_rows=FRAGMENT_ROWS,
        chunk_rows=_chunk_rows(estimated or 0, estimate),
        files=files,
        sheets=tuple(sheets),
        at=now,
    )


def _planned(asked: Asked, dataset: Dataset, query: RowQuery, keys: TokenKeys) -> PlannedSheet:
    check_query(query, dataset)
    masks = _masks(asked, dataset)
    within = [masks_within(each, dataset) for each in query.fields if isinstance(each, Nested)]
    keys.check(chain(masks, *within))
    return PlannedSheet(
        dataset_version=dataset.version,
        dataset_label=dataset.label,
        columns=planned_columns([each.label for each in asked.fields], query, dataset, masks),
        sentence=sentences(query, dataset),
    )


def _masks(asked: Asked, dataset: Dataset) -> list[Mask]:
    """What the dataset demands counts as it is now, whatever was accepted before. A nested value
    is masked within."""
    return [
        Keep()
        if chosen.nested is not None
        else chosen_mask(dataset.resolve(chosen.name), chosen.mask, f"/fields/{index}/mask")
        for index, chosen in enumerate(asked.fields)
    ]


def _files(
    export: Export, planned: Sequence[PlannedSheet], queries: Sequence[RowQuery], fonts: Fonts
) -> tuple[PlannedFile, ...]:
    """Each is prepared once, to see now and not after all rows are read that it can be made."""
    first, *sheets = [tuple(map(column_of, each.columns)) for each in planned]
    order = tuple(by.field for by in export.request.order)
    files = []
    for file in export.request.files:
        spec = parse_format(dict(file.format))
        if (why := unfit(spec.split, queries[0].fields, queries[0].order)) is not None:
            raise PlanUnfit(f"{file.name}: its split {why}")
        plan = RenderPlan(
            spec=spec,
            columns=first,
            order=order,
            fonts=fonts,
            sheets=sheet_plans(export, spec, sheets),
        )
        prepare(plan)
        files.append(PlannedFile(name=file.name, codec=plan.own_codec))
    return tuple(files)


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


def _together(
    guesses: Sequence[Estimate | None], limits: Sequence[int | None]
) -> tuple[Estimate | None, int | None]:
    """Of all datasets: what they hold, and how many rows of that are asked for; None unless
    something is known of each."""
    known = [each for each in guesses if each is not None]
    if len(known) < len(guesses):
        return None, None
    wanted = [min(each.rows, limit or each.rows) for each, limit in zip(known, limits, strict=True)]
    row_bytes = max(each.row_bytes for each in known)
    return Estimate(rows=sum(each.rows for each in known), row_bytes=row_bytes), sum(wanted)


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
