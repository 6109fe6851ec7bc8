"""Whether a question can be asked of a dataset."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, cast

import pytest

from domain.filters import FilterInvalid, parse
from domain.rows import Order, QueryInvalid, RowQuery, check_query
from tests.samples import ASKED_AT, SAMPLES

QUERY = RowQuery(fields=("id", "owner.name"), asked_at=ASKED_AT)


def refused(query: RowQuery) -> QueryInvalid:
    with pytest.raises(QueryInvalid) as caught:
        check_query(query, SAMPLES)
    return caught.value


def test_a_full_question_is_accepted() -> None:
    tree = parse({"field": "owner.joined", "op": "lt", "value": {"relative": "today"}})
    order = (Order(field="owner.name", direction="desc"), Order(field="at"))
    check_query(replace(QUERY, filter=tree, order=order, limit=1), SAMPLES)


def test_at_least_one_field_is_needed() -> None:
    assert str(refused(replace(QUERY, fields=()))) == "fields: name at least one field"


def test_an_unknown_field_is_refused_with_its_place() -> None:
    error = refused(replace(QUERY, fields=("id", "nmae")))
    assert error.path == "fields[1]"
    assert "did you mean name" in error.problem


def test_a_field_is_named_once() -> None:
    assert refused(replace(QUERY, fields=("id", "name", "id"))).path == "fields[2]"


def test_the_order_names_known_fields_once() -> None:
    assert refused(replace(QUERY, order=(Order(field="x"),))).path == "order[0]"
    twice = (Order(field="id"), Order(field="id", direction="desc"))
    assert refused(replace(QUERY, order=twice)).path == "order[1]"


def test_json_has_no_order() -> None:
    assert refused(replace(QUERY, order=(Order(field="extra"),))).path == "order[0].field"


def test_a_direction_is_asc_or_desc() -> None:
    order = (Order(field="id", direction=cast(Any, "ASC; --")),)
    assert refused(replace(QUERY, order=order)).path == "order[0].direction"


@pytest.mark.parametrize("limit", [0, -1, 2**63])
def test_a_limit_is_at_least_one(limit: int) -> None:
    assert refused(replace(QUERY, limit=limit)).path == "limit"


def test_the_moment_of_asking_has_a_time_zone() -> None:
    naive = datetime.fromisoformat("2024-03-31T12:00:00")
    assert refused(replace(QUERY, asked_at=naive)).path == "asked_at"


def test_the_filter_is_checked_too() -> None:
    query = replace(QUERY, filter=parse({"field": "size", "op": "eq", "value": "x"}))
    with pytest.raises(FilterInvalid):
        check_query(query, SAMPLES)
