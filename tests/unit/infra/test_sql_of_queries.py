"""The SQL of a query: what is joined, sorted and cast, and that no value is ever part of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.datasets import FieldType
from domain.filters import Filter, Relative, Value, fields_used, map_values, parse
from domain.rows import Nested, Order, RowQuery
from infra.rows import sql
from infra.rows.nesting import Shape
from tests.filter_strategies import fitting
from tests.samples import ASKED_AT, OWNERS, SAMPLES, dataset, field

QUERY = RowQuery(fields=("id", "name"), asked_at=ASKED_AT)


def copied(query: RowQuery) -> str:
    return sql.copy_rows(SAMPLES, query, None).text.as_string()


def where(document: object, folding: str | None = None) -> tuple[str, dict[str, str | list[str]]]:
    query = replace(QUERY, filter=parse(document))
    statement = sql.count_rows(SAMPLES, query, folding)
    return statement.text.as_string().partition(" WHERE ")[2], statement.parameters


def leaf(name: str, op: str, value: object) -> dict[str, object]:
    return {"field": name, "op": op, "value": value}


def test_rows_come_in_the_order_of_the_key() -> None:
    assert copied(QUERY) == (
        'COPY (SELECT "t"."id", "t"."name" FROM "samples" AS "t"'
        ' ORDER BY "t"."id" ASC NULLS LAST) TO STDOUT'
    )


def test_the_key_ends_every_order_and_text_sorts_by_bytes() -> None:
    order = (Order(field="name", direction="desc"), Order(field="day"))
    assert copied(replace(QUERY, order=order, limit=5)).endswith(
        ' ORDER BY "t"."name"::text COLLATE "C" DESC NULLS FIRST, "t"."day" ASC NULLS LAST,'
        ' "t"."id" ASC NULLS LAST LIMIT 5) TO STDOUT'
    )


def test_a_key_that_was_ordered_by_is_not_repeated() -> None:
    order = (Order(field="id", direction="desc"),)
    assert copied(replace(QUERY, order=order)).count('"t"."id"') == 2


def test_json_is_selected_as_text() -> None:
    assert '"t"."extra"::text FROM' in copied(replace(QUERY, fields=("extra",)))


@pytest.mark.parametrize(
    "query",
    [
        replace(QUERY, fields=("owner.name",)),
        replace(QUERY, filter=parse(leaf("owner.name", "eq", "x"))),
        replace(QUERY, order=(Order(field="owner.name"),)),
    ],
)
def test_a_relation_is_joined_where_it_is_used(query: RowQuery) -> None:
    joined = ' LEFT JOIN "owners" AS "r0" ON "r0"."id" = "t"."owner_id"'
    assert copied(query).count(joined) == 1
    assert joined not in copied(QUERY)


def test_a_count_joins_only_what_the_filter_uses() -> None:
    counted = sql.count_rows(SAMPLES, replace(QUERY, fields=("owner.name",)), None)
    assert counted.text.as_string() == 'SELECT count(*) FROM "samples" AS "t"'


@pytest.mark.parametrize(
    ("document", "condition", "bound"),
    [
        (leaf("size", "eq", 5), '"t"."size" = %(v0)s::bigint', "5"),
        (leaf("size", "ne", 5), '"t"."size" IS DISTINCT FROM %(v0)s::bigint', "5"),
        (leaf("price", "lt", "1.50"), '"t"."price" < %(v0)s::numeric', "1.50"),
        (leaf("ratio", "gte", 1), '"t"."ratio" >= %(v0)s::double precision', "1.0"),
        (leaf("paid", "eq", True), '"t"."paid" = %(v0)s::boolean', "true"),
        (leaf("day", "gt", "2024-01-01"), '"t"."day" > %(v0)s::date', "2024-01-01"),
        (leaf("clock", "lte", "12:00"), '"t"."clock" <= %(v0)s::time', "12:00"),
        (leaf("name", "eq", "x"), '"t"."name"::text = %(v0)s::text', "x"),
        (leaf("name", "lt", "x"), '"t"."name"::text COLLATE "C" < %(v0)s::text', "x"),
        (leaf("size", "in", [1, "2"]), '"t"."size" = ANY (%(v0)s::bigint[])', ["1", "2"]),
        (
            leaf("at", "gte", {"relative": "today", "zone": "Europe/Madrid"}),
            '"t"."at" >= %(v0)s::timestamptz',
            "2024-03-30T23:00:00+00:00",
        ),
        (leaf("name", "contains", "a_%\\"), '"t"."name"::text LIKE %(v0)s::text', "%a\\_\\%\\\\%"),
        (leaf("name", "starts_with", "a"), '"t"."name"::text LIKE %(v0)s::text', "a%"),
        (leaf("name", "ends_with", "a"), '"t"."name"::text LIKE %(v0)s::text', "%a"),
    ],
)
def test_a_condition_binds_its_value(document: object, condition: str, bound: object) -> None:
    assert where(document) == (condition, {"v0": bound})


def test_case_is_folded_on_both_sides_by_the_same_collation() -> None:
    document = leaf("name", "contains", "É") | {"ignore_case": True}
    assert where(document)[0] == 'lower("t"."name"::text) LIKE lower(%(v0)s::text)'
    assert where(document, "und-x-icu")[0] == (
        'lower("t"."name"::text COLLATE "und-x-icu") LIKE lower(%(v0)s::text COLLATE "und-x-icu")'
    )


def test_brackets_and_not_keep_the_trees_meaning() -> None:
    null, paid = {"field": "day", "op": "is_null"}, {"field": "paid", "op": "not_null"}
    condition, bound = where({"and": [null, {"not": {"or": [paid, null]}}]})
    assert condition == (
        '("t"."day" IS NULL AND (("t"."paid" IS NOT NULL OR "t"."day" IS NULL)) IS NOT TRUE)'
    )
    assert bound == {}


def test_between_binds_both_ends() -> None:
    assert where(leaf("size", "between", [1, 5])) == (
        '"t"."size" BETWEEN %(v0)s::bigint AND %(v1)s::bigint',
        {"v0": "1", "v1": "5"},
    )


def test_names_are_quoted_whatever_they_are() -> None:
    nasty = replace(field("id", FieldType.INTEGER), column='a"b; DROP TABLE x --%s')
    hostile = replace(dataset("x", nasty), table='my"schema.ta%ble')
    query = RowQuery(fields=("id",), asked_at=ASKED_AT)
    text = sql.copy_rows(hostile, query, None).text.as_string()
    quoted = '"t"."a""b; DROP TABLE x --%%s"'
    assert text == (
        f'COPY (SELECT {quoted} FROM "my""schema"."ta%%ble" AS "t"'
        f" ORDER BY {quoted} ASC NULLS LAST) TO STDOUT"
    )


def test_a_query_stands_in_brackets_even_if_it_ends_in_a_comment() -> None:
    declared = replace(SAMPLES, table=None, query="SELECT id FROM x WHERE y LIKE 'a%' -- all {}")
    text = sql.count_rows(declared, QUERY, None).text.as_string()
    assert text == (
        "SELECT count(*) FROM (SELECT id FROM x WHERE y LIKE 'a%%' -- all {}\n) AS \"t\""
    )


def test_every_used_field_is_known_once() -> None:
    query = replace(QUERY, filter=parse(leaf("owner.name", "eq", "x")), order=(Order(field="day"),))
    names = [each.name for each in sql.used_fields(SAMPLES, query)]
    assert names == ["id", "name", "owner.name", "day"]


@given(fitting, st.data())
def test_the_statement_is_the_same_whatever_the_values_are(
    tree: Filter, data: st.DataObject
) -> None:
    other = _with_others(tree)
    folding = data.draw(st.sampled_from([None, "und-x-icu"]))
    assert fields_used(other) == fields_used(tree)
    first, second = (
        sql.copy_rows(SAMPLES, replace(QUERY, filter=each), folding) for each in (tree, other)
    )
    assert first.text.as_string() == second.text.as_string()
    assert first.parameters.keys() == second.parameters.keys()


NESTED = Nested(
    relation="owner",
    fields=("name", Nested(relation="samples", fields=("id",), order=(Order(field="size"),))),
)


def test_a_relation_to_one_is_joined_once_however_it_is_used() -> None:
    query = replace(QUERY, fields=("owner.name", NESTED), order=(Order(field="owner.joined"),))
    for shape in Shape:
        text = sql.copy_rows(SAMPLES, query, None, shape).text.as_string()
        assert text.count('LEFT JOIN "owners"') == 1


def test_rows_of_each_row_are_looked_up() -> None:
    nested = Nested(relation="samples", fields=("id", "at"), filter=parse(leaf("size", "eq", 1)))
    query = replace(QUERY, fields=(nested,))
    statement = sql.copy_rows(OWNERS, query, None)
    assert statement.parameters == {"v0": "1"}
    assert (
        'FROM "samples" AS "c0" CROSS JOIN LATERAL (SELECT "c0"."id" AS "id", CASE WHEN'
    ) in statement.text.as_string()
    assert statement.text.as_string().endswith(
        ' WHERE "c0"."owner_id" = "t"."id" AND "c0"."size" = %(v0)s::bigint),'
        ' \'[]\'::json)::text FROM "owners" AS "t"'
        ' ORDER BY "t"."id" ASC NULLS LAST) TO STDOUT'
    )


def test_all_rows_of_a_relation_are_grouped_by_what_they_belong_to() -> None:
    nested = Nested(relation="samples", fields=("id",), order=(Order(field="name"),))
    text = sql.copy_rows(OWNERS, replace(QUERY, fields=(nested,)), None, Shape.GROUPED)
    assert (
        ' ORDER BY "c0"."name"::text COLLATE "C" ASC NULLS LAST, "c0"."id" ASC NULLS LAST)) END'
        ' AS j FROM "samples" AS "c0" CROSS JOIN LATERAL (SELECT "c0"."id" AS "id") AS "y0"'
        ' WHERE "c0"."owner_id" IS NOT NULL GROUP BY "c0"."owner_id") AS "n0"'
        ' ON "n0"."k0" = "t"."id" ORDER BY'
    ) in text.text.as_string()


def test_what_is_not_asked_for_isnt_joined_for_a_count() -> None:
    counted = sql.count_rows(SAMPLES, replace(QUERY, fields=(NESTED,)), None)
    assert counted.text.as_string() == 'SELECT count(*) FROM "samples" AS "t"'


@given(fitting, fitting, st.sampled_from(Shape))
def test_no_value_of_a_filter_within_is_in_the_statement(
    inner: Filter, outer: Filter, shape: Shape
) -> None:
    def statement(inner: Filter, outer: Filter) -> sql.Statement:
        nested = replace(NESTED, fields=(Nested(relation="samples", fields=("id",), filter=inner),))
        query = replace(QUERY, fields=(nested,), filter=outer)
        return sql.copy_rows(SAMPLES, query, None, shape)

    first = statement(inner, outer)
    second = statement(_with_others(inner), _with_others(outer))
    assert first.text.as_string() == second.text.as_string()
    assert first.parameters.keys() == second.parameters.keys()
    assert len(first.parameters) == sum(
        len(sql.count_rows(SAMPLES, replace(QUERY, filter=each), None).parameters)
        for each in (inner, outer)
    )


def _with_others(tree: Filter) -> Filter:
    """The same filter with other values."""
    others: dict[FieldType, Value] = {
        FieldType.TEXT: "'; DROP TABLE samples; --",
        FieldType.INTEGER: "7",
        FieldType.DECIMAL: "7.5",
        FieldType.FLOAT: 7.5,
        FieldType.BOOLEAN: False,
        FieldType.DATE: Relative(expression="today"),
        FieldType.TIME: "12:34",
        FieldType.TIMESTAMP: Relative(expression="now", zone="Asia/Kathmandu"),
        FieldType.INSTANT: "1999-12-31T23:59:59Z",
        FieldType.UUID: "00000000-0000-0000-0000-000000000000",
    }
    return map_values(tree, lambda name, _value: others[SAMPLES.resolve(name).type])
