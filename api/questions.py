"""What a body asks of a dataset, checked, and as events keep it: literals of personal-data fields
go to the vault, and events name references."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from api.models.requests import ExportRequest, FieldChoice, OrderChoice, SheetChoice
from api.ports import ApiPorts
from api.problem_types import UNKNOWN_DATASET, UNKNOWN_FIELD
from api.problems import Fault, Problem, pointer_of
from domain import filters, formats, masks
from domain.chosen_masks import chosen_mask
from domain.datasets import Dataset, UnknownField
from domain.exports.events import ChosenField, ChosenOrder
from domain.formats import FormatInvalid
from domain.masks import Keep, Mask, MaskInvalid, refused
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
    filter_at,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of one dataset, and how."""

    dataset: Dataset
    query: RowQuery
    choices: Sequence[FieldChoice]

    @property
    def order(self) -> tuple[ChosenOrder, ...]:
        return tuple(ChosenOrder(field=by.field, direction=by.direction) for by in self.query.order)

    def fields(self, keep: Callable[[str], UUID]) -> tuple[ChosenField, ...]:
        return tuple(
            ChosenField(
                name=each.name,
                label=each.label,
                mask=_mask(self.dataset, each),
                nested=_nested(asked, self.dataset, keep),
            )
            for each, asked in zip(self.choices, self.query.fields, strict=True)
        )

    def filter(self, keep: Callable[[str], UUID]) -> dict[str, Any] | None:
        if self.query.filter is None:
            return None
        return dict(filters.to_json(protect(self.query.filter, self.dataset, keep)))


def question_of(ports: ApiPorts, body: ExportRequest | SheetChoice) -> Question:
    """Raises `Problem`, `FilterInvalid`, `QueryInvalid`, `MaskInvalid`."""
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
    return Question(dataset=dataset, query=query, choices=body.fields or _all(dataset))


@contextmanager
def within(path: str) -> Iterator[None]:
    """Says of what is refused inside where in the whole body it stands, such as `sheets[0]`."""
    at = pointer_of(path)
    try:
        with filter_at(path):
            yield
    except QueryInvalid as invalid:
        raise QueryInvalid(f"{path}.{invalid.path}", invalid.problem) from None
    except (MaskInvalid, FormatInvalid) as invalid:
        problems = [replace(each, at=f"{at}{each.at}") for each in invalid.problems]
        raise type(invalid)(tuple(problems)) from None
    except Problem as problem:
        faults = [Fault(f"{at}{each.pointer}", each.detail) for each in problem.faults]
        detail = f"{faults[0].pointer}: {faults[0].detail}"
        raise Problem(problem.kind, detail, faults=faults) from None


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
