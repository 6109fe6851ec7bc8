"""The first rows of a dataset as the file that an export would make of them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from starlette.responses import Response

from api.delivery import disposition
from api.first_rows import FirstRows, first_rows
from api.intake import spec_of
from api.models.requests import PreviewRequest
from api.ports import ApiPorts
from domain.access import ApiKey
from domain.datasets import Dataset
from domain.filters import sentence
from domain.formats import FormatSpec
from domain.masks import Keep, masked_columns, to_json
from domain.ports import Source
from domain.previews import Preview, PreviewAsked, PreviewColumn
from domain.protected import protect
from domain.rows import RowQuery

_NAMED = 20
"""Rejected rows that are told one by one."""


def preview_file(ports: ApiPorts, key: ApiKey, source: Source, body: PreviewRequest) -> Response:
    """Raises what the domain's checks, the source and `domain.previews` raise."""
    dataset = source.dataset
    first = first_rows(ports, source, body)
    spec = spec_of(body.format, first.query, "/format")
    columns = _columns(first, body)
    asked = PreviewAsked(
        spec=spec,
        columns=columns,
        rows=first.rows,
        title=dataset.label,
        filter=_sentence(dataset, first.query),
        requested_by=ports.vault.subject(key.workspace, str(key.principal)),
        requested_at=first.query.asked_at,
        masked=_masked(first, columns),
        order=tuple(by.field for by in first.query.order),
    )
    return _answer(dataset, spec, ports.previews.render(asked))


def _columns(first: FirstRows, body: PreviewRequest) -> tuple[PreviewColumn, ...]:
    labels = {chosen.name: chosen.label for chosen in body.fields or ()}
    return tuple(
        PreviewColumn(name=field.name, label=labels.get(field.name) or field.label, type=field.type)
        for field in first.fields
    )


def _masked(first: FirstRows, columns: Sequence[PreviewColumn]) -> str:
    masks = [None if each.mask in (None, Keep()) else to_json(each.mask) for each in first.fields]
    return masked_columns(zip((each.label for each in columns), masks, strict=True))


def _sentence(dataset: Dataset, query: RowQuery) -> str:
    """As an export's file says it: values of personal-data fields are not told. Nothing is kept."""
    if query.filter is None:
        return ""
    return sentence(protect(query.filter, dataset, lambda _: UUID(int=0)), dataset)


def _answer(dataset: Dataset, spec: FormatSpec, found: Preview) -> Response:
    headers = {
        "Content-Disposition": disposition(f"{dataset.id}-preview.{spec.extension}"),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Waybill-Rows": str(found.rows),
        "Waybill-Rejected": str(len(found.rejected)),
    }
    if found.rejected:
        headers["Waybill-Rejections"] = ", ".join(
            f'{each.row};field="{each.field}";reason={each.reason}'
            for each in found.rejected[:_NAMED]
        )
    # Given as a header, as the framework would add a charset of its own to a text's type.
    return Response(found.file, headers={**headers, "Content-Type": spec.media_type})
