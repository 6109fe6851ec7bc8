"""The columns of an export's plan, and its sheets of further datasets, as renderers take them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from domain.datasets import FieldType
from domain.exports.events import PlannedColumn
from domain.exports.state import Export
from domain.formats import FormatSpec, XlsxOptions
from domain.sheets import options_of_sheet, unfit_for_sheets
from processors.renderers import Column, Facts, Member, PlanUnfit, SheetPlan


def column_of(planned: PlannedColumn) -> Column:
    return Column(
        name=planned.name,
        label=planned.label,
        type=FieldType(planned.type),
        members=None if planned.nested is None else _members(planned.nested["fields"]),
    )


def sheet_plans(
    export: Export,
    spec: FormatSpec,
    columns: Sequence[tuple[Column, ...]],
    facts: Sequence[Facts | None] | None = None,
) -> tuple[SheetPlan, ...]:
    """Of the datasets beside the first, whose columns these are; a plan that is only tried has no
    facts. Raises `PlanUnfit` where such a file can't have them."""
    if not export.sheets:
        return ()
    if (why := unfit_for_sheets(spec)) is not None:
        raise PlanUnfit(why)
    assert isinstance(spec.options, XlsxOptions)  # noqa: S101 - or it would be unfit
    said = facts or [None] * len(columns)
    return tuple(
        SheetPlan(options=options_of_sheet(spec.options, dict(sheet.options)), columns=of, facts=by)
        for sheet, of, by in zip(export.sheets, columns, said, strict=True)
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
