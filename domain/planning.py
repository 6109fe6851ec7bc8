"""What a question's rows will look like: the columns that its fields become, and which rows they
are, in words. An export's plan says it, and so does a preview that is a file."""

from __future__ import annotations

from collections.abc import Sequence

from domain.datasets import Dataset, Field, FieldType, relation_title
from domain.exports.events import PlannedColumn
from domain.filters import sentence
from domain.masks import Keep, Mask, result_type, to_json
from domain.nesting import nested_sentences, planned_members
from domain.rows import Nested, RowQuery


def planned_columns(
    labels: Sequence[str | None], query: RowQuery, dataset: Dataset, masks: Sequence[Mask]
) -> tuple[PlannedColumn, ...]:
    """One for each field of the question, under its label, or the dataset's where that is None."""
    return tuple(
        _nested_column(label, chosen, dataset)
        if isinstance(chosen, Nested)
        else _column(label, dataset.resolve(chosen), mask)
        for label, chosen, mask in zip(labels, query.fields, masks, strict=True)
    )


def sentences(query: RowQuery, dataset: Dataset) -> str:
    """The filters in words: that of the rows, then those within nested values."""
    rows = [] if query.filter is None else [sentence(query.filter, dataset)]
    return "; ".join([*rows, *nested_sentences(query.fields, dataset)])


def _column(label: str | None, field: Field, mask: Mask) -> PlannedColumn:
    return PlannedColumn(
        name=field.name,
        label=label or field.label,
        type=result_type(mask, field.type).value,
        mask=None if isinstance(mask, Keep) else to_json(mask),
    )


def _nested_column(label: str | None, nested: Nested, dataset: Dataset) -> PlannedColumn:
    return PlannedColumn(
        name=nested.relation,
        label=label or relation_title(nested.relation),
        type=FieldType.JSON.value,
        nested={"fields": planned_members(nested, dataset)},
    )
