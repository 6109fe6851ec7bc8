"""Datasets over HTTP: what there is, a look at the rows, how many they are."""

from __future__ import annotations

import pytest

from api import copy_text
from domain.access import Scope
from domain.datasets import FieldType
from domain.ports import RowsRefused, RowsUnavailable
from tests import samples
from tests.fakes_api import Site, problem


@pytest.fixture(autouse=True)
def _with_samples(site: Site) -> None:
    site.world.datasets["samples"] = samples.SAMPLES


def test_the_datasets_are_listed_by_id(site: Site) -> None:
    items = site.get("/v1/datasets").json()["items"]
    assert [(each["id"], each["label"]) for each in items] == [
        ("samples", "Samples"),
        ("things", "Things"),
    ]


def test_a_dataset_shows_its_fields_and_those_it_reaches(site: Site) -> None:
    shown = site.get("/v1/datasets/samples").json()
    fields = {field["name"]: field for field in shown["fields"]}
    assert fields["name"] == {
        "name": "name",
        "label": "Full name",
        "type": "text",
        "pii": "contact",
        "mask": None,
        "mask_required": False,
    }
    assert fields["owner.name"]["label"] == "Owner: Name"
    assert shown["key"] == ["id"]
    (relation,) = shown["relations"]
    assert [field["name"] for field in relation.pop("fields")] == ["id", "name", "joined"]
    assert relation == {
        "name": "owner",
        "dataset": "owners",
        "many": False,
        "on": {"owner_id": "id"},
    }
    assert shown["version"] == samples.SAMPLES.version


@pytest.mark.parametrize("name", ["nothing", "%00", "%ED%A0%80", "a%2Fb", "THINGS"])
def test_an_unknown_dataset_is_not_there(site: Site, name: str) -> None:
    problem(site.get(f"/v1/datasets/{name}"), "not-found")
    problem(site.post(f"/v1/datasets/{name}/preview", {}), "not-found")
    problem(site.post(f"/v1/datasets/{name}/count", {}), "not-found")


def test_a_preview_shows_the_first_rows_of_the_fields_asked_for(site: Site) -> None:
    shown = site.post("/v1/datasets/things/preview", {"rows": 2}).json()
    assert shown["rows"] == [[0, "name 0"], [1, "name 1"]]
    assert [field["name"] for field in shown["fields"]] == ["id", "name"]


def test_a_preview_asks_what_the_export_would_ask(site: Site) -> None:
    asked = {
        "fields": ["name", "id"],
        "filter": {"field": "id", "op": "gt", "value": 1},
        "order": [{"field": "name", "direction": "desc"}],
    }
    site.world.rows.lines.clear()
    assert site.post("/v1/datasets/things/preview", asked).json()["rows"] == []
    query = site.world.rows.asked[-1]
    assert query.fields == ("name", "id")
    assert query.filter is not None
    assert query.order[0].direction == "desc"


@pytest.mark.parametrize(
    ("body", "slug"),
    [
        ({"rows": 101}, "invalid-request"),
        ({"fields": ["nothing"]}, "unknown-field"),
        ({"filter": {"field": "id", "op": "eq", "value": "x"}}, "invalid-filter"),
        ({"limit": 5}, "invalid-request"),
    ],
)
def test_a_preview_is_checked_like_an_export(
    site: Site, body: dict[str, object], slug: str
) -> None:
    problem(site.post("/v1/datasets/things/preview", body), slug)
    assert not site.world.rows.asked


def test_rows_are_estimated_or_counted(site: Site) -> None:
    site.world.rows.estimated = 400
    path = "/v1/datasets/things/count"
    assert site.post(path, {}).json() == {"rows": 400, "exact": False}
    assert site.post(path, {"exact": True}).json() == {"rows": 5, "exact": True}


@pytest.mark.parametrize("what", ["preview", "count"])
def test_a_source_that_is_down_is_no_fault_of_ours(site: Site, what: str) -> None:
    site.world.rows.failing = RowsUnavailable("The database doesn't answer.")
    answer = site.post(f"/v1/datasets/things/{what}", {})
    assert problem(answer, "source-unavailable")["status"] == 503
    assert answer.headers["retry-after"] == "2"


def test_a_query_that_the_source_stops_says_what_to_do(site: Site) -> None:
    site.world.rows.failing = RowsRefused("It took too long. Narrow the filter.")
    answer = site.post("/v1/datasets/things/count", {"exact": True})
    assert problem(answer, "source-refused")["detail"] == "It took too long. Narrow the filter."


def test_datasets_need_their_scope(site: Site) -> None:
    reader = site.key(Scope.EXPORTS_READ)
    for path in ("/v1/datasets", "/v1/datasets/things"):
        problem(site.get(path, secret=reader), "scope-missing")
    problem(site.post("/v1/datasets/things/preview", {}, secret=reader), "scope-missing")


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (FieldType.TEXT, r"a\tb\\n\x", "a\tb\\nx"),
        (FieldType.TEXT, r"\N", None),
        (FieldType.TEXT, "", ""),
        (FieldType.TEXT, r"\\N", "\\N"),
        (FieldType.INTEGER, "-5", -5),
        (FieldType.INTEGER, "9223372036854775807", "9223372036854775807"),
        (FieldType.DECIMAL, "1.10", "1.10"),
        (FieldType.FLOAT, "NaN", "NaN"),
        (FieldType.BOOLEAN, "t", True),
        (FieldType.BOOLEAN, "f", False),
        (FieldType.DATE, "infinity", "infinity"),
        (
            FieldType.JSON,
            r'{"a": [1, 2.50, 12345678901234567890, "\\n"]}',
            {"a": [1, "2.50", "12345678901234567890", "\n"]},
        ),
    ],
)
def test_values_come_through_a_preview_unchanged(kind: FieldType, text: str, value: object) -> None:
    line = f"{text}\t{text}\n".encode()
    fields = [samples.field("a", kind), samples.field("b", kind)]
    assert copy_text.rows(line, fields) == [[value, value]]


def test_bytes_that_are_no_text_are_shown_as_such() -> None:
    fields = [samples.field("a", FieldType.TEXT)]
    assert copy_text.rows(b"\xff\n", fields) == [["\ufffd"]]
