"""What every source of rows promises of nested values; run on every real adapter, and in each way
that an adapter has of reading them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.datasets import Dataset, FieldType
from domain.filters import Filter
from domain.formats import Format, default_format
from domain.nesting import parse_nested
from domain.ports import Fragment, Rows, RowsRefused
from domain.rows import Chosen, Nested, RowQuery, check_query
from processors.renderers import Column, RenderPlan, prepare
from tests.contract.rows_contract import (
    OWNER_ROWS,
    SAMPLE_ROWS,
    by_name,
    copy_line,
    leaf,
    near_the_rows,
    read,
)
from tests.filter_oracle import keeps
from tests.samples import ASKED_AT, OWNERS, SAMPLES

EVERY_SAMPLE = [each.name for each in SAMPLES.fields]
OWNED = {
    owner: [row for row in SAMPLE_ROWS if row[EVERY_SAMPLE.index("owner_id")] == owner]
    for owner, *_ in OWNER_ROWS
}


class NestedRowsContract:
    """A subclass sees a fixture `rows`: a source that holds `TABLES`."""

    def test_rows_in_an_array_are_what_the_json_format_makes_of_them(self, rows: Rows) -> None:
        nested = {"name": "samples", "fields": EVERY_SAMPLE}
        assert as_json(rows, OWNERS, "id", nested) == "".join(
            f'{{"id":{owner},"samples":[{",".join(lines_of(found))}]}}\n'
            for owner, found in OWNED.items()
        )

    def test_what_is_to_be_masked_comes_as_the_text_of_a_column(self, rows: Rows) -> None:
        """So that it becomes what it would become there."""
        masked = [{"name": name, "mask": "null"} for name in EVERY_SAMPLE]
        texts = {
            owner: [dict(zip(EVERY_SAMPLE, row, strict=True)) for row in found]
            for owner, found in OWNED.items()
        }
        assert values(rows, OWNERS, {"name": "samples", "fields": masked}) == [*texts.values()]
        owner = {"name": "owner", "fields": [{"name": "id", "mask": "null"}, "name"]}
        named = {owner: {"id": owner, "name": name} for owner, name, _ in OWNER_ROWS}
        assert values(rows, SAMPLES, owner) == [named.get(row[12]) for row in SAMPLE_ROWS]

    def test_a_row_has_an_object_or_null(self, rows: Rows) -> None:
        nested = {"name": "owner", "fields": ["name", "joined"]}
        named = {owner: {"name": name, "joined": day} for owner, name, day in OWNER_ROWS}
        assert values(rows, SAMPLES, nested) == [named.get(row[12]) for row in SAMPLE_ROWS]

    def test_a_row_without_rows_of_a_relation_has_an_empty_array(self, rows: Rows) -> None:
        nested = {"name": "samples", "fields": ["id"]}
        assert values(rows, OWNERS, nested) == [
            [{"id": int(row[0] or "")} for row in found] for found in OWNED.values()
        ]
        assert values(rows, OWNERS, nested)[-1] == []

    def test_arrays_have_their_own_order_and_filter(self, rows: Rows) -> None:
        nested = {
            "name": "samples",
            "fields": ["id", "size"],
            "filter": leaf("size", "gte", 20),
            "order": [{"field": "size", "direction": "desc"}],
        }
        assert values(rows, OWNERS, nested) == [
            [{"id": 4, "size": 30}],
            [{"id": 7, "size": 9223372036854775807}, {"id": 2, "size": 20}],
            [],
        ]

    def test_the_key_ends_an_order_within_too(self, rows: Rows) -> None:
        nested = {"name": "samples", "fields": ["id"], "order": [{"field": "paid"}]}
        assert list(map(numbers, values(rows, OWNERS, nested))) == [[1, 4], [2, 7], []]

    def test_what_leads_back_can_be_nested_again(self, rows: Rows) -> None:
        inner = {"name": "owner", "fields": ["name", {"name": "samples", "fields": ["id"]}]}
        nested = {"name": "samples", "fields": ["id", "owner.name", inner]}
        first, *_ = values(rows, OWNERS, nested)
        smith = {"name": "Smith", "samples": [{"id": 1}, {"id": 4}]}
        assert first == [{"id": number, "owner.name": "Smith", "owner": smith} for number in (1, 4)]

    def test_an_array_can_lie_beyond_one_row(self, rows: Rows) -> None:
        nested = {"name": "owner", "fields": [{"name": "samples", "fields": ["id"]}]}
        found = [value and numbers(value["samples"]) for value in values(rows, SAMPLES, nested)]
        assert found == [[1, 4], [2, 7], None, [1, 4], None, None, [2, 7], None]

    def test_a_limit_a_count_and_a_preview_are_of_the_rows(self, rows: Rows) -> None:
        query = asked(SAMPLES, "id", {"name": "owner", "fields": ["name"]})
        assert rows.count(SAMPLES, query) == 8
        assert rows.preview(SAMPLES, query, 2).data == b'1\t{"name":"Smith"}\n2\t{"name":"jones"}\n'
        with rows.snapshot(SAMPLES, replace(query, limit=1)) as snapshot:
            assert [fragment.rows for fragment in snapshot.fragments(5)] == [1]

    def test_an_estimate_counts_what_is_nested(self, rows: Rows) -> None:
        plain = rows.estimate(OWNERS, asked(OWNERS, "id"))
        nested = rows.estimate(OWNERS, asked(OWNERS, "id", {"name": "samples", "fields": ["name"]}))
        assert nested.row_bytes > plain.row_bytes
        assert nested.rows == plain.rows

    @settings(max_examples=30)
    @given(st.data())
    def test_a_filter_within_keeps_what_the_language_says(
        self, rows: Rows, data: st.DataObject
    ) -> None:
        inner, outer = data.draw(near_the_rows()), data.draw(near_the_rows())
        nested = Nested(
            relation="owner",
            fields=(Nested(relation="samples", fields=("id",), filter=inner),),
        )
        query = RowQuery(fields=("id", nested), filter=outer, asked_at=ASKED_AT)
        expected = {
            row[0]: owned_by(row[12], inner)
            for row in SAMPLE_ROWS
            if keeps(outer, SAMPLES, by_name(row))
        }
        found = dict(line.split("\t") for line in read(rows, query).decode().splitlines())
        assert expected == {
            key: None if text == "\\N" else numbers(json.loads(text)["samples"])
            for key, text in found.items()
        }

    def test_a_nested_field_of_another_type_than_its_column_is_refused(self, rows: Rows) -> None:
        wrong = replace(SAMPLES.fields[1], type=FieldType.INTEGER)
        samples = replace(
            SAMPLES, fields=(SAMPLES.fields[0], wrong, SAMPLES.fields[-1]), reachable={}
        )
        owners = replace(OWNERS, reachable={"samples": samples})
        query = asked(owners, "id", {"name": "samples", "fields": ["name"]})
        with pytest.raises(RowsRefused, match="field name"), rows.snapshot(owners, query):
            pass


def numbers(samples: list[dict[str, Any]]) -> list[int]:
    return [each["id"] for each in samples]


def owned_by(owner: str | None, tree: Filter) -> list[int] | None:
    if owner not in OWNED:
        return None
    return [int(row[0] or "") for row in OWNED[owner] if keeps(tree, SAMPLES, by_name(row))]


def asked(dataset: Dataset, *fields: str | dict[str, Any]) -> RowQuery:
    chosen: list[Chosen] = [
        each if isinstance(each, str) else parse_nested(each, "fields") for each in fields
    ]
    query = RowQuery(fields=tuple(chosen), asked_at=ASKED_AT)
    check_query(query, dataset)
    return query


def values(rows: Rows, dataset: Dataset, nested: dict[str, Any]) -> list[Any]:
    """A nested value of each row."""
    text = as_json(rows, dataset, "id", nested)
    return [json.loads(line)[nested["name"]] for line in text.splitlines()]


def as_json(rows: Rows, dataset: Dataset, *fields: str | dict[str, Any]) -> str:
    """The rows as NDJSON has them."""
    query = asked(dataset, *fields)
    types = {
        each: dataset.resolve(each).type if isinstance(each, str) else FieldType.JSON
        for each in query.fields
    }
    columns = [
        Column(name=each.relation if isinstance(each, Nested) else each, label="x", type=type_)
        for each, type_ in types.items()
    ]
    return rendered(columns, read(rows, query, dataset))


def lines_of(samples: Sequence[Sequence[str | None]]) -> list[str]:
    columns = [Column(name=each.name, label="x", type=each.type) for each in SAMPLES.fields]
    return rendered(columns, b"".join(copy_line(tuple(row)) for row in samples)).splitlines()


def rendered(columns: Sequence[Column], data: bytes) -> str:
    plan = RenderPlan(spec=default_format(Format.NDJSON), columns=tuple(columns))
    part = prepare(plan).render(Fragment(rows=data.count(b"\n"), data=data))
    assert not part.rejected
    return part.data.decode()
