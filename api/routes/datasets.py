"""What can be exported: datasets with their fields, a look at the rows, and how many there are."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter

from api import copy_text
from api.auth import DatasetReader, Ports
from api.bodies import reads, takes
from api.intake import masks_of, query_of
from api.models.others import (
    CountView,
    DatasetDetail,
    DatasetList,
    DatasetView,
    FieldView,
    PreviewView,
    RelationView,
)
from api.models.requests import CountRequest, PreviewRequest
from api.ports import ApiPorts
from api.problem_types import NOT_FOUND
from api.problems import Problem
from domain.datasets import Dataset, Field, FieldType, relation_title
from domain.masks import Keep, Mask, result_type, to_json
from domain.masks.masking import MaskedColumn, Masking
from domain.ports import Source
from domain.rows import Chosen, Nested

router = APIRouter(tags=["datasets"])


@router.get("/v1/datasets", summary="List datasets")
async def list_datasets(key: DatasetReader, ports: Ports) -> DatasetList:
    return DatasetList(items=[_view(dataset) for dataset in ports.sources.all()])


@router.get("/v1/datasets/{dataset}", summary="Show a dataset's fields and relations")
async def show_dataset(dataset: str, key: DatasetReader, ports: Ports) -> DatasetDetail:
    return _detail(_source(ports, dataset).dataset)


@router.post(
    "/v1/datasets/{dataset}/preview",
    response_model=PreviewView,
    openapi_extra=takes(PreviewRequest),
    summary="Look at the first rows",
)
async def preview_dataset(
    dataset: str,
    key: DatasetReader,
    ports: Ports,
    body: Annotated[PreviewRequest, reads(PreviewRequest)],
) -> PreviewView:
    return await asyncio.to_thread(_preview, ports, _source(ports, dataset), body)


@router.post(
    "/v1/datasets/{dataset}/count",
    response_model=CountView,
    openapi_extra=takes(CountRequest),
    summary="Count the rows, or estimate how many there are",
)
async def count_dataset(
    dataset: str,
    key: DatasetReader,
    ports: Ports,
    body: Annotated[CountRequest, reads(CountRequest)],
) -> CountView:
    return await asyncio.to_thread(_count, ports, _source(ports, dataset), body)


def _source(ports: ApiPorts, dataset: str) -> Source:
    source = ports.sources.find(dataset)
    if source is None:
        raise Problem(NOT_FOUND, "There is no such dataset; `GET /v1/datasets` lists them.")
    return source


def _preview(ports: ApiPorts, source: Source, body: PreviewRequest) -> PreviewView:
    dataset = source.dataset
    query = query_of(ports, dataset, fields=body.fields, filter_json=body.filter, order=body.order)
    masks = masks_of(dataset, body.fields)
    fields = [_asked(dataset, chosen) for chosen in query.fields]
    fragment = _masking(fields, masks).fragment(source.rows.preview(dataset, query, body.rows))
    shown = [
        replace(field, type=result_type(mask, field.type), mask=mask)
        for field, mask in zip(fields, masks, strict=True)
    ]
    return PreviewView(
        fields=[_field(field) for field in shown], rows=copy_text.rows(fragment.data, shown)
    )


def _asked(dataset: Dataset, chosen: Chosen) -> Field:
    """A nested value is shown as a field of JSON."""
    if not isinstance(chosen, Nested):
        return dataset.resolve(chosen)
    name = chosen.relation
    return Field(name=name, type=FieldType.JSON, label=relation_title(name), column=name)


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


def _count(ports: ApiPorts, source: Source, body: CountRequest) -> CountView:
    query = query_of(ports, source.dataset, filter_json=body.filter)
    if body.exact:
        return CountView(rows=source.rows.count(source.dataset, query), exact=True)
    return CountView(rows=source.rows.estimate(source.dataset, query).rows, exact=False)


def _view(dataset: Dataset) -> DatasetView:
    return DatasetView(
        id=dataset.id,
        label=dataset.label,
        description=dataset.description,
        version=dataset.version,
    )


def _detail(dataset: Dataset) -> DatasetDetail:
    return DatasetDetail(
        **dict(_view(dataset)),
        key=list(dataset.key),
        fields=[_field(field) for field in dataset.every_field()],
        relations=[
            RelationView(
                name=relation.name,
                dataset=relation.dataset,
                many=relation.many,
                on=dict(relation.on),
                fields=[_field(field) for field in dataset.beyond(relation).fields],
            )
            for relation in dataset.relations
        ],
    )


def _field(field: Field) -> FieldView:
    return FieldView(
        name=field.name,
        label=field.label,
        type=field.type,
        pii=field.pii,
        mask=None if field.mask in (None, Keep()) else to_json(field.mask),
        mask_required=field.mask_required,
    )
