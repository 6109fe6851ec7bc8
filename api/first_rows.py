"""The first rows of a dataset as an export would have them: the fields that were asked for, each
behind its mask."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from api.intake import masks_of, query_of
from api.models.requests import PreviewRequest
from api.ports import ApiPorts
from domain.datasets import Field
from domain.masks import Keep, Mask, result_type
from domain.masks.masking import MaskedColumn, Masking
from domain.ports import Fragment, Source
from domain.rows import RowQuery


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstRows:
    """`fields` have the types and masks of what is in `rows`."""

    query: RowQuery
    fields: tuple[Field, ...]
    rows: Fragment


def first_rows(ports: ApiPorts, source: Source, body: PreviewRequest) -> FirstRows:
    """Raises what the domain's checks and the source raise."""
    dataset = source.dataset
    query = query_of(ports, dataset, fields=body.fields, filter_json=body.filter, order=body.order)
    masks = masks_of(dataset, body.fields)
    fields = [dataset.resolve(name) for name in query.fields]
    return FirstRows(
        query=query,
        fields=tuple(
            replace(field, type=result_type(mask, field.type), mask=mask)
            for field, mask in zip(fields, masks, strict=True)
        ),
        rows=_masking(fields, masks).fragment(source.rows.preview(dataset, query, body.rows)),
    )


def _masking(fields: Sequence[Field], masks: Sequence[Mask]) -> Masking:
    """Tokens are made with a key that is thrown away: they look like an export's and tell of no
    value what it becomes there."""
    key = secrets.token_bytes(32)
    return Masking(
        len(fields),
        [
            MaskedColumn(index=index, mask=mask, type=field.type, key=key)
            for index, (field, mask) in enumerate(zip(fields, masks, strict=True))
            if not isinstance(mask, Keep)
        ],
    )
