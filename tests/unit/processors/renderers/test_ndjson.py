"""What an NDJSON file says for each kind of value."""

from __future__ import annotations

import json

import pytest

from domain.datasets import FieldType
from domain.formats import Format, FormatSpec, NdjsonOptions, Nulls, Numbers
from domain.ports import Fragment
from processors.renderers import Column, Reason, RenderPlan, prepare
from tests.joined import joined
from tests.unit.processors.renderers.rendering import frame, json_cells, part

_TEXT = FieldType.TEXT


def test_a_row_is_an_object_on_a_line() -> None:
    types = (FieldType.INTEGER, _TEXT, FieldType.BOOLEAN)
    data = part(NdjsonOptions(), types, b"1\tx\tt", rb"\N" + b"\t\tf").data
    assert data == b'{"a":1,"b":"x","c":true}\n{"a":null,"b":"","c":false}\n'


def test_without_rows_the_file_is_empty() -> None:
    assert joined(frame(NdjsonOptions(), _TEXT)) == b""


@pytest.mark.parametrize(
    ("line", "written"),
    [
        (b"1\tx\t2", b'{"a":1,"b":"x","c":2}\n'),
        (rb"\N" + b"\tx\t2", b'{"b":"x","c":2}\n'),
        (b"1\t" + rb"\N" + b"\t2", b'{"a":1,"c":2}\n'),
        (b"1\tx\t" + rb"\N", b'{"a":1,"b":"x"}\n'),
        (rb"\N" + b"\t" + rb"\N" + b"\t2", b'{"c":2}\n'),
        (b"\t".join([rb"\N"] * 3), b"{}\n"),
        (rb"\N" + b"\t{,\t2", b'{"b":"{,","c":2}\n'),
    ],
)
def test_nulls_are_left_out_when_asked(line: bytes, written: bytes) -> None:
    types = (FieldType.INTEGER, _TEXT, FieldType.INTEGER)
    options = NdjsonOptions(nulls=Nulls.OMIT)
    assert part(options, types, line).data == written
    assert part(options, types, line, b"1\ty\t2", line).data == (
        written + b'{"a":1,"b":"y","c":2}\n' + written
    )


def test_a_json_null_is_a_value_and_stays() -> None:
    options = NdjsonOptions(nulls=Nulls.OMIT)
    assert part(options, (FieldType.JSON,), b"null", rb"\N").data == b'{"a":null}\n{}\n'


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        (b"plain", '"plain"'),
        (b"", '""'),
        (rb"\N", "null"),
        (rb"\\N", r'"\\N"'),
        (b'say "hi"', r'"say \"hi\""'),
        (b'"', r'"\""'),
        (rb"\b\f\n\r\t", r'"\b\f\n\r\t"'),
        (rb"\v", r'"\u000b"'),
        (rb"\\v", r'"\\v"'),
        (rb"\\\v", r'"\\\u000b"'),
        (b"\x00\x01\x1f", r'"\u0000\u0001\u001f"'),
        (b"\x7f", '"\x7f"'),
        ("李\u2028𝔘".encode(), '"李\u2028𝔘"'),
        (rb"C:\\dir\\", r'"C:\\dir\\"'),
        (rb'"\\N"', r'"\"\\N\""'),
    ],
)
def test_a_text_is_a_string(cell: bytes, written: str) -> None:
    assert json_cells(_TEXT, cell) == [written]
    assert json_cells(_TEXT, rb"\N", cell, b'"')[1] == written


@pytest.mark.parametrize(
    ("type_", "cell", "written"),
    [
        (FieldType.INTEGER, b"9223372036854775807", "9223372036854775807"),
        (FieldType.INTEGER, b"-1", "-1"),
        (FieldType.INTEGER, b"00501", '"00501"'),
        (FieldType.INTEGER, b"1-2", '"1-2"'),
        (FieldType.INTEGER, b"", '""'),
        (FieldType.INTEGER, b'a"b', r'"a\"b"'),
        (FieldType.DECIMAL, b"1.000000000000000000001", "1.000000000000000000001"),
        (FieldType.DECIMAL, b"-0.10", "-0.10"),
        (FieldType.DECIMAL, b"NaN", '"NaN"'),
        (FieldType.DECIMAL, b"Infinity", '"Infinity"'),
        (FieldType.DECIMAL, b"9" * 308, "9" * 308),
        (FieldType.DECIMAL, b"9" * 309, f'"{"9" * 309}"'),
        (FieldType.DECIMAL, b"-1" + b"0" * 400 + b".5", f'"-1{"0" * 400}.5"'),
        (FieldType.DECIMAL, b"0." + b"0" * 400 + b"1", f"0.{'0' * 400}1"),
        (FieldType.FLOAT, b"-Infinity", '"-Infinity"'),
        (FieldType.FLOAT, b"1e+20", "1e+20"),
        (FieldType.FLOAT, b"-1.5e-05", "-1.5e-05"),
        (FieldType.FLOAT, b"1e+308", "1e+308"),
        (FieldType.BOOLEAN, b"t", "true"),
        (FieldType.BOOLEAN, b"maybe", '"maybe"'),
        (FieldType.DATE, b"2013-01-01", '"2013-01-01"'),
        (FieldType.DATE, b"0044-03-15 BC", '"0044-03-15 BC"'),
        (FieldType.TIME, b"05:00:00", '"05:00:00"'),
        (FieldType.TIMESTAMP, b"2013-01-01 05:00:00.5", '"2013-01-01T05:00:00.5"'),
        (FieldType.TIMESTAMP, b"infinity", '"infinity"'),
        (FieldType.TIMESTAMP, b"12013-01-01 05:00:00", '"12013-01-01 05:00:00"'),
        (FieldType.INSTANT, b"2013-01-01 05:00:00+00", '"2013-01-01T05:00:00Z"'),
        (FieldType.INSTANT, b"0044-03-15 12:00:00+00 BC", '"0044-03-15 12:00:00+00 BC"'),
        (FieldType.UUID, b"c4ca4238-a0b9-2382-0dcc-509a6f75849b", None),
    ],
)
def test_a_value_has_the_json_type_that_holds_it(
    type_: FieldType, cell: bytes, written: str | None
) -> None:
    expected = written or f'"{cell.decode()}"'
    assert json_cells(type_, cell) == [expected]
    assert json_cells(type_, cell, rb"\N") == [expected, "null"]


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        (b"9007199254740992", "9007199254740992"),
        (b"9007199254740993", '"9007199254740993"'),
        (b"-9007199254740993", '"-9007199254740993"'),
        (b"5", "5"),
        (b"not a number at all", '"not a number at all"'),
    ],
)
def test_integers_that_javascript_would_round_are_strings_when_asked(
    cell: bytes, written: str
) -> None:
    assert json_cells(FieldType.INTEGER, cell, b"1", big_integers=Numbers.STRINGS) == [written, "1"]


def test_an_integer_that_javascript_would_round_is_found_beside_one_of_as_many_digits() -> None:
    cells = b"9007199254740991", b"9007199254740993"
    written = json_cells(FieldType.INTEGER, *cells, big_integers=Numbers.STRINGS)
    assert written == ["9007199254740991", '"9007199254740993"']


def test_decimals_are_strings_when_asked() -> None:
    cells = json_cells(FieldType.DECIMAL, b"1.10", rb"\N", b"NaN", decimals=Numbers.STRINGS)
    assert cells == ['"1.10"', "null", '"NaN"']


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        (rb'{"a": [1, 2.50]}', '{"a": [1, 2.50]}'),
        (rb'{\n\t"a":\r\n1}', '{  "a":  1}'),
        (rb'"tab \\t, quote \\", backslash \\\\, \\u0001"', None),
        (rb"\N", "null"),
        (rb'"\\\\N"', r'"\\N"'),
        (b"-0", "-0"),
    ],
)
def test_json_goes_in_as_it_is_on_one_line(cell: bytes, written: str | None) -> None:
    expected = written or cell.decode().replace("\\\\", "\\")
    assert json_cells(FieldType.JSON, cell) == [expected]
    json.loads(expected)


def test_nul_in_json_rejects_the_row() -> None:
    rejected = part(NdjsonOptions(), (FieldType.JSON,), b'"\0"', b"1").rejected
    assert [(r.row, r.reason) for r in rejected] == [(0, Reason.NUL_CHARACTER)]


@pytest.mark.parametrize("name", ['say "hi"', "airline.name", "größe", "back\\slash", "%b"])
def test_a_name_is_a_member_whatever_is_in_it(name: str) -> None:
    spec = FormatSpec(format=Format.NDJSON, options=NdjsonOptions())
    columns = (Column(name=name, label="x", type=_TEXT),)
    data = (
        prepare(RenderPlan(spec=spec, columns=columns)).render(Fragment(rows=1, data=b"x\n")).data
    )
    assert json.loads(data) == {name: "x"}
