"""Masks over HTTP: chosen for a field, demanded by its dataset, shown, refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from domain.exports.events import ExportRequested
from domain.masks import Keep, Mask, Null, Pattern, Token
from tests.fakes_api import Site, problem
from tests.processing import THINGS


def demand(site: Site, mask: Mask, *, required: bool = True) -> None:
    """The name of the things is masked so."""
    name = replace(THINGS.fields[1], mask=mask, mask_required=required)
    site.world.datasets["things"] = replace(THINGS, fields=(THINGS.fields[0], name))


def asked(*fields: object, **more: Any) -> dict[str, Any]:
    return {"dataset": "things", "formats": ["csv"], "fields": list(fields), **more}


def test_a_chosen_mask_is_recorded_and_shown_with_every_option(site: Site) -> None:
    export_id = site.export(fields=["id", {"name": "name", "mask": "token"}])
    said = {"method": "token", "length": 32, "scope": None}
    event = site.world.store.read(UUID(export_id))[0].event
    assert isinstance(event, ExportRequested)
    assert [field.mask for field in event.fields] == [None, said]
    site.world.finish(UUID(export_id))
    for path in (f"/v1/exports/{export_id}", "/v1/exports", "/v1/audit/events"):
        shown = site.get(path).json()
        fields = shown["fields"] if "fields" in shown else shown["items"][0]["fields"]
        assert [field["mask"] for field in fields] == [None, said]


@pytest.mark.parametrize(
    ("mask", "pointer", "says"),
    [
        ("drop", "/fields/1/mask/method", "leave the field out"),
        ("hash", "/fields/1/mask/method", "Use keep, mask, generalise, token, constant or null"),
        ({"method": "token", "length": 9}, "/fields/1/mask/length", "one of 16, 32, 64"),
        ({"method": "token", "salt": "x"}, "/fields/1/mask/salt", "is unknown"),
        ({"method": "generalise", "to": "year"}, "/fields/1/mask/to", "is unknown"),
        ([], "/fields/1/mask", "must be a method's name or an object"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/exports", "/v1/datasets/things/preview"])
def test_a_mask_that_does_not_fit_is_refused_with_its_place(
    site: Site, path: str, mask: object, pointer: str, says: str
) -> None:
    body = asked("id", {"name": "name", "mask": mask})
    if path.endswith("preview"):
        body = {"fields": body["fields"]}
    errors = problem(site.post(path, body), "invalid-mask")["errors"]
    assert errors[0]["pointer"] == pointer
    assert says in errors[0]["detail"]
    assert not site.world.rows.asked


def test_all_masks_that_do_not_fit_are_named_at_once(site: Site) -> None:
    body = asked({"name": "id", "mask": "hash"}, {"name": "name", "mask": "hash"})
    errors = problem(site.post("/v1/exports", body), "invalid-mask")["errors"]
    assert [error["pointer"] for error in errors] == [
        "/fields/0/mask/method",
        "/fields/1/mask/method",
    ]


def test_a_dataset_says_what_is_masked(site: Site) -> None:
    demand(site, Token())
    shown = site.get("/v1/datasets/things").json()["fields"][1]
    assert shown["mask"] == {"method": "token", "length": 32, "scope": None}
    assert (shown["type"], shown["mask_required"]) == ("text", True)


@pytest.mark.parametrize("mask", ["keep", "mask", {"method": "token", "length": 64}])
def test_a_demanded_mask_can_not_be_exchanged_for_another(site: Site, mask: object) -> None:
    demand(site, Token())
    fields = ["id", {"name": "name", "mask": mask}]
    for path, body in (
        ("/v1/exports", asked(*fields)),
        ("/v1/datasets/things/preview", {"fields": fields}),
    ):
        (error,) = problem(site.post(path, body), "invalid-mask")["errors"]
        assert error["pointer"] == "/fields/1/mask"
        assert '{"method": "token", "length": 32, "scope": null}' in error["detail"]


@pytest.mark.parametrize(
    "mask",
    [
        None,
        "token",
        {"method": "token", "scope": "crm"},
        "null",
        {"method": "constant", "text": "-"},
    ],
)
def test_a_demanded_mask_can_be_repeated_or_made_total(site: Site, mask: object) -> None:
    demand(site, Token())
    site.export(fields=["id", {"name": "name", "mask": mask}])


def test_a_default_can_be_taken_off(site: Site) -> None:
    demand(site, Null(), required=False)
    body = {"fields": ["id", "name"], "rows": 1}
    assert site.post("/v1/datasets/things/preview", body).json()["rows"] == [[0, None]]
    body = {"fields": ["id", {"name": "name", "mask": "keep"}], "rows": 1}
    shown = site.post("/v1/datasets/things/preview", body).json()
    assert shown["rows"] == [[0, "name 0"]]
    assert shown["fields"][1]["mask"] is None


@pytest.mark.parametrize(
    ("filter_", "order", "slug", "pointer"),
    [
        ({"field": "name", "op": "eq", "value": "x"}, [], "invalid-filter", "/filter/field"),
        (
            {"and": [{"not": {"field": "name", "op": "contains", "value": "x"}}]},
            [],
            "invalid-filter",
            "/filter/and/0/not/field",
        ),
        (None, [{"field": "name"}], "invalid-query", "/order/0/field"),
    ],
)
def test_nobody_finds_values_out_by_asking_for_rows(
    site: Site, filter_: object, order: list[object], slug: str, pointer: str
) -> None:
    demand(site, Token())
    body = {"filter": filter_, "order": order}
    answers = [
        site.post("/v1/exports", asked("id", **body)),
        site.post("/v1/datasets/things/preview", body),
    ]
    if filter_ is not None:
        answers.append(site.post("/v1/datasets/things/count", {"filter": filter_}))
    for answer in answers:
        assert problem(answer, slug)["errors"][0]["pointer"] == pointer
    assert not site.world.rows.asked


def test_who_has_no_value_may_be_asked_where_it_is_seen_anyway(site: Site) -> None:
    is_null = {"filter": {"field": "name", "op": "is_null"}}
    demand(site, Token())
    assert site.post("/v1/datasets/things/count", is_null).status_code == 200
    demand(site, Null())
    problem(site.post("/v1/datasets/things/count", is_null), "invalid-filter")


def test_a_preview_shows_what_a_file_would_hold(site: Site) -> None:
    demand(site, Pattern(first=1, hidden=2))
    body = {"fields": [{"name": "id", "mask": {"method": "generalise", "width": 2}}, "name"]}
    shown = site.post("/v1/datasets/things/preview", {**body, "rows": 3}).json()
    assert shown["rows"] == [["[0,2)", "n**"], ["[0,2)", "n**"], ["[2,4)", "n**"]]
    assert [field["type"] for field in shown["fields"]] == ["text", "text"]


def test_a_preview_as_a_file_is_masked_as_the_file_would_be(site: Site) -> None:
    demand(site, Pattern(first=1, hidden=2))
    body = {"fields": ["id", "name"], "rows": 2, "format": "csv"}
    answer = site.post("/v1/datasets/things/preview", body)
    assert answer.text == "Id,Name\r\n0,n**\r\n1,n**\r\n"
    assert b"name" not in answer.content


def test_tokens_of_a_preview_are_none_of_an_export(site: Site) -> None:
    fields = ["id", {"name": "name", "mask": {"method": "token", "scope": "crm"}}]
    rows = [
        site.post("/v1/datasets/things/preview", {"fields": fields}).json()["rows"]
        for _ in range(2)
    ]
    assert rows[0] != rows[1]
    assert not [name for name in site.world.keys.keys if name.startswith("tokens/")]


def test_keep_is_no_mask_of_a_dataset(site: Site) -> None:
    demand(site, Keep(), required=False)
    assert site.get("/v1/datasets/things").json()["fields"][1]["mask"] is None
