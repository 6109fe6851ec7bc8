"""Filters by Hypothesis: of any shape, and such as fit the samples' fields."""

from __future__ import annotations

from datetime import UTC

from hypothesis import strategies as st

from domain.datasets import FieldType
from domain.filters import (
    AllOf,
    AnyOf,
    Between,
    Compare,
    Filter,
    In,
    IsNull,
    Not,
    Relative,
    Sealed,
    TextMatch,
    Value,
)
from tests.samples import SAMPLES

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
relatives = st.builds(
    Relative,
    expression=st.sampled_from(
        ["now", "today", "-7d", "+1w", "start_of_month-1M", "start_of_year+2y", "-12h", "tomorrow"]
    ),
    zone=st.sampled_from(["UTC", "Europe/Madrid", "America/New_York", "Asia/Kathmandu"]),
)
_dates = st.dates().map(lambda day: day.isoformat())
_naive = st.datetimes().map(lambda moment: moment.isoformat())
_aware = st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.isoformat())

VALUES: dict[FieldType, st.SearchStrategy[Value]] = {
    FieldType.TEXT: texts,
    FieldType.INTEGER: st.integers(-(2**63), 2**63 - 1) | st.integers(-99, 99).map(str),
    FieldType.DECIMAL: st.decimals(allow_nan=False, allow_infinity=False, places=3).map(str)
    | st.integers(-9, 9),
    FieldType.FLOAT: st.floats(allow_nan=False, allow_infinity=False),
    FieldType.BOOLEAN: st.booleans(),
    FieldType.DATE: _dates | relatives,
    FieldType.TIME: st.times().map(lambda time: time.isoformat()),
    FieldType.TIMESTAMP: _naive | relatives,
    FieldType.INSTANT: _aware | relatives,
    FieldType.UUID: st.uuids().map(str),
}

_OPERATORS = ("eq", "ne", "lt", "lte", "gt", "gte")


def _leaves_of(name: str) -> st.SearchStrategy[Filter]:
    values = VALUES.get(SAMPLES.resolve(name).type)
    nulls = st.builds(IsNull, field=st.just(name), negated=st.booleans())
    if values is None:
        return nulls
    named = st.just(name)
    equal = st.builds(Compare, field=named, op=st.sampled_from(["eq", "ne"]), value=values)
    listed = st.lists(values, min_size=1, max_size=4).map(tuple)
    leaves: st.SearchStrategy[Filter] = nulls | equal | st.builds(In, field=named, values=listed)
    if SAMPLES.resolve(name).type in (FieldType.BOOLEAN, FieldType.UUID):
        return leaves
    leaves |= st.builds(Compare, field=named, op=st.sampled_from(_OPERATORS), value=values)
    leaves |= st.builds(Between, field=named, low=values, high=values)
    if SAMPLES.resolve(name).type is FieldType.TEXT:
        leaves |= st.builds(
            TextMatch,
            field=named,
            op=st.sampled_from(["contains", "starts_with", "ends_with"]),
            value=values.filter(bool),
            ignore_case=st.booleans(),
        )
    return leaves


def _nested(leaves: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    def above(below: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
        items = st.lists(below, min_size=1, max_size=3).map(tuple)
        return (
            st.builds(AllOf, items=items)
            | st.builds(AnyOf, items=items)
            | st.builds(Not, item=below)
        )

    return st.recursive(leaves, above, max_leaves=6)


fitting = _nested(
    st.sampled_from([each.name for each in SAMPLES.every_field()]).flatmap(_leaves_of)
)
"""Filters that `check` accepts for the samples."""

_any_value = (
    texts
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | relatives
    | st.builds(Sealed, reference=st.uuids())
)
_names = st.text("abcdefgh_.", min_size=1, max_size=8)

any_shape = _nested(
    st.builds(Compare, field=_names, op=st.sampled_from(_OPERATORS), value=_any_value)
    | st.builds(In, field=_names, values=st.lists(_any_value, min_size=1, max_size=5).map(tuple))
    | st.builds(Between, field=_names, low=_any_value, high=_any_value)
    | st.builds(IsNull, field=_names, negated=st.booleans())
    | st.builds(
        TextMatch,
        field=_names,
        op=st.sampled_from(["contains", "starts_with", "ends_with"]),
        value=_any_value,
        ignore_case=st.booleans(),
    )
)
"""Filters that `parse` accepts, whether or not they make sense."""
