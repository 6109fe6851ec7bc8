"""A request for an export, from its body to the recorded fact.

Everything is checked against the dataset before anything is stored. What may be personal data -
the purpose, literals of personal-data fields - goes to the vault, and events name references.
"""

from __future__ import annotations

import hmac
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID, uuid4, uuid5

from api.models.requests import ExportRequest, FieldChoice, OrderChoice
from api.ports import ApiPorts
from api.present import Shown, advance
from api.problem_types import INVALID_FORMAT, UNKNOWN_DATASET, UNKNOWN_FIELD
from api.problems import Fault, Problem
from domain import filters, formats, masks, splits
from domain.access import ApiKey
from domain.chosen_masks import chosen_mask
from domain.datasets import Dataset, UnknownField
from domain.exports.commands import RequestExport
from domain.exports.errors import IdempotencyKeyReused
from domain.exports.events import ChosenField, ChosenOrder, WantedFile
from domain.filters import Filter
from domain.formats import FormatInvalid, FormatSpec, XlsxOptions
from domain.formats import Problem as FormatProblem
from domain.masks import Keep, Mask, MaskInvalid, refused
from domain.named_fields import UnknownName, unknown_name
from domain.nested_masks import masks_within, with_masks_said
from domain.nesting import nested_to_json, parse_nested
from domain.ports import Source
from domain.protected import protect, protect_nested
from domain.rows import (
    Chosen,
    Nested,
    Order,
    QueryInvalid,
    RowQuery,
    beyond,
    check_query,
    name_of,
)
from domain.workbooks.templates import unfit as workbook_unfit
from schemas import traces

_EXPORTS = UUID("6b1d5a3e-6f0e-4f5c-9a55-2b0c5c1f7d11")
"""The namespace of ids that are derived from an Idempotency-Key; it never changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The export as its request made it, so that a repeat of the request is answered the same."""

    shown: Shown
    replayed: bool


def accept(ports: ApiPorts, key: ApiKey, body: ExportRequest, idempotency: str | None) -> Accepted:
    """Raises what the domain's checks raise, `Problem` and `IdempotencyKeyReused`."""
    digest = _digest(ports.secret, body)
    export_id = _export_id(key, idempotency)
    if idempotency is not None and (known := _as_requested(ports, export_id)) is not None:
        return _repeated(known, digest)
    with traces.span("request export", export_id, kind="server", first=True):
        command = _command(ports, key, body, digest)
        facts = ports.exports.execute(export_id, command)
        ports.stored()
        shown = _as_requested(ports, export_id)
    assert shown is not None  # noqa: S101 - it was recorded just now, or before
    return Accepted(shown=shown, replayed=not facts)


def find_source(ports: ApiPorts, dataset: str) -> Source:
    """Raises a problem for a body that names a dataset that isn't there."""
    source = ports.sources.find(dataset)
    if source is None:
        fault = Fault("/dataset", "there is no such dataset")
        raise Problem(UNKNOWN_DATASET, faults=[fault])
    return source


def query_of(
    ports: ApiPorts,
    dataset: Dataset,
    *,
    fields: Sequence[FieldChoice] | None = None,
    filter_json: object = None,
    order: Sequence[OrderChoice] = (),
    limit: int | None = None,
) -> RowQuery:
    """The checked question that a body asks. Raises `Problem`, `FilterInvalid`, `QueryInvalid`."""
    chosen = [_asked(index, each) for index, each in enumerate(fields or _all(dataset))]
    _check_names(dataset, chosen, "/fields/{}")
    _check_names(dataset, [each.field for each in order], "/order/{}/field")
    query = RowQuery(
        fields=tuple(chosen),
        filter=None if filter_json is None else filters.parse(filter_json),
        order=tuple(Order(field=by.field, direction=by.direction) for by in order),
        limit=limit,
        asked_at=ports.clock(),
    )
    check_query(query, dataset)
    return query


def masks_of(dataset: Dataset, fields: Sequence[FieldChoice] | None, query: RowQuery) -> list[Mask]:
    """What becomes of each field's values; those of nested values stay but for what their own
    fields say. Raises `MaskInvalid` with all that is wrong."""
    found: list[Mask] = []
    wrong: list[formats.Problem] = []
    choices = fields or _all(dataset)
    for index, (choice, asked) in enumerate(zip(choices, query.fields, strict=True)):
        try:
            found.append(_chosen_mask(dataset, choice, asked, f"/fields/{index}"))
        except MaskInvalid as invalid:
            wrong += invalid.problems
    if wrong:
        raise MaskInvalid(tuple(wrong[:20]))
    return found


def _chosen_mask(dataset: Dataset, choice: FieldChoice, asked: Chosen, at: str) -> Mask:
    if not isinstance(asked, Nested):
        return chosen_mask(dataset.resolve(asked), choice.mask, f"{at}/mask")
    if choice.mask is not None:
        raise refused(f"{at}/mask", "can't be laid over a nested value. Mask its fields instead")
    masks_within(asked, dataset, at)
    return Keep()


def _asked(index: int, choice: FieldChoice) -> Chosen:
    at = f"fields[{index}]"
    if choice.fields is not None:
        asked = {"fields": choice.fields, "filter": choice.filter, "order": choice.order}
        return parse_nested({"name": choice.name, **asked}, at)
    if choice.filter is not None or choice.order is not None:
        raise QueryInvalid(at, "a filter or an order is for a relation; write its fields too")
    return choice.name


def _command(ports: ApiPorts, key: ApiKey, body: ExportRequest, digest: str) -> RequestExport:
    dataset = find_source(ports, body.dataset).dataset
    query = query_of(
        ports,
        dataset,
        fields=body.fields,
        filter_json=body.filter,
        order=body.order,
        limit=body.limit,
    )
    masks_of(dataset, body.fields, query)
    files = _files(body.formats, query)
    actor = ports.vault.subject(key.workspace, str(key.principal))
    return RequestExport(
        workspace=key.workspace,
        requested_by=actor,
        purpose=None if body.purpose is None else ports.vault.keep(actor, body.purpose),
        dataset=dataset.id,
        fields=_chosen(dataset, body.fields, query, partial(ports.vault.keep, actor)),
        filter=_protected(ports, actor, dataset, query.filter),
        order=tuple(ChosenOrder(field=by.field, direction=by.direction) for by in body.order),
        limit=body.limit,
        files=files,
        priority=body.priority,
        retention_days=body.retention_days or ports.retention_days,
        request_digest=digest,
        at=query.asked_at,
    )


def _chosen(
    dataset: Dataset,
    fields: Sequence[FieldChoice] | None,
    query: RowQuery,
    keep: Callable[[str], UUID],
) -> tuple[ChosenField, ...]:
    return tuple(
        ChosenField(
            name=each.name,
            label=each.label,
            mask=_mask(dataset, each),
            nested=_nested(asked, dataset, keep),
        )
        for each, asked in zip(fields or _all(dataset), query.fields, strict=True)
    )


def _nested(asked: Chosen, dataset: Dataset, keep: Callable[[str], UUID]) -> dict[str, Any] | None:
    if not isinstance(asked, Nested):
        return None
    said = with_masks_said(asked, dataset)
    return nested_to_json(protect_nested(said, beyond(asked.relation, dataset), keep))


def _all(dataset: Dataset) -> list[FieldChoice]:
    return [FieldChoice(name=field.name) for field in dataset.fields]


def _mask(dataset: Dataset, choice: FieldChoice) -> dict[str, Any] | None:
    """Only what was chosen, with every option said: what the dataset says is the plan's matter."""
    if choice.mask is None:
        return None
    return masks.to_json(masks.parse_mask(choice.mask, dataset.resolve(choice.name).type))


def _check_names(dataset: Dataset, chosen: Sequence[Chosen], place: str) -> None:
    """Of plain fields, all at once."""
    faults = []
    for index, name in enumerate(chosen):
        if isinstance(name, Nested):
            continue
        try:
            dataset.resolve(name)
        except UnknownField as unknown:
            faults.append(Fault(place.format(index), str(unknown)))
    if faults:
        raise Problem(UNKNOWN_FIELD, f"{faults[0].pointer}: {faults[0].detail}", faults=faults[:20])


def _protected(
    ports: ApiPorts, actor: UUID, dataset: Dataset, tree: Filter | None
) -> dict[str, Any] | None:
    if tree is None:
        return None
    return dict(filters.to_json(protect(tree, dataset, partial(ports.vault.keep, actor))))


def spec_of(choice: object, query: RowQuery, at: str) -> FormatSpec:
    """A format that the question's rows can be written in. Raises `FormatInvalid`."""
    spec = formats.parse_format({"format": choice} if isinstance(choice, str) else choice, at)
    if (why := splits.unfit(spec.split, query.fields, query.order)) is not None:
        raise FormatInvalid((FormatProblem(at=f"{at}/split/by", text=why),))
    if (unknown := unknown_name(spec, dict(map(_members, query.fields)))) is not None:
        raise FormatInvalid((FormatProblem(at=f"{at}/{unknown.option}", text=_told(unknown)),))
    if isinstance(spec.options, XlsxOptions) and spec.options.workbook is not None:
        why = workbook_unfit(spec.options.workbook, [name_of(each) for each in query.fields])
        if why is not None:
            raise FormatInvalid((FormatProblem(at=f"{at}/options/workbook", text=why),))
    return spec


def _members(chosen: Chosen) -> tuple[str, list[str]]:
    fields = chosen.fields if isinstance(chosen, Nested) else ()
    return name_of(chosen), list(map(name_of, fields))


def _told(unknown: UnknownName) -> str:
    return f"{unknown}. Correct the name, or export the field too"


def _files(choices: Sequence[object], query: RowQuery) -> tuple[WantedFile, ...]:
    specs = [spec_of(choice, query, f"/formats/{index}") for index, choice in enumerate(choices)]
    for index, spec in enumerate(specs):
        if spec in specs[:index]:
            fault = Fault(f"/formats/{index}", "this format is asked for twice; leave one out")
            raise Problem(INVALID_FORMAT, faults=[fault])
    return tuple(
        WantedFile(name=name, format=formats.to_json(spec))
        for name, spec in zip(_names(specs), specs, strict=True)
    )


def _names(specs: Sequence[FormatSpec]) -> list[str]:
    """`csv`, and `2.csv` for a second one with other options: what follows the dataset's name."""
    seen: Counter[str] = Counter()
    names = []
    for spec in specs:
        seen[spec.extension] += 1
        count = seen[spec.extension]
        names.append(spec.extension if count == 1 else f"{count}.{spec.extension}")
    return names


def _export_id(key: ApiKey, idempotency: str | None) -> UUID:
    """With a key it follows from it, so that the store itself refuses a second export."""
    if idempotency is None:
        return uuid4()
    return uuid5(_EXPORTS, json.dumps([key.workspace, str(key.principal), idempotency]))


def _digest(secret: bytes, body: ExportRequest) -> str:
    """Keyed, as it stands in an event: without the key nobody can try out what was asked for."""
    asked = body.model_dump(exclude_unset=True)
    text = json.dumps(asked, sort_keys=True, separators=(",", ":"))
    return hmac.digest(secret, b"export request\0" + text.encode(), "sha256").hex()


def _as_requested(ports: ApiPorts, export_id: UUID) -> Shown | None:
    first = ports.store.read(export_id)[:1]
    return advance(None, first[0]) if first else None


def _repeated(known: Shown, digest: str) -> Accepted:
    if not hmac.compare_digest(known.requested.request_digest, digest):
        raise IdempotencyKeyReused
    return Accepted(shown=known, replayed=True)
