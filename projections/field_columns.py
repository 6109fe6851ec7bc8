"""An export's fields in a JSON column: a list for each, of name, label and, where there is one, the
mask. Without one it is as it was before there were masks, so no table need be made anew."""

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


def field_members(field: NamedField) -> list[Any]:
    masked = [] if field.mask is None else [field.mask]
    return [field.name, field.label, *masked]


def named_members(members: Sequence[Any]) -> dict[str, Any]:
    """By name, as the dataclass of a field takes them."""
    return dict(zip(("name", "label", "mask"), members, strict=False))
