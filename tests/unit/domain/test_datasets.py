"""Looking up a dataset's fields."""

from __future__ import annotations

import pytest

from domain.datasets import FieldType, UnknownField
from tests.samples import SAMPLES


def test_an_own_field_is_found_by_its_name() -> None:
    assert SAMPLES.resolve("price") is SAMPLES.fields[3]


def test_a_relations_field_is_found_under_both_names() -> None:
    found = SAMPLES.resolve("owner.name")
    assert (found.name, found.label, found.column) == ("owner.name", "Owner: Name", "name")
    assert (found.type, found.pii) == (FieldType.TEXT, "contact")


def test_every_field_can_be_resolved() -> None:
    names = [each.name for each in SAMPLES.every_field()]
    assert names[:2] == ["id", "name"]
    assert names[-1] == "owner.joined"
    assert [SAMPLES.resolve(name).name for name in names] == names


@pytest.mark.parametrize(
    ("name", "closest"),
    [("nmae", "name"), ("owner", "owner_id"), ("ownr.name", "owner.name"), ("Price", "price")],
)
def test_an_unknown_field_comes_with_the_closest_names(name: str, closest: str) -> None:
    with pytest.raises(UnknownField) as caught:
        SAMPLES.resolve(name)
    assert closest in caught.value.closest
    assert f"'{name}'" in str(caught.value)


@pytest.mark.parametrize("name", ["", ".", "owner.", ".name", "owner.owner.name", "zzz"])
def test_what_resembles_nothing_is_said_to_be_unknown(name: str) -> None:
    with pytest.raises(UnknownField, match="there is no field"):
        SAMPLES.resolve(name)
