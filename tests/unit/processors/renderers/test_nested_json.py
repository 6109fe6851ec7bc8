"""Nested values in JSON files: as they come, and under options that want some otherwise."""

from __future__ import annotations

import json

import pytest

from domain.datasets import FieldType
from domain.format_options import Numbers
from domain.formats import Format, FormatSpec, NdjsonOptions, default_format
from domain.nested_values import NestedMalformed
from domain.ports import Fragment
from processors.renderers import Column, Member, RenderPlan, prepare

PRODUCT = (
    Member(name="weight", type=FieldType.DECIMAL),
    Member(name="made_at", type=FieldType.INSTANT),
)
ITEMS = (
    Member(name="id", type=FieldType.INTEGER),
    Member(name="price", type=FieldType.DECIMAL),
    Member(name="at", type=FieldType.INSTANT),
    Member(name="note", type=FieldType.TEXT),
    Member(name="doc", type=FieldType.JSON),
    Member(name="product", type=FieldType.JSON, members=PRODUCT),
)
ITEM = (
    r'{"id":9007199254740993,"price":1.10,"at":"2013-01-01T05:00:00Z","note":"a\"b,1.5}]",'
    r'"doc":  {"id": 9007199254740993, "at": "2013-01-01T05:00:00Z", "x": [1.10]} ,'
    r'"product":{"weight":0.500,"made_at":"infinity"}}'
)
EMPTY = '{"id":7,"price":"NaN","at":null,"note":null,"doc":null,"product":null}'
VALUE = f"[{ITEM},{EMPTY}]"


def written(text: str, **options: object) -> str:
    column = Column(name="items", label="Items", type=FieldType.JSON, members=ITEMS)
    spec = default_format(Format.NDJSON)
    if options:
        spec = FormatSpec(
            format=Format.NDJSON,
            compression=spec.compression,
            options=NdjsonOptions(**options),  # type: ignore[arg-type]  # by name
        )
    data = text.replace("\\", "\\\\").encode() + b"\n"
    part = prepare(RenderPlan(spec=spec, columns=(column,))).render(Fragment(rows=1, data=data))
    assert not part.rejected
    return part.data.decode()[len('{"items":') : -2]


def test_without_options_a_nested_value_stays_as_it_is() -> None:
    assert written(VALUE) == VALUE


def test_big_integers_become_strings_where_they_are_a_fields() -> None:
    assert written(VALUE, big_integers=Numbers.STRINGS) == VALUE.replace(
        '"id":9007199254740993', '"id":"9007199254740993"'
    )


def test_decimals_become_strings_where_they_are_a_fields() -> None:
    assert written(VALUE, decimals=Numbers.STRINGS) == VALUE.replace(
        '"price":1.10', '"price":"1.10"'
    ).replace('"weight":0.500', '"weight":"0.500"')


def test_instants_are_written_in_the_zone_where_they_are_a_fields() -> None:
    assert written(VALUE, zone="America/New_York") == VALUE.replace(
        '"at":"2013-01-01T05:00:00Z","note"', '"at":"2013-01-01T00:00:00-05:00","note"'
    )


@pytest.mark.parametrize("text", ["[]", "null"])
def test_nothing_stays_nothing(text: str) -> None:
    assert written(text, decimals=Numbers.STRINGS) == text


def test_an_object_is_walked_through_like_an_array() -> None:
    assert json.loads(written(ITEM, decimals=Numbers.STRINGS))["price"] == "1.10"


def test_the_databases_null_is_null() -> None:
    column = Column(name="items", label="Items", type=FieldType.JSON, members=ITEMS)
    spec = FormatSpec(
        format=Format.NDJSON,
        compression=default_format(Format.NDJSON).compression,
        options=NdjsonOptions(decimals=Numbers.STRINGS),
    )
    frame = prepare(RenderPlan(spec=spec, columns=(column,)))
    assert frame.render(Fragment(rows=1, data=b"\\N\n")).data == b'{"items":null}\n'


def test_json_within_may_be_as_deep_as_the_source_allows() -> None:
    deep = EMPTY.replace('"doc":null', '"doc":{"x": ' + "[" * 6_000 + '"]}"' + "]" * 6_000 + "}")
    assert written(deep, decimals=Numbers.STRINGS) == deep


@pytest.mark.parametrize(
    "text",
    [
        "[{}]",
        '[{"id":1}]',
        f"{ITEM} ",
        f"{ITEM}]",
        '{"id":}',
        "5",
        EMPTY.replace('"doc":null', '"doc":['),
    ],
)
def test_what_isnt_as_planned_is_a_fault_and_no_rejected_row(text: str) -> None:
    with pytest.raises(NestedMalformed):
        written(text, decimals=Numbers.STRINGS)
