"""Nested values over HTTP: asked for, previewed, recorded, written and told of."""

from __future__ import annotations

import json
from dataclasses import replace
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from openpyxl import load_workbook

from domain.datasets import Dataset, Relation
from domain.exports.events import ExportPlanned, ExportRequested
from domain.exports.state import Status
from domain.masks import Constant
from tests.fakes_api import Site, problem
from tests.made_pdfs import texts
from tests.processing import THINGS

WHOLE = {"name": "whole", "fields": ["id"]}
PARTS = {
    "name": "parts",
    "fields": ["name", WHOLE],
    "filter": {"field": "name", "op": "ne", "value": "Ada"},
    "order": [{"field": "name", "direction": "desc"}],
}


@pytest.fixture(autouse=True)
def things(site: Site) -> Dataset:
    """Things have parts, which are things."""
    relations = (
        Relation(name="parts", dataset="things", on={"id": "id"}, many=True),
        Relation(name="whole", dataset="things", on={"id": "id"}),
    )
    made = replace(THINGS, relations=relations)
    made = replace(made, reachable={"things": made})
    site.world.datasets["things"] = made
    site.world.rows.lines = [b'1\t[{"name":"b\\\\"c","whole":{"id":1}}]', b"2\t[]"]
    return made


def test_an_export_has_a_nested_value_in_every_format(site: Site) -> None:
    export_id = UUID(site.export("ndjson", "csv", "json", "xlsx", "parquet", fields=["id", PARTS]))
    assert site.world.finish(export_id).status is Status.COMPLETED
    ndjson = site.get(f"/v1/exports/{export_id}/files/ndjson").content
    assert [json.loads(line) for line in ndjson.splitlines()] == [
        {"id": 1, "parts": [{"name": 'b"c', "whole": {"id": 1}}]},
        {"id": 2, "parts": []},
    ]
    csv = site.get(f"/v1/exports/{export_id}/files/csv").content
    assert csv == (b'Id,Parts\r\n1,"[{""name"":""b\\""c"",""whole"":{""id"":1}}]"\r\n2,[]\r\n')


def test_what_is_asked_for_is_recorded_and_shown(site: Site) -> None:
    export_id = UUID(site.export("ndjson", fields=["id", {**PARTS, "label": "Made of"}]))
    asked = site.get(f"/v1/exports/{export_id}").json()["fields"][1]
    assert asked["name"] == "parts"
    assert asked["nested"]["fields"] == PARTS["fields"]
    site.world.plan(export_id)
    planned = site.get(f"/v1/exports/{export_id}").json()
    assert planned["fields"][0]["nested"] is None
    assert planned["fields"][1]["label"] == "Made of"
    assert planned["fields"][1]["nested"]["fields"][1] == {
        "name": "whole",
        "type": "json",
        "fields": [{"name": "id", "type": "integer"}],
    }
    assert planned["filter_sentence"] == (
        "of Parts only those where Name is anything but a protected value"
    )


def test_a_literal_within_lies_in_the_vault_and_the_source_is_asked_with_it(site: Site) -> None:
    export_id = UUID(site.export("ndjson", fields=["id", PARTS]))
    requested = site.world.store.read(export_id)[0].event
    assert isinstance(requested, ExportRequested)
    assert "Ada" not in repr(requested)
    site.world.finish(export_id)
    planned = site.world.store.read(export_id)[1].event
    assert isinstance(planned, ExportPlanned)
    assert "Ada" not in repr(planned)
    assert "Ada" in repr(site.world.rows.asked[-1])


def test_the_waybill_says_what_is_nested(site: Site) -> None:
    export_id = UUID(site.export("ndjson", fields=["id", PARTS]))
    site.world.finish(export_id)
    signed = site.get(f"/v1/exports/{export_id}/files/ndjson/waybill").json()
    plain, nested = signed["waybill"]["query"]["fields"]
    assert plain == {"name": "id", "label": "Id"}
    assert nested["nested"]["fields"] == PARTS["fields"]
    assert nested["nested"]["order"] == PARTS["order"]
    assert "sealed" in nested["nested"]["filter"]["value"]


def test_a_preview_shows_nested_values(site: Site) -> None:
    shown = site.post("/v1/datasets/things/preview", {"fields": ["id", PARTS]}).json()
    assert [(field["name"], field["type"]) for field in shown["fields"]] == [
        ("id", "integer"),
        ("parts", "json"),
    ]
    assert shown["rows"][0] == [1, [{"name": 'b"c', "whole": {"id": 1}}]]


def test_a_dataset_shows_what_can_be_nested(site: Site) -> None:
    shown = site.get("/v1/datasets/things").json()
    assert [each["name"] for each in shown["relations"][0]["fields"]] == ["id", "name"]
    assert shown["relations"][0]["many"] is True


@pytest.mark.parametrize(
    ("choice", "slug", "pointer"),
    [
        ({"name": "part", "fields": ["id"]}, "invalid-query", "/fields/1/name"),
        ({"name": "parts", "fields": []}, "invalid-query", "/fields/1/fields"),
        ({"name": "parts", "fields": ["nmae"]}, "invalid-query", "/fields/1/fields/0"),
        ({"name": "parts", "fields": ["id"], "order": 1}, "invalid-query", "/fields/1/order"),
        ({"name": "parts", "fields": ["id"], "filter": {}}, "invalid-filter", "/fields/1/filter"),
        (
            {"name": "parts", "fields": [{"name": "id", "label": "x"}]},
            "invalid-query",
            "/fields/1/fields/0",
        ),
        ({"name": "name", "filter": {}}, "invalid-query", "/fields/1"),
        ({"name": "parts"}, "unknown-field", "/fields/1"),
        ({"name": "parts", "fields": ["id"], "mask": "null"}, "invalid-mask", "/fields/1/mask"),
        (
            {"name": "parts", "fields": ["id", {"name": "name", "mask": "hash"}]},
            "invalid-mask",
            "/fields/1/fields/1/mask/method",
        ),
        (
            {"name": "parts", "fields": [{"name": "whole", "fields": ["id"], "mask": "null"}]},
            "invalid-query",
            "/fields/1/fields/0",
        ),
        ({"name": "parts", "fields": ["id"], "limit": 5}, "invalid-request", "/fields/1/limit"),
    ],
)
def test_a_mistake_is_answered_with_its_place(
    site: Site, choice: dict[str, Any], slug: str, pointer: str
) -> None:
    body = {"dataset": "things", "formats": ["csv"], "fields": ["id", choice]}
    answer = problem(site.post("/v1/exports", body), slug)
    assert answer["errors"][0]["pointer"] == pointer


MASKED = {"name": "parts", "fields": [{"name": "name", "mask": "token"}, WHOLE]}
SAID = {"method": "token", "length": 32, "scope": None}


def test_a_mask_within_is_recorded_shown_and_in_the_waybill(site: Site) -> None:
    export_id = UUID(site.export("ndjson", "pdf", fields=["id", MASKED]))
    asked = site.get(f"/v1/exports/{export_id}").json()["fields"][1]["nested"]
    assert asked["fields"][0] == {"name": "name", "mask": SAID}
    site.world.finish(export_id)
    planned = site.get(f"/v1/exports/{export_id}").json()["fields"][1]["nested"]
    assert planned["fields"][0] == {"name": "name", "type": "text", "mask": SAID}
    signed = site.get(f"/v1/exports/{export_id}/files/ndjson/waybill").json()
    assert signed["waybill"]["query"]["fields"][1]["nested"]["fields"][0] == {
        "name": "name",
        "mask": SAID,
    }
    pdf = site.get(f"/v1/exports/{export_id}/files/pdf").content
    assert "Parts: name (token)" in " ".join(texts(pdf))


def test_values_within_are_masked_in_files_and_previews(site: Site) -> None:
    export_id = UUID(site.export("ndjson", fields=["id", MASKED]))
    site.world.finish(export_id)
    first, second = site.get(f"/v1/exports/{export_id}/files/ndjson").content.splitlines()
    (part,) = json.loads(first)["parts"]
    assert len(part["name"]) == 32
    assert part["whole"] == {"id": 1}
    assert json.loads(second) == {"id": 2, "parts": []}
    shown = site.post("/v1/datasets/things/preview", {"fields": ["id", MASKED]}).json()
    assert len(shown["rows"][0][1][0]["name"]) == 32


def test_a_sheet_of_a_relation_has_masked_values_as_texts(site: Site) -> None:
    site.world.rows.lines = [b'1\t[{"id":"23","name":"Ada"},{"id":null,"name":null}]']
    aged = {"name": "id", "mask": {"method": "generalise", "width": 10}}
    parts = {"name": "parts", "fields": [aged, {"name": "name", "mask": "null"}]}
    workbook = {"format": "xlsx", "options": {"relation_sheets": {"parts": ["id"]}}}
    export_id = UUID(site.export(workbook, fields=["id", parts]))
    assert site.world.finish(export_id).status is Status.COMPLETED
    file = site.get(f"/v1/exports/{export_id}/files/xlsx").content
    sheet = load_workbook(BytesIO(file))["Parts"]
    assert list(sheet.iter_rows(min_row=2, values_only=True)) == [
        (1, "[20,30)", None),
        (1, None, None),
    ]


def test_what_the_dataset_demands_is_done_within_too(site: Site, things: Dataset) -> None:
    masked = replace(things.fields[1], mask=Constant(text="hidden"), mask_required=True)
    hidden = replace(things, fields=(things.fields[0], masked), reachable={})
    site.world.datasets["things"] = replace(hidden, reachable={"things": hidden})
    export_id = UUID(site.export("ndjson", fields=["id", {"name": "parts", "fields": ["name"]}]))
    site.world.rows.lines = [b'1\t[{"name":"Ada"},{"name":null}]', b"2\t[]"]
    site.world.finish(export_id)
    file = site.get(f"/v1/exports/{export_id}/files/ndjson").content
    assert json.loads(file.splitlines()[0])["parts"] == [{"name": "hidden"}] * 2
    kept = {"name": "parts", "fields": [{"name": "name", "mask": "keep"}]}
    body = {"dataset": "things", "formats": ["csv"], "fields": ["id", kept]}
    answer = problem(site.post("/v1/exports", body), "invalid-mask")
    assert answer["errors"][0]["pointer"] == "/fields/1/fields/0/mask"
