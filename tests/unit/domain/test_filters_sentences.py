"""A filter as a reader of a waybill sees it."""

from __future__ import annotations

import pytest
from hypothesis import given

from domain.filters import Compare, Filter, Sealed, parse, sentence
from tests.filter_strategies import fitting
from tests.samples import REFERENCE, SAMPLES


def said(document: object) -> str:
    return sentence(parse(document), SAMPLES)


def leaf(field: str, op: str, value: object) -> dict[str, object]:
    return {"field": field, "op": op, "value": value}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (leaf("size", "eq", 1), "Size is 1"),
        (leaf("size", "ne", 1), "Size is anything but 1"),
        (leaf("size", "lt", 1), "Size is less than 1"),
        (leaf("size", "lte", -1), "Size is at most -1"),
        (leaf("price", "gt", 60.5), "Price is more than 60.5"),
        (leaf("price", "gte", "60.50"), "Price is at least 60.50"),
        (leaf("paid", "eq", True), "Paid is true"),
        (leaf("day", "lt", "2024-02-03"), "Day is before 2024-02-03"),
        (leaf("day", "gte", "2024-02-03"), "Day is not before 2024-02-03"),
        (leaf("size", "in", [1]), "Size is 1"),
        (leaf("name", "in", ["AA", "UA"]), "Full name is one of AA, UA"),
        (leaf("size", "between", [1, 5]), "Size is from 1 to 5"),
        ({"field": "name", "op": "is_null"}, "Full name is empty"),
        ({"field": "name", "op": "not_null"}, "Full name is not empty"),
        (leaf("name", "contains", "x"), "Full name contains x"),
        (leaf("name", "starts_with", "x y"), "Full name starts with “x y”"),
        (leaf("name", "ends_with", "x") | {"ignore_case": True},
         "Full name ends with x in any case"),
        (leaf("name", "eq", ""), "Full name is “”"),
        (leaf("owner.name", "eq", "李小龍"), "Owner: Name is 李小龍"),
        (leaf("at", "gte", {"relative": "today", "zone": "Europe/Madrid"}),
         "Departure is not before the day of the request (Europe/Madrid)"),
        (leaf("at", "lt", {"relative": "-7d"}),
         "Departure is before 7 days before the moment of the request (UTC)"),
        (leaf("day", "lt", {"relative": "start_of_month+1M"}),
         "Day is before 1 month after the start of the month of the request (UTC)"),
    ],
)  # fmt: skip
def test_a_condition_is_said_in_english(document: object, expected: str) -> None:
    assert said(document) == expected


def test_and_binds_as_the_brackets_say() -> None:
    a, b, c = leaf("size", "gt", 1), leaf("price", "lt", 2), leaf("paid", "eq", False)
    assert said({"and": [a, {"or": [b, c]}]}) == (
        "Size is more than 1 and (Price is less than 2 or Paid is false)"
    )
    assert said({"or": [{"and": [a, b]}, c]}) == (
        "(Size is more than 1 and Price is less than 2) or Paid is false"
    )
    assert said({"not": {"or": [a, b]}}) == "not (Size is more than 1 or Price is less than 2)"
    assert said({"and": [{"or": [a]}, b]}) == "Size is more than 1 and Price is less than 2"


def test_a_value_cant_pass_for_a_part_of_the_sentence() -> None:
    spoof = "x” and Size is “1"
    assert said(leaf("name", "eq", spoof)) == "Full name is “x\\u201d and Size is \\u201c1”"


def test_what_cant_be_seen_is_escaped() -> None:
    assert said(leaf("name", "eq", "a\n\u202eb\\")) == "Full name is “a\\n\\u202eb\\\\”"


def test_a_long_list_is_counted() -> None:
    assert said(leaf("size", "in", list(range(1000)))).endswith("18, 19 and 980 more")


def test_a_protected_value_is_not_named() -> None:
    tree = Compare(field="name", op="eq", value=Sealed(reference=REFERENCE))
    assert sentence(tree, SAMPLES) == "Full name is a protected value"


@given(fitting)
def test_every_sentence_is_one_visible_line(tree: Filter) -> None:
    assert sentence(tree, SAMPLES).isprintable()
