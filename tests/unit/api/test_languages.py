"""The published schemas of the filter and format languages agree with the domain's readers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from api.models.languages import FILTER_SCHEMA, FORMAT_SCHEMA, MASK_SCHEMA
from domain.datasets import FieldType
from domain.filters import FilterInvalid, parse, to_json
from domain.formats import Format, default_format
from domain.formats import to_json as format_to_json
from domain.masks import MaskInvalid, parse_mask
from domain.masks import to_json as mask_to_json
from domain.masks.methods import METHODS
from tests.filter_strategies import fitting

_WITH_NAMES = {"components": {"schemas": {"Filter": FILTER_SCHEMA}}}
FILTERS = Draft202012Validator({"$ref": "#/components/schemas/Filter", **_WITH_NAMES})
FORMATS = Draft202012Validator(FORMAT_SCHEMA)
MASKS = Draft202012Validator(MASK_SCHEMA)

_fields = st.sampled_from(["id", "name"])
_values = st.sampled_from(["x", 1, True, 1.5, None, [], ["x"], ["x", 2], {"relative": "-7d"}, {}])
_operators = st.sampled_from(
    ["eq", "lt", "in", "between", "is_null", "not_null", "contains", "ends_with", "like"]
)
_leaves = st.fixed_dictionaries(
    {"field": _fields, "op": _operators},
    optional={"value": _values, "ignore_case": st.booleans(), "extra": st.just(1)},
)
_trees = st.recursive(
    _leaves,
    lambda below: (
        st.fixed_dictionaries({"and": st.lists(below, max_size=2)})
        | st.fixed_dictionaries({"not": below}, optional={"or": st.lists(below, max_size=2)})
    ),
    max_leaves=5,
)


@given(tree=fitting)
def test_every_filter_of_ours_fits_the_schema(tree: Any) -> None:
    assert FILTERS.is_valid(to_json(tree))


@given(json=_trees)
def test_what_fits_the_schema_is_what_is_read(json: dict[str, Any]) -> None:
    try:
        parse(json)
    except FilterInvalid:
        assert not FILTERS.is_valid(json)
    else:
        assert FILTERS.is_valid(json)


@pytest.mark.parametrize("name", list(Format))
def test_every_format_fits_the_schema(name: Format) -> None:
    assert FORMATS.is_valid(format_to_json(default_format(name)))
    assert FORMATS.is_valid(name.value)
    assert not FORMATS.is_valid("pdf2")


_options = st.fixed_dictionaries(
    {"method": st.sampled_from([*(name for name, _ in METHODS), "drop", "hash"])},
    optional={
        "first": st.sampled_from([0, 2, 101, "2"]),
        "hidden": st.sampled_from([None, 0, 4]),
        "shape": st.sampled_from(["email", "phone"]),
        "to": st.sampled_from(["month", "week"]),
        "width": st.sampled_from([10, 0]),
        "prefix": st.sampled_from([1, 0]),
        "length": st.sampled_from([16, 20]),
        "scope": st.sampled_from([None, "crm", "C R M"]),
        "text": st.sampled_from(["", "x", "x" * 201]),
    },
)


@given(json=_options | st.sampled_from(["keep", "token", "null", "drop", "generalise"]))
def test_a_mask_fits_the_schema_when_it_fits_a_field_of_some_type(json: Any) -> None:
    read = []
    for each in FieldType:
        try:
            read.append(parse_mask(json, each))
        except MaskInvalid:
            continue
    assert MASKS.is_valid(json) == bool(read)
    assert all(MASKS.is_valid(mask_to_json(mask)) for mask in read)


@pytest.mark.parametrize("split", [{"by": "a"}, {"rows": 16_384}, {"bytes": 1_000_000}])
def test_every_way_of_splitting_fits_the_schema(split: dict[str, object]) -> None:
    assert FORMATS.is_valid({"format": "csv", "split": split})
    assert not FORMATS.is_valid({"format": "csv", "split": {**split, "more": 1}})
    assert not FORMATS.is_valid({"format": "csv", "split": {}})
