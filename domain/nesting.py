"""Nested values as JSON, as they are asked for, recorded and planned.

What comes in is untrusted: the limits hold while it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from domain.datasets import MAX_STEPS, Dataset, FieldType, relation_title
from domain.filters import Filter, parse, sentence, to_json
from domain.masks import Keep, Mask, result_type
from domain.masks import to_json as mask_to_json
from domain.nested_masks import mask_of
from domain.rows import Chosen, Nested, Order, QueryInvalid, beyond, filter_at

MAX_NESTED: Final = 200
"""Fields in one nested value, those of values in it included."""
MOST_ORDERS: Final = 20
_MEMBERS: Final = ("name", "fields", "filter", "order")
_A_FIELD: Final = 'write a field\'s name, or {"name": a relation, "fields": [...]}'
_NO_MASK: Final = "a mask can't be laid over a nested value; mask its fields instead"


def parse_nested(json: Mapping[str, object], path: str, *, sealed: bool = False) -> Nested:
    """`{"name": …, "fields": […], "filter": …, "order": […]}`, the last two if they are wanted.
    `sealed` is for filters of our own record, as in `domain.filters.parse`.

    Raises `QueryInvalid`, `FilterInvalid`."""
    return _Reading(sealed=sealed).nested(json, path, MAX_STEPS)


def nested_to_json(nested: Nested) -> dict[str, Any]:
    """`parse_nested(nested_to_json(nested), "") == nested`."""
    json: dict[str, Any] = {
        "name": nested.relation,
        "fields": [_chosen_to_json(each, nested.masks) for each in nested.fields],
    }
    if nested.filter is not None:
        json["filter"] = to_json(nested.filter)
    if nested.order:
        json["order"] = [{"field": by.field, "direction": by.direction} for by in nested.order]
    return json


def planned_members(nested: Nested, dataset: Dataset) -> list[dict[str, Any]]:
    """Name and type of each member of the objects, its mask if it has one, and the members of
    nested values within: what who reads a value, or writes it in another form, needs to know.
    `dataset` is the one nested in. Raises `MaskInvalid`."""
    other = beyond(nested.relation, dataset)
    members: list[dict[str, Any]] = []
    for each in nested.fields:
        if isinstance(each, Nested):
            fields = planned_members(each, other)
            members.append({"name": each.relation, "type": FieldType.JSON.value, "fields": fields})
        else:
            of = other.resolve(each).type
            members.append({"name": each, **_described(of, mask_of(nested, each, other))})
    return members


def masked_as_planned(asked: Mapping[str, Any], planned: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON of a nested value that was asked for, its fields with the masks that they really
    got, by the plan's `planned_members`; where there is none, the values are the source's."""
    pairs = zip(asked["fields"], planned["fields"], strict=True)
    return {**asked, "fields": [_as_planned(each, member) for each, member in pairs]}


def _as_planned(asked: Any, member: Mapping[str, Any]) -> Any:
    if "fields" in member:
        return masked_as_planned(asked, member)
    name, mask = member["name"], member.get("mask")
    return name if mask is None else {"name": name, "mask": mask}


def nested_sentences(fields: tuple[Chosen, ...], dataset: Dataset) -> list[str]:
    """What filters keep within nested values, a sentence each: "of Items only those where …"."""
    said: list[str] = []
    for each in fields:
        if isinstance(each, Nested):
            other = beyond(each.relation, dataset)
            if each.filter is not None:
                kept = sentence(each.filter, other)
                said.append(f"of {relation_title(each.relation)} only those where {kept}")
            said += nested_sentences(each.fields, other)
    return said


def _described(of: FieldType, mask: Mask) -> dict[str, Any]:
    said = {} if isinstance(mask, Keep) else {"mask": mask_to_json(mask)}
    return {"type": result_type(mask, of).value, **said}


def _chosen_to_json(chosen: Chosen, masks: Mapping[str, object]) -> Any:
    if isinstance(chosen, Nested):
        return nested_to_json(chosen)
    return {"name": chosen, "mask": masks[chosen]} if chosen in masks else chosen


@dataclass(slots=True, kw_only=True)
class _Reading:
    """One value being read, and how many fields it has so far."""

    sealed: bool
    fields: int = 0

    def nested(self, json: Mapping[str, object], path: str, steps: int) -> Nested:
        if steps == 0:
            raise QueryInvalid(path, f"relations can be nested {MAX_STEPS} deep; go less far")
        for name in json:
            if name not in _MEMBERS:
                raise QueryInvalid(path, f"only {', '.join(_MEMBERS)} can stand here")
        relation = json.get("name")
        if not isinstance(relation, str):
            raise QueryInvalid(path, _A_FIELD)
        masks: dict[str, object] = {}
        return Nested(
            relation=relation,
            fields=self._chosen(json.get("fields"), f"{path}.fields", steps, masks),
            filter=self._filter(json.get("filter"), path),
            order=_order(json.get("order"), f"{path}.order"),
            masks=masks,
        )

    def _chosen(
        self, json: object, path: str, steps: int, masks: dict[str, object]
    ) -> tuple[Chosen, ...]:
        """Masks that are chosen are put with the others."""
        if not isinstance(json, list | tuple) or not json:
            raise QueryInvalid(path, "write a list of at least one field")
        self.fields += len(json)
        if self.fields > MAX_NESTED:
            raise QueryInvalid(path, f"at most {MAX_NESTED} fields can be nested; leave some out")
        return tuple(
            self._one(each, f"{path}[{index}]", steps, masks) for index, each in enumerate(json)
        )

    def _one(self, json: object, path: str, steps: int, masks: dict[str, object]) -> Chosen:
        match json:
            case str():
                return json
            case {"name": str(name), **more} if more.keys() <= {"mask"}:
                if more.get("mask") is not None:
                    masks[name] = more["mask"]
                return name
            case {"fields": _, "mask": _}:
                raise QueryInvalid(path, _NO_MASK)
            case dict():
                return self.nested(json, path, steps - 1)
            case _:
                raise QueryInvalid(path, _A_FIELD)

    def _filter(self, json: object, path: str) -> Filter | None:
        if json is None:
            return None
        with filter_at(path):
            return parse(json, sealed=self.sealed)


def _order(json: object, path: str) -> tuple[Order, ...]:
    if json is None:
        return ()
    if not isinstance(json, list | tuple):
        raise QueryInvalid(path, 'write a list of {"field": ..., "direction": "asc" or "desc"}')
    if len(json) > MOST_ORDERS:
        raise QueryInvalid(path, f"name at most {MOST_ORDERS} fields to order by")
    return tuple(_by(each, f"{path}[{index}]") for index, each in enumerate(json))


def _by(json: object, path: str) -> Order:
    match json:
        case {"field": str(field), **more} if more.keys() <= {"direction"}:
            direction = more.get("direction", "asc")
            if direction not in ("asc", "desc"):
                raise QueryInvalid(f"{path}.direction", "write asc or desc")
            way: Literal["asc", "desc"] = "desc" if direction == "desc" else "asc"
            return Order(field=field, direction=way)
        case _:
            raise QueryInvalid(path, 'write {"field": ..., "direction": "asc" or "desc"}')
