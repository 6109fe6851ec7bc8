"""The columns of an export's plan, as renderers take them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from domain.datasets import FieldType
from domain.exports.events import PlannedColumn
from processors.renderers import Column, Member


def column_of(planned: PlannedColumn) -> Column:
    return Column(
        name=planned.name,
        label=planned.label,
        type=FieldType(planned.type),
        members=None if planned.nested is None else _members(planned.nested["fields"]),
    )


def _members(fields: Sequence[Mapping[str, Any]]) -> tuple[Member, ...]:
    return tuple(
        Member(
            name=each["name"],
            type=FieldType(each["type"]),
            members=_members(each["fields"]) if "fields" in each else None,
        )
        for each in fields
    )
