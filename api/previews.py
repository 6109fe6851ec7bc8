"""The first rows of a dataset as the file that an export would make of them."""

from __future__ import annotations

from uuid import UUID

from starlette.responses import Response

from api.delivery import disposition
from api.first_rows import first_rows
from api.intake import spec_of
from api.models.requests import PreviewRequest
from api.ports import ApiPorts
from domain.access import ApiKey
from domain.datasets import Dataset
from domain.formats import FormatSpec
from domain.planning import sentences
from domain.ports import Source
from domain.previews import Preview, PreviewAsked
from domain.protected import protect_query

_NAMED = 20
"""Rejected rows that are told one by one."""


def preview_file(ports: ApiPorts, key: ApiKey, source: Source, body: PreviewRequest) -> Response:
    """Raises what the domain's checks, the source and `domain.previews` raise."""
    dataset = source.dataset
    first = first_rows(ports, source, body)
    spec = spec_of(body.format, first.query, "/format")
    asked = PreviewAsked(
        spec=spec,
        columns=first.columns,
        rows=first.rows,
        title=dataset.label,
        filter=sentences(protect_query(first.query, dataset, _unkept), dataset),
        requested_by=ports.vault.subject(key.workspace, str(key.principal)),
        requested_at=first.query.asked_at,
        order=tuple(by.field for by in first.query.order),
    )
    return _answer(dataset, spec, ports.previews.render(asked))


def _unkept(_: str) -> UUID:
    """The sentence is an export's, which tells no value of a field of personal data."""
    return UUID(int=0)


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
