"""A filter's shape: what is read, what is refused and where the error points."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from domain.filters import (
    AllOf,
    AnyOf,
    Between,
    Compare,
    Filter,
    FilterInvalid,
    In,
    IsNull,
    Not,
    Relative,
    Sealed,
    TextMatch,
    Value,
    fields_used,
    map_values,
    parse,
    to_json,
    value_from_json,
    value_to_json,
)
from tests.filter_strategies import any_shape
from tests.samples import REFERENCE

LEAF = {"field": "size", "op": "eq", "value": 1}


def nested(levels: int) -> object:
    tree: object = LEAF
    for _ in range(levels - 1):
        tree = {"not": tree}
    return tree


def refused(document: object) -> FilterInvalid:
    with pytest.raises(FilterInvalid) as caught:
        parse(document)
    return caught.value


def test_every_node_is_read() -> None:
    tree = parse(
        {
            "and": [
                {"field": "dep_delay", "op": "gt", "value": 60},
                {"or": [{"field": "carrier", "op": "in", "value": ["AA", "UA"]}]},
                {"not": {"field": "tail", "op": "is_null"}},
                {"field": "tail", "op": "not_null"},
                {"field": "day", "op": "between", "value": ["2024-01-01", {"relative": "today"}]},
                {"field": "name", "op": "contains", "value": "é", "ignore_case": True},
            ]
        }
    )
    assert tree == AllOf(
        items=(
            Compare(field="dep_delay", op="gt", value=60),
            AnyOf(items=(In(field="carrier", values=("AA", "UA")),)),
            Not(item=IsNull(field="tail")),
            IsNull(field="tail", negated=True),
            Between(field="day", low="2024-01-01", high=Relative(expression="today", zone="UTC")),
            TextMatch(field="name", op="contains", value="é", ignore_case=True),
        )
    )


@given(any_shape)
def test_a_filter_comes_back_from_its_json(tree: Filter) -> None:
    through_text = json.loads(json.dumps(to_json(tree)))
    assert parse(through_text, sealed=True) == tree


@given(any_shape)
def test_a_value_comes_back_from_its_json(tree: Filter) -> None:
    def through_text(_field: str, value: Value) -> Value:
        return value_from_json(json.loads(json.dumps(value_to_json(value))), sealed=True)

    assert map_values(tree, through_text) == tree


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (None, "filter"),
        ("size = 1", "filter"),
        ([], "filter"),
        ({}, "filter"),
        ({"and": []}, "filter.and"),
        ({"and": LEAF}, "filter.and"),
        ({"or": "x"}, "filter.or"),
        ({"and": [LEAF], "or": [LEAF]}, "filter"),
        ({"and": [LEAF, {"or": [LEAF, {"nor": []}]}]}, "filter.and[1].or[1]"),
        ({"not": [LEAF]}, "filter.not"),
        ({"field": "size", "value": 1}, "filter"),
        ({"field": 1, "op": "eq", "value": 1}, "filter"),
        ({"field": "size", "op": ["eq"], "value": 1}, "filter"),
        ({"field": "size", "op": "like", "value": 1}, "filter.op"),
        ({"field": "size", "op": "eq"}, "filter"),
        ({"field": "size", "op": "eq", "value": 1, "cast": "x"}, "filter"),
        ({"field": "size", "op": "is_null", "value": None}, "filter"),
        ({"field": "size", "op": "eq", "value": None}, "filter.value"),
        ({"field": "size", "op": "eq", "value": [1]}, "filter.value"),
        ({"field": "size", "op": "eq", "value": {"now": 1}}, "filter.value"),
        ({"field": "size", "op": "eq", "value": float("nan")}, "filter.value"),
        ({"field": "size", "op": "eq", "value": float("inf")}, "filter.value"),
        ({"field": "size", "op": "eq", "value": 2**63}, "filter.value"),
        ({"field": "size", "op": "eq", "value": -(10**5000)}, "filter.value"),
        ({"field": "size", "op": "in", "value": 1}, "filter.value"),
        ({"field": "size", "op": "in", "value": []}, "filter.value"),
        ({"field": "size", "op": "in", "value": [1, [2]]}, "filter.value[1]"),
        ({"field": "size", "op": "between", "value": [1]}, "filter.value"),
        ({"field": "size", "op": "between", "value": [1, None]}, "filter.value[1]"),
        (
            {"field": "name", "op": "contains", "value": "a", "ignore_case": "yes"},
            "filter.ignore_case",
        ),
        (
            {"field": "day", "op": "eq", "value": {"relative": "today", "zone": 1}},
            "filter.value.zone",
        ),
        ({"field": "day", "op": "eq", "value": {"relative": "today", "tz": ""}}, "filter.value"),
    ],
)
def test_a_wrong_shape_is_refused_with_its_path(document: object, path: str) -> None:
    error = refused(document)
    assert error.path == path
    assert str(error) == f"{path}: {error.problem}"


def test_a_user_cant_name_a_protected_value() -> None:
    sealed = {"field": "name", "op": "eq", "value": {"sealed": str(REFERENCE)}}
    assert refused(sealed).path == "filter.value"
    value = Sealed(reference=REFERENCE)
    assert parse(sealed, sealed=True) == Compare(field="name", op="eq", value=value)


def test_a_protected_value_is_named_by_a_uuid() -> None:
    with pytest.raises(FilterInvalid, match="sealed"):
        parse({"field": "name", "op": "eq", "value": {"sealed": "x"}}, sealed=True)


def test_eight_levels_are_allowed_and_nine_are_not() -> None:
    parse(nested(8))
    assert "8 levels" in refused(nested(9)).problem


def test_a_depth_bomb_is_refused_at_the_ninth_level() -> None:
    assert refused(nested(100_000)).path == "filter" + ".not" * 8


def test_two_hundred_conditions_are_allowed_and_one_more_is_not() -> None:
    parse({"and": [LEAF] * 199})
    assert "200" in refused({"and": [LEAF] * 200}).problem


def test_a_thousand_listed_values_are_allowed_and_one_more_is_not() -> None:
    def listed(count: int) -> dict[str, Any]:
        return {"field": "size", "op": "in", "value": list(range(count))}

    parse(listed(1_000))
    assert refused(listed(1_001)).path == "filter.value"


def test_a_text_of_a_thousand_characters_is_allowed_and_a_longer_one_is_not() -> None:
    def looked_for(length: int) -> dict[str, Any]:
        return {"field": "name", "op": "eq", "value": "é" * length}

    parse(looked_for(1_000))
    assert refused(looked_for(1_001)).path == "filter.value"


def test_all_texts_together_are_limited_names_included() -> None:
    many = {"field": "name", "op": "in", "value": ["x" * 1_000] * 101}
    assert refused(many).path == "filter.value[99]"
    assert refused({"field": "x" * 1_001, "op": "is_null"}).path == "filter.field"


def test_errors_dont_repeat_values() -> None:
    secret = "jane@example.org"
    document = {"field": "size", "op": "eq", "value": {secret: secret}}
    assert secret not in str(refused(document))


def test_the_fields_used_are_listed_once_in_order() -> None:
    tree = parse({"or": [LEAF, {"not": {"field": "name", "op": "is_null"}}, LEAF]})
    assert fields_used(tree) == ("size", "name")


def test_mapping_values_reaches_every_value_and_nothing_else() -> None:
    tree = parse(
        {
            "or": [
                {"not": {"field": "a", "op": "eq", "value": 1}},
                {"field": "b", "op": "in", "value": [2, 3]},
                {"field": "c", "op": "between", "value": [4, 5]},
                {"and": [{"field": "d", "op": "contains", "value": "6"}]},
                {"field": "e", "op": "is_null"},
            ]
        }
    )
    seen: list[tuple[str, Value]] = []

    def noted(field: str, value: Value) -> Value:
        seen.append((field, value))
        return f"{value}!"

    changed = map_values(tree, noted)
    assert seen == [("a", 1), ("b", 2), ("b", 3), ("c", 4), ("c", 5), ("d", "6")]
    assert json.dumps(to_json(changed)).count("!") == len(seen)
    assert fields_used(changed) == fields_used(tree)
