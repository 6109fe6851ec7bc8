"""`--fields`, from the command line's words to a request's."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.describing import export_facts
from cli.exits import Code, Refused
from cli.fields import chosen_fields


def test_fields_keep_their_order_and_may_have_a_heading() -> None:
    assert chosen_fields("id, carrier,dep_delay=Delay (min)") == [
        "id",
        "carrier",
        {"name": "dep_delay", "label": "Delay (min)"},
    ]
    assert chosen_fields(None) is None


def test_a_relation_has_its_fields_in_brackets() -> None:
    assert chosen_fields("id, items ( sku, qty, product(name) )=Positions (all),customer.name") == [
        "id",
        {
            "name": "items",
            "fields": ["sku", "qty", {"name": "product", "fields": ["name"]}],
            "label": "Positions (all)",
        },
        "customer.name",
    ]


def test_a_comma_too_many_does_no_harm() -> None:
    assert chosen_fields(",id,,name,") == ["id", "name"]
    assert chosen_fields("") == []


def test_fields_may_be_json_or_a_file_of_it(tmp_path: Path) -> None:
    file = tmp_path / "fields.json"
    file.write_text('["id", {"name": "items", "fields": ["sku"], "order": [{"field": "sku"}]}]')
    asked = ["id", {"name": "items", "fields": ["sku"], "order": [{"field": "sku"}]}]
    assert chosen_fields(f"@{file}") == chosen_fields(f" {file.read_text()}") == asked


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id,items(sku", "never closed"),
        ("id,items(sku,product(name)", "never closed"),
        ("id,items)", "no ( for this )"),
        ("id,items(sku))", "no ( for this )"),
        ("items()", "name the fields of items"),
        ("(sku)", "name is missing"),
        ("=Heading", "name is missing"),
        ("items(sku=Heading)", "only a column"),
        ("items(sku)qty", "comma or ="),
        ("items(sku)(qty)", "a comma is missing"),
        ("a(" * 10_000, "too deep"),
        ("[", "no JSON"),
        ("@/nowhere/fields.json", "can't be read"),
        ("[" * 100_000, "no JSON"),
        ('[1, {"a": 2}', "no JSON"),
    ],
)
def test_fields_that_cant_be_read_are_a_wrong_use(text: str, words: str) -> None:
    with pytest.raises(Refused) as refused:
        chosen_fields(text)
    assert refused.value.code is Code.USAGE
    assert words in str(refused.value)
    assert str(refused.value).startswith("--fields")


def test_an_export_says_its_fields_as_they_are_asked_for() -> None:
    planned = {"fields": [{"name": "sku", "type": "text"}, {"name": "product", "type": "json",
               "fields": [{"name": "name", "type": "text"}]}]}  # fmt: skip
    requested = {"fields": ["sku", {"name": "product", "fields": ["name"]}]}
    for nested in (planned, requested):
        export = _export([{"name": "id", "nested": None}, {"name": "items", "nested": nested}])
        assert ("Fields", "id, items(sku,product(name))") in export_facts(export)


def _export(fields: list[dict[str, object]]) -> dict[str, object]:
    nothing = dict.fromkeys(("dataset_label", "filter_sentence", "purpose", "failure"))
    never = dict.fromkeys(("ended_at", "expires_at"))
    progress = {"fraction": None, "rows_total": 1, "rows": 1, "estimated_rows": None}
    return {
        "id": "x",
        "status": "queued",
        "dataset": "orders",
        "fields": fields,
        "sheets": [],
        "progress": progress,
        "files": [],
        "requested_at": "2026-01-01T00:00:00Z",
        **nothing,
        **never,
    }
