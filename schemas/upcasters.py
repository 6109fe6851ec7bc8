"""How payloads of older versions become the next version's; a step per name that isn't written
any more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

Payload: TypeAlias = dict[str, Any]
Upcaster: TypeAlias = Callable[[str, Payload], tuple[str, Payload]]
"""From a name and its payload to a newer name and its payload."""


def _with_more(name: str) -> Upcaster:
    """To a version that only has more members, each with a default that says what was so before."""
    return lambda _, payload: (name, payload)


UPCASTERS: Mapping[str, Upcaster] = {
    "export.requested.v1": _with_more("export.requested.v2"),  # fields[].mask, nested
    "export.planned.v1": _with_more("export.planned.v2"),  # columns[].mask, nested
}


def upcast(name: str, payload: Payload, steps: Mapping[str, Upcaster]) -> tuple[str, Payload]:
    """Takes one step after the other, until a name that has none. Raises ValueError when a step
    misses a field, or leads back to a name that was met before."""
    seen: set[str] = set()
    while step := steps.get(name):
        if name in seen:
            raise ValueError(f"the upcasters lead from {name} back to itself")
        seen.add(name)
        try:
            name, payload = step(name, payload)
        except KeyError as error:
            raise ValueError(f"{error} is missing") from error
    return name, payload
