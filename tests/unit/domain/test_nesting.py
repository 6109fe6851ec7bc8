"""Nested values: how they are written, what they may hold, and how far they go."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from domain.datasets import Dataset, Relation, UnknownField
from domain.filters import Compare, FilterInvalid, Sealed, parse
from domain.masks import Keep, Mask, MaskInvalid, Token
from domain.nested_masks import masks_within, with_masks_said
from domain.nesting import (
    MAX_NESTED,
    masked_as_planned,
    nested_sentences,
    nested_to_json,
    parse_nested,
    planned_members,
)
from domain.protected import protect_nested, unprotect
from domain.rows import Nested, Order, QueryInvalid, RowQuery, check_query, map_filters
from tests.samples import ASKED_AT, OWNERS, SAMPLES, field

OWNER: dict[str, Any] = {
    "name": "owner",
    "fields": [
        "name",
        {
            "name": "samples",
            "fields": ["id", "owner.joined", {"name": "owner", "fields": ["id"]}],
            "filter": {"field": "name", "op": "eq", "value": "Ada"},
            "order": [{"field": "size", "direction": "desc"}],
        },
    ],
}


def checked(json: dict[str, Any]) -> Nested:
    nested = parse_nested(json, "fields[1]")
    check_query(RowQuery(fields=("id", nested), asked_at=ASKED_AT), SAMPLES)
    return nested


def deep(steps: int) -> dict[str, Any]:
    """owner, samples, owner, … as many as are wanted."""
    json: dict[str, Any] = {"name": "", "fields": ["id"]}
    for step in reversed(range(steps)):
        json["name"] = "samples" if step % 2 else "owner"
        json = {"name": "", "fields": ["id", json]}
    found: dict[str, Any] = json["fields"][1]
    return found


def test_a_nested_value_is_written_as_it_was_read() -> None:
    assert nested_to_json(checked(OWNER)) == OWNER


def test_a_name_alone_may_stand_in_an_object() -> None:
    assert checked({"name": "owner", "fields": [{"name": "id"}]}).fields == ("id",)


def test_datasets_that_lead_to_each_other_can_be_nested_as_deep_as_anything() -> None:
    checked(deep(5))
    with pytest.raises(QueryInvalid, match="5 deep"):
        checked(deep(6))


def test_a_body_of_brackets_costs_nothing() -> None:
    with pytest.raises(QueryInvalid, match="5 deep"):
        checked(deep(10_000))


def test_so_many_fields_and_no_more_can_be_nested() -> None:
    inner = {"name": "samples", "fields": ["id"] * (MAX_NESTED // 2)}
    with pytest.raises(QueryInvalid, match=f"at most {MAX_NESTED}"):
        parse_nested({"name": "owner", "fields": [inner, inner]}, "fields[1]")


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ({"name": "ownr"}, "fields[1].name", "it has: owner"),
        ({"name": "size"}, "fields[1].name", "no relation"),
        ({"name": 5}, "fields[1]", "a relation"),
        ({"fields": []}, "fields[1].fields", "at least one"),
        ({"fields": None}, "fields[1].fields", "at least one"),
        ({"fields": "name"}, "fields[1].fields", "a list"),
        ({"fields": [5]}, "fields[1].fields[0]", "a field's name"),
        ({"fields": [{"name": "samples"}]}, "fields[1].fields[0]", "no field 'samples'"),
        ({"fields": ["nmae"]}, "fields[1].fields[0]", "did you mean name"),
        ({"fields": ["id", "id"]}, "fields[1].fields[1]", "named twice"),
        ({"fields": ["samples.id"]}, "fields[1].fields[0]", "no field"),
        ({"fields": [{"name": "id", "label": "x"}]}, "fields[1].fields[0]", "only name"),
        ({"filter": {"field": "id", "op": "eq", "value": 1}}, "fields[1]", "one row"),
        ({"order": [{"field": "id"}]}, "fields[1]", "one row"),
        ({"order": 5}, "fields[1].order", "a list"),
        ({"order": [{"field": "id", "way": 1}]}, "fields[1].order[0]", "direction"),
        ({"order": [{"field": "id", "direction": "up"}]}, "fields[1].order[0].direction", "asc"),
        ({"order": [{"field": "id"}] * 21}, "fields[1].order", "at most 20"),
        ({"limit": 5}, "fields[1]", "only name, fields, filter, order"),
    ],
)
def test_a_mistake_is_told_with_its_place(change: dict[str, Any], path: str, words: str) -> None:
    with pytest.raises(QueryInvalid) as caught:
        checked({"name": "owner", "fields": ["id"], **change})
    assert caught.value.path == path
    assert words in caught.value.problem


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"filter": {"field": "nmae", "op": "is_null"}}, "fields[1].fields[0].filter.field"),
        ({"filter": {"field": "size"}}, "fields[1].fields[0].filter"),
        ({"filter": {"field": "size", "op": "eq", "value": {"sealed": str(uuid4())}}},
         "fields[1].fields[0].filter.value"),
    ],
)  # fmt: skip
def test_a_filter_within_is_checked_and_its_place_told(change: dict[str, Any], path: str) -> None:
    with pytest.raises(FilterInvalid) as caught:
        checked({"name": "owner", "fields": [{"name": "samples", "fields": ["id"], **change}]})
    assert caught.value.path == path


@pytest.mark.parametrize("order", ["extra", "nothing"])
def test_an_order_within_is_checked(order: str) -> None:
    inner = {"name": "samples", "fields": ["id"], "order": [{"field": order}]}
    with pytest.raises(QueryInvalid, match=r"fields\[1\]\.fields\[0\]\.order\[0\]"):
        checked({"name": "owner", "fields": [inner]})


def test_a_name_that_an_identifier_would_cut_is_refused() -> None:
    long = field("x" * 60, OWNERS.fields[0].type)
    owners = replace(OWNERS, fields=(*OWNERS.fields, long), reachable={})
    dataset = replace(SAMPLES, reachable={**SAMPLES.reachable, "owners": owners})
    nested = Nested(
        relation="owner",
        fields=(Nested(relation="samples", fields=(f"owner.{long.name}",)),),
    )
    with pytest.raises(QueryInvalid, match="63 characters"):
        check_query(RowQuery(fields=(nested,), asked_at=ASKED_AT), dataset)


TOKEN = {"method": "token", "length": 32, "scope": None}
MASKED: dict[str, Any] = {
    "name": "owner",
    "fields": [
        {"name": "name", "mask": {"method": "constant", "text": "x"}},
        {"name": "samples", "fields": ["id", {"name": "owner.name", "mask": "token"}]},
    ],
}


def demanding(mask: Mask, *, required: bool = True) -> Dataset:
    """Samples whose owners' names are given masked."""
    name = replace(OWNERS.fields[1], mask=mask, mask_required=required)
    owners = replace(OWNERS, fields=(OWNERS.fields[0], name, *OWNERS.fields[2:]), reachable={})
    return replace(SAMPLES, reachable={**SAMPLES.reachable, "owners": owners})


def test_masks_within_are_written_as_they_were_read_or_with_every_option() -> None:
    nested = checked(MASKED)
    assert nested_to_json(nested) == MASKED
    said = nested_to_json(with_masks_said(nested, SAMPLES))
    assert said["fields"][1]["fields"][1] == {"name": "owner.name", "mask": TOKEN}
    assert nested_to_json(parse_nested(said, "")) == said
    assert nested_to_json(checked({"name": "owner", "fields": [{"name": "id", "mask": None}]})) == {
        "name": "owner",
        "fields": ["id"],
    }


def test_a_plan_says_what_masks_make_of_members() -> None:
    constant = {"method": "constant", "text": "x"}
    assert planned_members(checked(MASKED), SAMPLES) == [
        {"name": "name", "type": "text", "mask": constant},
        {
            "name": "samples",
            "type": "json",
            "fields": [
                {"name": "id", "type": "integer"},
                {"name": "owner.name", "type": "text", "mask": TOKEN},
            ],
        },
    ]


def test_what_a_dataset_demands_holds_within_too_and_the_waybill_says_so() -> None:
    dataset = demanding(Token())
    nested = parse_nested({"name": "owner", "fields": ["id", "name"]}, "")
    planned = {"fields": planned_members(nested, dataset)}
    assert masked_as_planned(nested_to_json(nested), planned) == {
        "name": "owner",
        "fields": ["id", {"name": "name", "mask": TOKEN}],
    }
    assert masks_within(nested, dataset) == [Keep(), Token()]


def test_a_default_may_be_taken_off_within_and_a_demand_may_not() -> None:
    kept = {"name": "owner", "fields": [{"name": "name", "mask": "keep"}]}
    nested = parse_nested(kept, "")
    open_ = demanding(Token(), required=False)
    assert masks_within(nested, open_) == [Keep()]
    planned = {"fields": planned_members(nested, open_)}
    assert masked_as_planned(kept, planned) == {"name": "owner", "fields": ["name"]}
    with pytest.raises(MaskInvalid, match="operator"):
        masks_within(nested, demanding(Token()))


def test_wrong_masks_within_are_told_together_with_their_places() -> None:
    wrong = {
        "name": "owner",
        "fields": [
            {"name": "name", "mask": "hash"},
            {"name": "samples", "fields": [{"name": "id", "mask": {"method": "mask", "last": -1}}]},
        ],
    }
    with pytest.raises(MaskInvalid) as caught:
        masks_within(parse_nested(wrong, ""), SAMPLES, "/fields/1")
    assert [problem.at for problem in caught.value.problems] == [
        "/fields/1/fields/0/mask/method",
        "/fields/1/fields/1/fields/0/mask/last",
    ]


def test_a_nested_value_itself_has_no_mask() -> None:
    inner = {"name": "samples", "fields": ["id"], "mask": "null"}
    with pytest.raises(QueryInvalid, match="mask its fields"):
        checked({"name": "owner", "fields": [inner]})


def test_literals_of_personal_fields_are_sealed_wherever_they_stand() -> None:
    kept: dict[Any, str] = {}

    def keep(text: str) -> Any:
        reference = uuid4()
        kept[reference] = text
        return reference

    nested = checked(OWNER)
    sealed = protect_nested(nested, OWNERS, keep)
    assert list(kept.values()) == ['"Ada"']
    assert "Ada" not in str(nested_to_json(sealed))
    assert parse_nested(nested_to_json(sealed), "", sealed=True) == sealed
    query = RowQuery(fields=(sealed,), asked_at=ASKED_AT)
    opened = map_filters(query, lambda tree: unprotect(tree, kept.get))
    assert opened.fields == (nested,)


def test_every_filter_of_a_question_is_changed() -> None:
    outer = parse({"field": "size", "op": "eq", "value": 1})
    query = RowQuery(fields=("id", checked(OWNER)), filter=outer, asked_at=ASKED_AT)
    seen: list[Any] = []

    def look(tree: Any) -> Any:
        seen.append(tree)
        return Compare(field=tree.field, op=tree.op, value=Sealed(reference=uuid4()))

    assert map_filters(query, look) != query
    assert {tree.field for tree in seen} == {"size", "name"}


def test_a_plan_knows_the_members_and_their_types() -> None:
    assert planned_members(checked(OWNER), SAMPLES) == [
        {"name": "name", "type": "text"},
        {
            "name": "samples",
            "type": "json",
            "fields": [
                {"name": "id", "type": "integer"},
                {"name": "owner.joined", "type": "date"},
                {"name": "owner", "type": "json", "fields": [{"name": "id", "type": "integer"}]},
            ],
        },
    ]


def test_a_filter_within_is_said_in_words() -> None:
    assert nested_sentences(("id", checked(OWNER)), SAMPLES) == [
        "of Samples only those where Full name is Ada"
    ]


def test_a_path_of_names_goes_as_far_as_nesting() -> None:
    circle = Relation(name="boss", dataset="owners", on={"id": "id"})
    owners = replace(OWNERS, relations=(circle,), reachable={})
    dataset = replace(owners, reachable={"owners": owners})
    assert dataset.resolve("boss.boss.name").label == "Boss: Boss: Name"
    assert dataset.resolve(f"{'boss.' * 5}name").column == "name"
    with pytest.raises(UnknownField):
        dataset.resolve(f"{'boss.' * 6}name")


def test_a_wrong_name_at_the_end_of_a_path_comes_with_the_closest() -> None:
    with pytest.raises(UnknownField, match=r"did you mean owner\.name"):
        SAMPLES.resolve("owner.nmae")


def test_orders_are_asked_one_way_or_the_other() -> None:
    nested = parse_nested({"name": "x", "fields": ["y"], "order": [{"field": "z"}]}, "")
    assert nested.order == (Order(field="z", direction="asc"),)
