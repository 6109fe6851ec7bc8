"""Masks that are chosen for fields of nested values, or that their datasets demand."""

from __future__ import annotations

from dataclasses import replace

from domain.chosen_masks import chosen_mask
from domain.datasets import Dataset
from domain.json_reading import Problem
from domain.masks import Mask, MaskInvalid, parse_mask, to_json
from domain.rows import Nested, beyond


def mask_of(nested: Nested, name: str, other: Dataset, at: str = "") -> Mask:
    """What becomes of one of its fields, which `other` has. Raises `MaskInvalid`."""
    return chosen_mask(other.resolve(name), nested.masks.get(name), at)


def masks_within(nested: Nested, dataset: Dataset, at: str = "") -> list[Mask]:
    """Of all its fields and those of values nested in it; `at` is the JSON pointer of the nested
    value. Raises `MaskInvalid` with all that is wrong."""
    other = beyond(nested.relation, dataset)
    found: list[Mask] = []
    wrong: list[Problem] = []
    for index, each in enumerate(nested.fields):
        place = f"{at}/fields/{index}"
        try:
            if isinstance(each, Nested):
                found += masks_within(each, other, place)
            else:
                found.append(mask_of(nested, each, other, f"{place}/mask"))
        except MaskInvalid as invalid:
            wrong += invalid.problems
    if wrong:
        raise MaskInvalid(tuple(wrong))
    return found


def with_masks_said(nested: Nested, dataset: Dataset) -> Nested:
    """The same with every option said of the masks that were chosen. Raises `MaskInvalid`."""
    other = beyond(nested.relation, dataset)
    return replace(
        nested,
        fields=tuple(
            with_masks_said(each, other) if isinstance(each, Nested) else each
            for each in nested.fields
        ),
        masks={
            name: to_json(parse_mask(chosen, other.resolve(name).type))
            for name, chosen in nested.masks.items()
        },
    )
