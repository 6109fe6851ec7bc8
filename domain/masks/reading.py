"""Masks as people write them in JSON, and as they stay in events and waybills: every option said.

A refusal names the JSON pointer and what to write instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from enum import StrEnum
from typing import Any, Final

from domain.field_types import FieldType
from domain.json_reading import Problem, Reading, closest, kind
from domain.masks.methods import METHODS, Method
from domain.masks.spec import (
    ByPeriod,
    ByPrefix,
    ByWidth,
    Constant,
    Keep,
    Mask,
    Null,
    Pattern,
    Token,
)

NUMBERS: Final = frozenset({"first", "last", "hidden", "prefix", "width", "length"})
"""The options that are whole numbers, for readers of words that have no types."""


class MaskInvalid(Exception):
    """The mask can't be used for this field. Each problem says where it is and what to do."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(f"{problem.at or '/'} {problem.text}" for problem in problems))
        self.problems = problems


def parse_mask(json: object, of: FieldType, at: str = "") -> Mask:
    """A mask for a field of this type, from its JSON: an object, or the method's name alone.

    Raises `MaskInvalid`."""
    members = {"method": json} if isinstance(json, str) else json
    if not isinstance(members, dict):
        raise refused(at, f"must be a method's name or an object, not {kind(json)}")
    method = _method(members.get("method"), of, at)
    reading = Reading()
    reading.members(members, at, ("method", *method.rules))
    values = reading.values(members, at, method.rules)
    for name in sorted(method.needed - members.keys()):
        reading.problem(f"{at}/{name}", f"is missing. {method.example}")
    if reading.problems:
        raise MaskInvalid(tuple(reading.problems))
    return method.make(**values)


def refused(at: str, text: str) -> MaskInvalid:
    return MaskInvalid((Problem(at=at, text=text),))


def to_json(mask: Mask) -> dict[str, Any]:
    """With every option said; `parse_mask` reads it back."""
    options = asdict(mask).items()
    plain = {name: each.value if isinstance(each, StrEnum) else each for name, each in options}
    return {"method": _NAMES[type(mask)], **plain}


def _method(name: object, of: FieldType, at: str) -> Method:
    if name is None:
        raise refused(f"{at}/method", f"is missing. Use {_listed(of)}")
    if name == "drop":
        raise refused(f"{at}/method", "is no method: leave the field out of `fields` instead")
    fitting = [each for known, each in METHODS if known == name]
    if not fitting:
        hint = closest(name, tuple(_names(of)))
        raise refused(f"{at}/method", f"is none of the known methods. {hint}Use {_listed(of)}")
    for each in fitting:
        if of in each.types:
            return each
    raise refused(f"{at}/method", f"doesn't fit a field of type {of}. Use {_listed(of)}")


def _names(of: FieldType) -> list[str]:
    return [name for name, method in METHODS if of in method.types]


def _listed(of: FieldType) -> str:
    *others, last = _names(of)
    return f"{', '.join(others)} or {last}"


_NAMES: Final[Mapping[type[Mask], str]] = {
    Keep: "keep",
    Pattern: "mask",
    ByPeriod: "generalise",
    ByWidth: "generalise",
    ByPrefix: "generalise",
    Token: "token",
    Constant: "constant",
    Null: "null",
}
