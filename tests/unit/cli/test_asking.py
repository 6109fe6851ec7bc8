"""The command line's words become the body of a request, or a sentence that says what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.asking import (
    chosen_filter,
    chosen_formats,
    chosen_order,
    chosen_sheets,
    chosen_split,
)
from cli.exits import Code, Refused
from cli.fields import chosen_fields


def test_a_field_may_have_a_mask_with_options() -> None:
    masks = ["carrier=token", "day=generalise:to=month", "note=mask:first=2,character=#"]
    assert chosen_fields("id,carrier=Airline,day,note", masks) == [
        "id",
        {"name": "carrier", "label": "Airline", "mask": {"method": "token"}},
        {"name": "day", "mask": {"method": "generalise", "to": "month"}},
        {"name": "note", "mask": {"method": "mask", "first": 2, "character": "#"}},
    ]


def test_a_field_in_a_nested_value_is_named_behind_its_relation() -> None:
    masks = ["items.sku=token", "items.product.name=null", "items.product=null"]
    fields = "id,items(sku,qty,product(name)),items.product"
    token, null = {"method": "token"}, {"method": "null"}
    assert chosen_fields(fields, masks) == [
        "id",
        {
            "name": "items",
            "fields": [
                {"name": "sku", "mask": token},
                "qty",
                {"name": "product", "fields": [{"name": "name", "mask": null}], "mask": null},
            ],
        },
        {"name": "items.product", "mask": null},
    ]
    with pytest.raises(Refused, match=r"items\.skus: .* id, items, items\.sku, items\.qty"):
        chosen_fields("id,items(sku,qty)", ["items.skus=token"])


@pytest.mark.parametrize("fields", ["customer.name,customer(name)", "customer(name),customer.name"])
def test_a_column_and_a_nested_field_of_one_name_are_both_masked(fields: str) -> None:
    mask = {"method": "token"}
    found = chosen_fields(fields, ["customer.name=token"])
    assert found is not None
    assert {"name": "customer.name", "mask": mask} in found
    assert {"name": "customer", "fields": [{"name": "name", "mask": mask}]} in found


@pytest.mark.parametrize(
    ("fields", "mask", "says"),
    [
        (None, "id=token", "--fields"),
        ("id", "name=token", "not among"),
        ("id", "id", "field=method"),
        ("id", "id=", "field=method"),
        ("id", "id=mask:first", "name=value"),
    ],
)
def test_a_mask_that_says_too_little_is_a_wrong_use(
    fields: str | None, mask: str, says: str
) -> None:
    with pytest.raises(Refused, match=says) as refused:
        chosen_fields(fields, [mask])
    assert refused.value.code is Code.USAGE


def test_a_filter_is_json_or_a_file_of_it(tmp_path: Path) -> None:
    file = tmp_path / "filter.json"
    file.write_text('{"field": "day", "op": "eq", "value": 1}')
    assert chosen_filter('{"not": 1}') == {"not": 1}
    assert chosen_filter(f"@{file}") == {"field": "day", "op": "eq", "value": 1}
    assert chosen_filter(None) is None


def test_a_sheet_is_a_datasets_id_or_json_or_a_file_of_it(tmp_path: Path) -> None:
    file = tmp_path / "sheet.json"
    file.write_text('{"dataset": "lands", "limit": 3}')
    asked = ["towns", ' {"dataset": "towns", "fields": ["id"]}', f"@{file}"]
    assert chosen_sheets(asked) == [
        {"dataset": "towns"},
        {"dataset": "towns", "fields": ["id"]},
        {"dataset": "lands", "limit": 3},
    ]
    for text in ('["towns"]', '{"fields": []}', "{", "@/nowhere/sheet.json"):
        with pytest.raises(Refused, match="--sheet") as refused:
            chosen_sheets([text])
        assert refused.value.code is Code.USAGE


@pytest.mark.parametrize("text", ["{", "@/nowhere/filter.json", "[" * 100_000])
def test_a_filter_that_cant_be_read_is_a_wrong_use(text: str) -> None:
    with pytest.raises(Refused, match="--filter") as refused:
        chosen_filter(text)
    assert refused.value.code is Code.USAGE


def test_an_order_has_a_direction() -> None:
    assert chosen_order(["carrier,dep_delay:desc", "id:asc"]) == [
        {"field": "carrier", "direction": "asc"},
        {"field": "dep_delay", "direction": "desc"},
        {"field": "id", "direction": "asc"},
    ]
    with pytest.raises(Refused, match="field:desc"):
        chosen_order(["id:down"])


def test_an_ending_says_how_a_format_is_compressed() -> None:
    assert chosen_formats(["csv", "ndjson.zst,csv.gz"], []) == [
        {"format": "csv"},
        {"format": "ndjson", "compression": "zstd"},
        {"format": "csv", "compression": "gzip"},
    ]
    with pytest.raises(Refused, match=r"csv\.gz or csv\.zst"):
        chosen_formats(["csv.rar"], [])


def test_an_option_counts_for_all_formats_or_for_one() -> None:
    assert chosen_formats(["csv", "ndjson"], ["zone=Europe/Madrid", "csv.bom=yes"]) == [
        {"format": "csv", "options": {"zone": "Europe/Madrid", "bom": True}},
        {"format": "ndjson", "options": {"zone": "Europe/Madrid"}},
    ]
    with pytest.raises(Refused, match="there is no --format ndjson"):
        chosen_formats(["csv"], ["ndjson.nulls=omit"])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("decimal_places=2", 2),
        ("decimal_places=null", None),
        ("null_text=null", "null"),
        ("bom=false", False),
        ("null_text=true", "true"),
        (r"delimiter=\t", "\t"),
        ("delimiter==", "="),
        ("unknown=1", "1"),
    ],
)
def test_an_option_has_the_type_that_its_format_wants(text: str, value: object) -> None:
    (asked,) = chosen_formats(["csv"], [text])
    assert list(asked["options"].values()) == [value]
    assert type(next(iter(asked["options"].values()))) is type(value)


@pytest.mark.parametrize("text", ["bom", "bom=perhaps"])
def test_an_option_that_cant_be_meant_is_a_wrong_use(text: str) -> None:
    with pytest.raises(Refused, match="--option bom") as refused:
        chosen_formats(["csv"], [text])
    assert refused.value.code is Code.USAGE


def test_a_format_that_the_command_doesnt_know_is_the_servers_to_refuse() -> None:
    assert chosen_formats(["xlsx"], ["sheet=1"]) == [{"format": "xlsx", "options": {"sheet": "1"}}]


def test_a_split_is_for_every_format() -> None:
    formats = [{"format": "csv"}, {"format": "json"}]
    assert chosen_split(None, formats) == formats
    assert chosen_split("rows=20000", formats) == [
        {**f, "split": {"rows": 20_000}} for f in formats
    ]
    assert chosen_split("by=a=b", formats)[0]["split"] == {"by": "a=b"}
    for text in ("region", "rows=many", "bye=x", "bytes="):
        with pytest.raises(Refused, match="--split"):
            chosen_split(text, formats)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ('field_formats={"a": "0.00"}', {"a": "0.00"}),
        ('links=["url"]', ["url"]),
        ('summary={"groups": [{"by": "a"}]}', {"groups": [{"by": "a"}]}),
        ("summary=null", None),
    ],
)
def test_an_option_that_is_an_object_or_an_array_is_json(option: str, value: object) -> None:
    (asked,) = chosen_formats(["xlsx"], [option])
    assert list(asked["options"].values()) == [value]


def test_an_option_that_is_broken_json_is_a_wrong_use() -> None:
    with pytest.raises(Refused, match="--option links is no JSON"):
        chosen_formats(["xlsx"], ["links=url"])


def test_a_workbook_or_a_logo_is_a_file_or_base64(tmp_path: Path) -> None:
    file = tmp_path / "report.xlsx"
    file.write_bytes(b"PK\xff")
    (asked,) = chosen_formats(["xlsx"], [f"workbook=@{file}", "logo=QUJD"])
    assert asked["options"] == {"workbook": "UEv/", "logo": "QUJD"}
    with pytest.raises(Refused, match=r"--option logo: /nowhere/a\.png can't be read") as refused:
        chosen_formats(["pdf"], ["logo=@/nowhere/a.png"])
    assert refused.value.code is Code.USAGE
