"""The first rows of a dataset as an export would have them: the fields that were asked for, each
behind its mask."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from api.models.requests import PreviewRequest
from api.ports import ApiPorts
from api.questions import masks_of, query_of
from domain.datasets import Dataset, Field, FieldType, relation_title
from domain.exports.events import PlannedColumn
from domain.masks import result_type
from domain.masks.masking import Masking
from domain.planned_masks import masked_of
from domain.planning import planned_columns
from domain.ports import Fragment, Source
from domain.rows import Chosen, Nested, RowQuery


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstRows:
    """`fields` have the types and masks of what is in `rows`; `columns` are those of a file."""

    query: RowQuery
    fields: tuple[Field, ...]
    columns: tuple[PlannedColumn, ...]
    rows: Fragment


def first_rows(ports: ApiPorts, source: Source, body: PreviewRequest) -> FirstRows:
    """Raises what the domain's checks and the source raise."""
    dataset = source.dataset
    query = query_of(ports, dataset, fields=body.fields, filter_json=body.filter, order=body.order)
    masks = masks_of(dataset, body.fields, query)
    fields = [_asked(dataset, chosen) for chosen in query.fields]
    labels = [each.label for each in body.fields] if body.fields else [None] * len(fields)
    columns = planned_columns(labels, query, dataset, masks)
    return FirstRows(
        query=query,
        fields=tuple(
            replace(field, type=result_type(mask, field.type), mask=mask)
            for field, mask in zip(fields, masks, strict=True)
        ),
        columns=columns,
        rows=_masking(columns, dataset).fragment(source.rows.preview(dataset, query, body.rows)),
    )


def _asked(dataset: Dataset, chosen: Chosen) -> Field:
    """A nested value is shown as a field of JSON."""
    if not isinstance(chosen, Nested):
        return dataset.resolve(chosen)
    name = chosen.relation
    return Field(name=name, type=FieldType.JSON, label=relation_title(name), column=name)


def _masking(columns: Sequence[PlannedColumn], dataset: Dataset) -> Masking:
    """Tokens are made with a key that is thrown away: they look like an export's and tell of no
    value what it becomes there."""
    key = secrets.token_bytes(32)
    return Masking(len(columns), masked_of(columns, dataset, lambda mask: key))
