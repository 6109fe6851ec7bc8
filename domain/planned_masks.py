"""The masks of an export's plan, as they are laid over its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from domain.datasets import Dataset, FieldType
from domain.exports.events import Json, PlannedColumn
from domain.masks import Mask, parse_mask
from domain.masks.masking import Masked, MaskedColumn, MaskedMember, MaskedNested
from domain.rows import beyond

KeyOf: TypeAlias = Callable[[Mask], bytes | None]
"""Gives the key that a mask needs."""


def masked_of(
    columns: Sequence[PlannedColumn], dataset: Dataset, key_of: KeyOf
) -> tuple[Masked, ...]:
    """`dataset` is the one that was planned with: its types say what masks are laid over."""
    found: list[Masked] = []
    for index, each in enumerate(columns):
        if each.nested is not None:
            other = beyond(each.name, dataset)
            members = _masked_members(each.nested["fields"], other, key_of)
            if any(map(_masks_any, members)):
                found.append(MaskedNested(index=index, members=members))
        elif each.mask is not None:
            of = dataset.resolve(each.name).type
            mask = parse_mask(dict(each.mask), of)
            found.append(MaskedColumn(index=index, mask=mask, type=of, key=key_of(mask)))
    return tuple(found)


def masks_planned(columns: Iterable[PlannedColumn]) -> Iterator[Json]:
    """The JSON of every mask, those within nested values too."""
    return (mask for _, mask in _labelled(columns))


def masked_words(columns: Iterable[PlannedColumn]) -> str:
    """For people: the labels of those that are masked, each with its method, and of nested values
    the names of the fields that are: "Email (token), Orders: note (null)"."""
    return ", ".join(f"{label} ({mask['method']})" for label, mask in _labelled(columns))


def _labelled(columns: Iterable[PlannedColumn]) -> Iterator[tuple[str, Json]]:
    for each in columns:
        yield from _within(each.label, {"mask": each.mask} if each.nested is None else each.nested)


def _within(label: str, member: Json) -> Iterator[tuple[str, Json]]:
    for each in member.get("fields", ()):
        yield from _within(f"{label}: {each['name']}", each)
    if (mask := member.get("mask")) is not None:
        yield label, mask


def _masked_members(
    members: Sequence[Mapping[str, Any]],
    other: Dataset,
    key_of: KeyOf,
) -> tuple[MaskedMember, ...]:
    return tuple(_masked_member(each, other, key_of) for each in members)


def _masked_member(member: Mapping[str, Any], other: Dataset, key_of: KeyOf) -> MaskedMember:
    name = member["name"]
    if "fields" in member:
        within = _masked_members(member["fields"], beyond(name, other), key_of)
        return MaskedMember(name=name, type=FieldType.JSON, members=within)
    of = other.resolve(name).type
    if "mask" not in member:
        return MaskedMember(name=name, type=of)
    mask = parse_mask(member["mask"], of)
    return MaskedMember(name=name, type=of, mask=mask, key=key_of(mask))


def _masks_any(member: MaskedMember) -> bool:
    return member.mask is not None or any(map(_masks_any, member.members or ()))
