"""What an export shows of its datasets, to people and to the audit, and the same as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from domain.exports.events import (
    ChosenField,
    ChosenSheet,
    PlannedColumn,
    SheetsPlanned,
    SheetsRequested,
)
from projections.texts import storable, storable_json


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownField:
    """`label` is None until the plan has settled it. `mask` is what the values go through, None for
    nothing or, until then, for what the dataset says. `nested` tells a nested value's fields."""

    name: str
    label: str | None
    mask: Mapping[str, Any] | None = None
    nested: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSheet:
    """A dataset beside the first. `label` and `sentence`, the filter in words, are None until there
    is a plan; `filter` has its values sealed."""

    dataset: str
    label: str | None
    fields: tuple[ShownField, ...]
    filter: Mapping[str, Any] | None
    sentence: str | None


def shown_field(field: ChosenField | PlannedColumn) -> ShownField:
    return ShownField(
        name=storable(field.name),
        label=None if field.label is None else storable(field.label),
        mask=None if field.mask is None else storable_json(field.mask),
        nested=None if field.nested is None else storable_json(field.nested),
    )


def sheets_asked(event: SheetsRequested) -> tuple[ShownSheet, ...]:
    return tuple(map(_asked, event.sheets))


def sheets_planned(sheets: Sequence[ShownSheet], event: SheetsPlanned) -> tuple[ShownSheet, ...]:
    return tuple(
        replace(
            sheet,
            label=storable(plan.dataset_label),
            fields=tuple(map(shown_field, plan.columns)),
            sentence=storable(plan.sentence),
        )
        for sheet, plan in zip(sheets, event.sheets, strict=True)
    )


def fields_to_json(fields: Iterable[ShownField]) -> list[list[Any]]:
    """A list for each, of name, label and, where there are such, the mask and the nested fields:
    without them it is as it was before they were, so no table need be made anew."""
    return [_members(field) for field in fields]


def fields_from_json(json: Iterable[Sequence[Any]]) -> tuple[ShownField, ...]:
    names = ("name", "label", "mask", "nested")
    return tuple(ShownField(**dict(zip(names, each, strict=False))) for each in json)


def sheets_to_json(sheets: Iterable[ShownSheet]) -> list[dict[str, Any]]:
    return [
        {
            "dataset": each.dataset,
            "label": each.label,
            "fields": fields_to_json(each.fields),
            "filter": each.filter,
            "sentence": each.sentence,
        }
        for each in sheets
    ]


def sheets_from_json(json: Iterable[Mapping[str, Any]]) -> tuple[ShownSheet, ...]:
    return tuple(
        ShownSheet(**{**each, "fields": fields_from_json(each["fields"])}) for each in json
    )


def _asked(sheet: ChosenSheet) -> ShownSheet:
    return ShownSheet(
        dataset=storable(sheet.dataset),
        label=None,
        fields=tuple(map(shown_field, sheet.fields)),
        filter=None if sheet.filter is None else storable_json(sheet.filter),
        sentence=None,
    )


_ALWAYS = 2


def _members(field: ShownField) -> list[Any]:
    members = [field.name, field.label, field.mask, field.nested]
    while len(members) > _ALWAYS and members[-1] is None:
        members.pop()
    return members
