"""A filter against a dataset: fields, operators and values."""

from __future__ import annotations

import pytest
from hypothesis import given

from domain.datasets import FieldType
from domain.filters import (
    Compare,
    Filter,
    FilterInvalid,
    Sealed,
    bound_text,
    check,
    map_values,
    parse,
    to_json,
)
from domain.filters.errors import ValueUnfit
from tests.filter_strategies import fitting
from tests.samples import ASKED_AT, REFERENCE, SAMPLES


def refused(document: object) -> FilterInvalid:
    tree = parse(document)
    with pytest.raises(FilterInvalid) as caught:
        check(tree, SAMPLES)
    return caught.value


def leaf(field: str, op: str, value: object) -> dict[str, object]:
    return {"field": field, "op": op, "value": value}


@given(fitting)
def test_what_fits_is_accepted(tree: Filter) -> None:
    check(parse(to_json(tree)), SAMPLES)


def test_an_unknown_field_is_refused_with_the_closest_names() -> None:
    error = refused({"and": [leaf("size", "eq", 1), {"not": leaf("pirce", "eq", 1)}]})
    assert error.path == "filter.and[1].not.field"
    assert "did you mean price" in error.problem


def test_an_unknown_relation_field_is_refused_with_the_closest_names() -> None:
    error = refused({"or": [leaf("owner.nam", "eq", "x")]})
    assert error.path == "filter.or[0].field"
    assert "owner.name" in error.problem


def test_a_long_or_hostile_name_is_shown_short_and_in_ascii() -> None:
    problem = refused(leaf("x\ud800\n" * 300, "eq", 1)).problem
    assert len(problem) < 400
    assert problem.isascii()
    assert problem.isprintable()


@pytest.mark.parametrize(
    ("field", "op", "value"),
    [
        ("paid", "lt", True),
        ("paid", "between", [False, True]),
        ("code", "gt", "123e4567-e89b-12d3-a456-426614174000"),
        ("size", "contains", "1"),
        ("day", "starts_with", "2024"),
        ("extra", "ends_with", "x"),
    ],
)
def test_an_operator_that_the_type_has_not_is_refused(field: str, op: str, value: object) -> None:
    assert refused({"and": [leaf(field, op, value)]}).path == "filter.and[0].op"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", 1),
        ("name", True),
        ("name", "a\0b"),
        ("name", "a\ud800b"),
        ("name", {"relative": "today"}),
        ("size", "1.5"),
        ("size", 1.0),
        ("size", True),
        ("size", ""),
        ("size", " 1"),
        ("size", "1\n"),
        ("size", "٣"),
        ("size", "0x10"),
        ("size", "9223372036854775808"),
        ("size", "-9223372036854775809"),
        ("size", "9" * 100),
        ("price", "1,5"),
        ("price", "NaN"),
        ("price", "Infinity"),
        ("price", "1e1000"),
        ("price", "--1"),
        ("price", False),
        ("ratio", "1e400"),
        ("ratio", "nan"),
        ("ratio", True),
        ("paid", "true"),
        ("paid", 1),
        ("day", "2024-02-30"),
        ("day", "2024-2-3"),
        ("day", "20240203"),
        ("day", "0000-01-01"),
        ("day", "2024-02-03T00:00:00"),
        ("day", "infinity"),
        ("day", 20240203),
        ("day", {"relative": "next_week"}),
        ("day", {"relative": "today", "zone": "Mars/Olympus"}),
        ("clock", "24:00"),
        ("clock", "12:60"),
        ("clock", "12"),
        ("clock", "12:00+01"),
        ("clock", {"relative": "now"}),
        ("local", "2024-02-30T00:00"),
        ("local", "2024-02-03T25:00"),
        ("local", "2024-02-03T12:00:00Z"),
        ("local", "2024-02-03T12:00:00.1234567"),
        ("at", "2024-02-03"),
        ("at", "2024-02-03T12:00:00"),
        ("at", "2024-02-30T12:00:00Z"),
        ("at", "2024-02-03T12:00:00+16:00"),
        ("at", "2024-02-03T12:00:00 Europe/Madrid"),
        ("at", 1706961600),
        ("code", "123e4567e89b12d3a456426614174000"),
        ("code", "{123e4567-e89b-12d3-a456-426614174000}"),
        ("code", 5),
        ("extra", "{}"),
        ("owner.joined", "yesterday"),
    ],
)
@pytest.mark.parametrize("op", ["eq", "in", "between"])
def test_a_value_that_doesnt_fit_is_refused(field: str, value: object, op: str) -> None:
    if op == "eq":
        assert refused(leaf(field, "eq", value)).path == "filter.value"
    elif op == "in":
        assert refused(leaf(field, "in", [value])).path == "filter.value[0]"
    elif field not in ("paid", "code"):
        assert refused(leaf(field, "between", [value, value])).path == "filter.value[0]"
    else:
        assert refused(leaf(field, "between", [value, value])).path == "filter.op"


@pytest.mark.parametrize(
    ("field_type", "value", "text"),
    [
        (FieldType.TEXT, "O'Brien \\ 100%", "O'Brien \\ 100%"),
        (FieldType.TEXT, "", ""),
        (FieldType.INTEGER, -(2**63), "-9223372036854775808"),
        (FieldType.INTEGER, "+007", "7"),
        (FieldType.DECIMAL, "0.10", "0.10"),
        (FieldType.DECIMAL, 60, "60"),
        (FieldType.DECIMAL, 1e22, "1e+22"),
        (FieldType.DECIMAL, "-12345678901234567890.123456789", "-12345678901234567890.123456789"),
        (FieldType.FLOAT, "0.1", "0.1"),
        (FieldType.FLOAT, "1e-400", "0.0"),
        (FieldType.BOOLEAN, True, "true"),
        (FieldType.DATE, "2024-02-29", "2024-02-29"),
        (FieldType.TIME, "23:59:59.999999", "23:59:59.999999"),
        (FieldType.TIMESTAMP, "2024-02-29", "2024-02-29"),
        (FieldType.TIMESTAMP, "2024-02-29 12:00", "2024-02-29 12:00"),
        (FieldType.INSTANT, "0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00"),
        (FieldType.UUID, "123E4567-e89b-12d3-a456-426614174000",
         "123E4567-e89b-12d3-a456-426614174000"),
    ],
)  # fmt: skip
def test_a_value_is_bound_as_canonical_text(
    field_type: FieldType, value: str | float, text: str
) -> None:
    assert bound_text(value, field_type, ASKED_AT) == text


def test_an_empty_text_is_looked_for_by_eq_alone() -> None:
    check(parse(leaf("name", "eq", "")), SAMPLES)
    assert refused(leaf("name", "contains", "")).path == "filter.value"


def test_a_protected_value_was_checked_before_and_cant_be_bound() -> None:
    sealed = Sealed(reference=REFERENCE)
    tree = map_values(parse({"and": [leaf("name", "contains", "x")]}), lambda _name, _old: sealed)
    check(tree, SAMPLES)
    check(Compare(field="size", op="gt", value=sealed), SAMPLES)
    with pytest.raises(ValueUnfit, match="revealed"):
        bound_text(sealed, FieldType.TEXT, ASKED_AT)


def test_a_refused_value_is_not_repeated() -> None:
    assert "Doe" not in str(refused(leaf("size", "eq", "Jane Doe")))
