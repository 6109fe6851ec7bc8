"""An export's fields in a JSON column: a list for each, of name, label and, where there are such,
the mask and the nested fields. Without them it is as it was before they were, so no table need be
made anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class NamedField(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def label(self) -> str | None: ...

    @property
    def mask(self) -> Mapping[str, Any] | None: ...

    @property
    def nested(self) -> Mapping[str, Any] | None: ...


def field_members(field: NamedField) -> list[Any]:
    members = [field.name, field.label, field.mask, field.nested]
    while len(members) > _ALWAYS and members[-1] is None:
        members.pop()
    return members


def named_members(members: Sequence[Any]) -> dict[str, Any]:
    """By name, as the dataclass of a field takes them."""
    return dict(zip(("name", "label", "mask", "nested"), members, strict=False))


_ALWAYS = 2
