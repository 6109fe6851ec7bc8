"""Several datasets in one workbook, over HTTP."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from openpyxl import load_workbook

from domain.exports.events import SheetsRequested
from tests.fakes_api import Site, problem
from tests.processing import THINGS

REQUEST: dict[str, Any] = {"dataset": "things", "formats": ["xlsx"]}
TOWNS = {
    "dataset": "towns",
    "fields": [{"name": "id", "label": "No"}, {"name": "name", "mask": "token"}],
    "filter": {"field": "name", "op": "ne", "value": "Springfield"},
    "order": [{"field": "id", "direction": "desc"}],
    "limit": 2,
    "options": {"sheet_name": "Places", "date_format": "yyyy"},
}


@pytest.fixture(autouse=True)
def _towns(site: Site) -> None:
    site.world.datasets["towns"] = replace(THINGS, id="towns", label="Towns", version="t1")
    site.world.datasets["afar"] = replace(THINGS, id="afar", source="elsewhere")
    site.world.rows.others["towns"] = [b"1\tYork", b"2\tUlm"]


def requested(site: Site, export_id: str) -> SheetsRequested:
    event = site.world.store.read(UUID(export_id))[1].event
    assert isinstance(event, SheetsRequested)
    return event


def test_each_sheet_is_recorded_with_its_values_sealed_and_its_options_as_they_were_said(
    site: Site,
) -> None:
    answer = site.post("/v1/exports", REQUEST | {"sheets": [TOWNS, {"dataset": "things"}]})
    assert answer.status_code == 202
    assert answer.headers["etag"] == '"2"'
    towns, things = requested(site, answer.json()["id"]).sheets
    assert (towns.dataset, things.dataset) == ("towns", "things")
    assert [(each.name, each.label) for each in towns.fields] == [("id", "No"), ("name", None)]
    assert towns.fields[1].mask == {"method": "token", "length": 32, "scope": None}
    assert towns.filter is not None
    assert "Springfield" not in repr(towns)
    sealed = UUID(towns.filter["value"]["sealed"])
    assert site.world.vault.reveal(sealed) == '"Springfield"'
    assert towns.options == {"sheet_name": "Places", "date_format": "yyyy"}
    assert [each.name for each in things.fields] == ["id", "name"]


def test_a_repeat_is_answered_as_the_request_was(site: Site) -> None:
    body = REQUEST | {"sheets": [TOWNS]}
    same = {"Idempotency-Key": "monday"}
    first = site.call("POST", "/v1/exports", json=body, headers=same)
    site.world.finish(UUID(first.json()["id"]))
    again = site.call("POST", "/v1/exports", json=body, headers=same)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json() == first.json()
    other = site.call("POST", "/v1/exports", json=REQUEST, headers=same)
    problem(other, "idempotency-key-reused")


def test_the_export_shows_its_sheets_before_and_behind_its_plan(site: Site) -> None:
    export_id = site.export("xlsx", sheets=[TOWNS])
    (sheet,) = site.get(f"/v1/exports/{export_id}").json()["sheets"]
    assert (sheet["dataset"], sheet["dataset_label"], sheet["limit"]) == ("towns", None, 2)
    assert sheet["order"] == [{"field": "id", "direction": "desc"}]
    assert sheet["options"] == TOWNS["options"]
    assert sheet["filter"]["value"].keys() == {"sealed"}
    site.world.finish(UUID(export_id))
    (sheet,) = site.get(f"/v1/exports/{export_id}").json()["sheets"]
    assert (sheet["dataset_label"], sheet["fields"][1]["label"]) == ("Towns", "Name")
    assert sheet["filter_sentence"].startswith("Name is anything but")
    (listed,) = site.get("/v1/exports").json()["items"]
    assert listed["sheets"][0]["filter_sentence"] == sheet["filter_sentence"]
    assert "filter" not in listed["sheets"][0]
    file = site.get(f"/v1/exports/{export_id}/files/xlsx").content
    assert load_workbook(BytesIO(file)).sheetnames == ["Things", "Places"]


def test_events_tell_which_datasets_and_no_more(site: Site) -> None:
    export_id = site.finished("xlsx", sheets=[TOWNS])
    events = site.get(f"/v1/exports/{export_id}/events").json()["items"]
    told = {each["type"]: each["data"] for each in events}
    assert told["export.sheets-requested.v1"] == {"sheets": ["towns"]}
    assert told["export.sheets-planned.v1"] == {"sheets": ["t1"]}
    assert told["export.sheet-extracted.v1"] == {
        "attempt": 1,
        "index": 1,
        "rows": 2,
        "chunks": 1,
        "matched": 2,
    }


def test_the_audit_tells_of_each_and_finds_it_by_each(site: Site) -> None:
    export_id = site.finished("xlsx", sheets=[TOWNS])
    (row,) = site.get("/v1/audit/events", params={"dataset": "towns"}).json()["items"]
    assert row["export_id"] == export_id
    (sheet,) = row["sheets"]
    assert (sheet["dataset"], sheet["dataset_label"]) == ("towns", "Towns")
    assert sheet["fields"][1]["mask"]["method"] == "token"
    assert sheet["filter"]["value"].keys() == {"sealed"}
    assert [each["id"] for each in site.get("/v1/exports?dataset=towns").json()["items"]] == [
        export_id
    ]
    assert site.get("/v1/exports?dataset=lands").json()["items"] == []


@pytest.mark.parametrize(
    ("change", "slug", "pointer"),
    [
        ({"sheets": [{}]}, "invalid-request", "/sheets/0/dataset"),
        ({"sheets": [{"dataset": "towns", "colour": 1}]}, "invalid-request", "/sheets/0/colour"),
        ({"sheets": [{"dataset": "towns"}] * 21}, "invalid-request", "/sheets"),
        ({"sheets": [TOWNS, {"dataset": "gone"}]}, "unknown-dataset", "/sheets/1/dataset"),
        ({"sheets": [{**TOWNS, "fields": ["nmae"]}]}, "unknown-field", "/sheets/0/fields/0"),
        ({"sheets": [{**TOWNS, "fields": ["id", "id"]}]}, "invalid-query", "/sheets/0/fields/1"),
        (
            {"sheets": [{**TOWNS, "fields": [{"name": "id", "mask": "blur"}]}]},
            "invalid-mask",
            "/sheets/0/fields/0/mask/method",
        ),
        (
            {"sheets": [{**TOWNS, "filter": {"field": "id", "op": "eq", "value": "x"}}]},
            "invalid-filter",
            "/sheets/0/filter/value",
        ),
        (
            {"sheets": [{**TOWNS, "options": {"cover": True}}]},
            "invalid-format",
            "/sheets/0/options/cover",
        ),
        (
            {"sheets": [{**TOWNS, "options": {"sheet_name": "a/b"}}]},
            "invalid-format",
            "/sheets/0/options/sheet_name",
        ),
        (
            {"sheets": [{**TOWNS, "options": {"field_formats": {"size": "0"}}}]},
            "invalid-format",
            "/sheets/0/options/field_formats",
        ),
        (
            {
                "formats": [
                    {
                        "format": "xlsx",
                        "options": {
                            "header": "none",
                            "table_style": None,
                            "autofilter": False,
                            "freeze_header": False,
                        },
                    }
                ],
                "sheets": [{**TOWNS, "options": {"autofilter": True}}],
            },
            "invalid-format",
            "/sheets/0/options/autofilter",
        ),
        ({"sheets": [{"dataset": "afar"}]}, "invalid-query", "/sheets/0/dataset"),
        ({"sheets": [TOWNS], "formats": ["xlsx", "csv"]}, "invalid-format", "/formats/1"),
        (
            {"sheets": [TOWNS], "formats": [{"format": "xlsx", "split": {"by": "id"}}]},
            "invalid-format",
            "/formats/0",
        ),
    ],
)
def test_a_fault_is_named_with_its_place_and_nothing_is_stored(
    site: Site, change: dict[str, Any], slug: str, pointer: str
) -> None:
    order = {"order": [{"field": "id"}]}
    found = problem(site.post("/v1/exports", REQUEST | order | change), slug)
    assert found["errors"][0]["pointer"] == pointer
    assert len(site.world.store.log(0, 10)) == 1
    assert not site.world.vault.texts
