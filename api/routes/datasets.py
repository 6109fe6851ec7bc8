"""What can be exported: datasets with their fields, a look at the rows, and how many there are."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import Response

from api import copy_text
from api.auth import DatasetReader, Ports
from api.bodies import reads, takes
from api.first_rows import first_rows
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
from api.previews import preview_file
from api.problem_types import NOT_FOUND
from api.problems import Problem
from api.questions import query_of
from api.routing import routes
from domain.datasets import Dataset, Field
from domain.masks import Keep, to_json
from domain.ports import Source

router = routes("datasets")


@router.get("/v1/datasets", summary="List datasets")
async def list_datasets(key: DatasetReader, ports: Ports) -> DatasetList:
    return DatasetList(items=[_view(dataset) for dataset in ports.sources.all()])


@router.get("/v1/datasets/{dataset}", summary="Show a dataset's fields and relations")
async def show_dataset(dataset: str, key: DatasetReader, ports: Ports) -> DatasetDetail:
    return _detail(_source(ports, dataset).dataset)


@router.post(
    "/v1/datasets/{dataset}/preview",
    response_model=PreviewView,
    responses={200: {"content": {"application/octet-stream": {}}}},
    openapi_extra=takes(PreviewRequest),
    summary="Look at the first rows, or at the file made of them",
)
async def preview_dataset(
    dataset: str,
    key: DatasetReader,
    ports: Ports,
    body: Annotated[PreviewRequest, reads(PreviewRequest)],
) -> PreviewView | Response:
    source = _source(ports, dataset)
    if body.format is not None:
        return await asyncio.to_thread(preview_file, ports, key, source, body)
    return await asyncio.to_thread(_preview, ports, source, body)


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
    found = first_rows(ports, source, body)
    return PreviewView(
        fields=[_field(field) for field in found.fields],
        rows=copy_text.rows(found.rows.data, found.fields),
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
