"""The published schemas of the filter and format languages agree with the domain's readers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from api.models.languages import FILTER_SCHEMA, FORMAT_SCHEMA
from domain.filters import FilterInvalid, parse, to_json
from domain.formats import Format, default_format
from domain.formats import to_json as format_to_json
from tests.filter_strategies import fitting

_WITH_NAMES = {"components": {"schemas": {"Filter": FILTER_SCHEMA}}}
FILTERS = Draft202012Validator({"$ref": "#/components/schemas/Filter", **_WITH_NAMES})
FORMATS = Draft202012Validator(FORMAT_SCHEMA)

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


@pytest.mark.parametrize("split", [{"by": "a"}, {"rows": 16_384}, {"bytes": 1_000_000}])
def test_every_way_of_splitting_fits_the_schema(split: dict[str, object]) -> None:
    assert FORMATS.is_valid({"format": "csv", "split": split})
    assert not FORMATS.is_valid({"format": "csv", "split": {**split, "more": 1}})
    assert not FORMATS.is_valid({"format": "csv", "split": {}})
