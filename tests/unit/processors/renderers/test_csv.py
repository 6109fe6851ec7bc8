"""What a CSV file says for each kind of value."""

from __future__ import annotations

import csv
import io

import pytest

from domain.datasets import FieldType
from domain.formats import (
    CsvOptions,
    Encoding,
    Format,
    FormatSpec,
    Header,
    LineEnd,
    Quote,
    Unencodable,
)
from domain.ports import Fragment
from processors.renderers import Column, Reason, RenderPlan
from processors.renderers.csv_frame import HeaderUnencodable
from tests.joined import joined
from tests.unit.processors.renderers.rendering import csv_cells, frame, part, text_frame

_TEXT = FieldType.TEXT
_INTEGER = FieldType.INTEGER


def test_a_file_is_a_header_and_lines_that_end_in_crlf() -> None:
    prepared = frame(CsvOptions(), _INTEGER, _TEXT)
    made = prepared.render(Fragment(rows=2, data=b"1\tx\n2\ty\n"))
    assert joined(prepared, [made]) == b"A,B\r\n1,x\r\n2,y\r\n"


def test_without_rows_the_header_stands_alone() -> None:
    prepared = frame(CsvOptions(header=Header.NAMES), _INTEGER, _TEXT)
    assert joined(prepared) == b"a,b\r\n"


def test_without_header_and_rows_the_file_is_empty() -> None:
    prepared = frame(CsvOptions(header=Header.NONE), _INTEGER, _TEXT)
    assert joined(prepared) == b""


@pytest.mark.parametrize(
    ("encoding", "mark"), [(Encoding.UTF_8, b"\xef\xbb\xbf"), (Encoding.UTF_16LE, b"\xff\xfe")]
)
@pytest.mark.parametrize("header", Header)
def test_the_byte_order_mark_comes_first(encoding: Encoding, mark: bytes, header: Header) -> None:
    head = frame(CsvOptions(bom=True, encoding=encoding, header=header), _TEXT).head()
    assert head.startswith(mark)


def test_lines_end_in_lf_when_asked() -> None:
    assert part(CsvOptions(line_end=LineEnd.LF), (_TEXT, _TEXT), b"a\tb").data == b"a,b\n"


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        (b"plain", "plain"),
        (b"a,b", '"a,b"'),
        (b'say "hi"', '"say ""hi"""'),
        (rb"two\nlines", '"two\nlines"'),
        (rb"two\r\nlines", '"two\r\nlines"'),
        (rb"a\tb", "a\tb"),
        (rb"C:\\new", r"C:\new"),
        (rb"\\N", r"\N"),
        (rb"\\\\N", r"\\N"),
        (rb"\b\f\v", "\b\f\v"),
        (b"\x01\x1f\x7f", "\x01\x1f\x7f"),
        (b"a;b", "a;b"),
        ("李小龍 𝔘".encode(), "李小龍 𝔘"),
        (b"00501", "00501"),
        (b"1234567890123456789", "1234567890123456789"),
        (b"", '""'),
        (rb"\N", ""),
    ],
)
def test_a_text_is_quoted_only_where_rfc_4180_asks_for_it(cell: bytes, written: str) -> None:
    beside = [b"x", b'"', rb"\\"]  # another cell of the block must not matter
    assert csv_cells(_TEXT, cell, formula_guard=False) == [written]
    assert csv_cells(_TEXT, cell, *beside, formula_guard=False)[0] == written


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        (b"plain", '"plain"'),
        (b"", '""'),
        (rb"\N", "NULL"),
        (b"NULL", '"NULL"'),
        (rb"\\N", r'"\N"'),
        (rb"a\tb", '"a\tb"'),
        (rb'two\nlines, "\\\\', '"two\nlines, ""\\\\"'),
        (b'"', '""""'),
    ],
)
def test_with_all_quoted_only_null_is_bare(cell: bytes, written: str) -> None:
    assert csv_cells(_TEXT, cell, quote=Quote.ALL, null_text="NULL") == [written]


@pytest.mark.parametrize(
    ("type_", "cell", "written"),
    [
        (FieldType.INTEGER, b"-5", '"-5"'),
        (FieldType.BOOLEAN, b"t", '"true"'),
        (FieldType.INSTANT, b"infinity", '"infinity"'),
        (FieldType.UUID, rb"\N", ""),
        (FieldType.DATE, b"2013-01-01", '"2013-01-01"'),
    ],
)
def test_all_quoted_holds_for_every_type(type_: FieldType, cell: bytes, written: str) -> None:
    assert csv_cells(type_, cell, quote=Quote.ALL) == [written]


@pytest.mark.parametrize(
    ("type_", "cell", "null_text"),
    [
        (FieldType.TEXT, b"NULL", "NULL"),
        (FieldType.INTEGER, b"0", "0"),
        (FieldType.DECIMAL, b"NaN", "NaN"),
        (FieldType.DATE, b"2013-01-01", "2013-01-01"),
        (FieldType.TEXT, rb"\\N", r"\N"),
        (FieldType.TEXT, rb"\\n", r"\n"),
    ],
)
@pytest.mark.parametrize("quote", Quote)
def test_a_value_that_equals_the_null_text_is_quoted(
    type_: FieldType, cell: bytes, null_text: str, quote: Quote
) -> None:
    written = csv_cells(type_, cell, rb"\N", null_text=null_text, quote=quote)
    assert written == [f'"{null_text}"', null_text]


def test_a_formatted_value_that_equals_the_null_text_is_quoted() -> None:
    options = {"date_format": "YYYY", "null_text": "2013"}
    assert csv_cells(FieldType.DATE, b"2013-05-05", rb"\N", **options) == ['"2013"', "2013"]
    assert csv_cells(
        FieldType.DECIMAL, b"1.25", rb"\N", decimal_separator=",", delimiter=";", null_text="1,25"
    ) == ['"1,25"', "1,25"]


@pytest.mark.parametrize("cell", [rb"\N", b""])
def test_a_lone_column_has_no_blank_lines_as_readers_skip_them(cell: bytes) -> None:
    data = part(CsvOptions(header=Header.NONE), (_TEXT,), b"x", cell, b"y").data
    assert data == b'x\r\n""\r\ny\r\n'
    assert len(list(csv.reader(io.StringIO(data.decode(), newline="")))) == 3


def test_a_lone_column_tells_null_by_a_null_text() -> None:
    options = CsvOptions(header=Header.NONE, null_text="-")
    assert part(options, (_TEXT,), rb"\N", b"").data == b'-\r\n""\r\n'


def test_booleans_have_the_words_of_the_options() -> None:
    words = {"true_text": "sí, claro", "false_text": "", "null_text": "NULL"}
    cells = csv_cells(FieldType.BOOLEAN, b"t", b"f", rb"\N", **words)
    assert cells == ['"sí, claro"', '""', "NULL"]


def test_a_delimiter_that_a_type_uses_is_quoted() -> None:
    options = {"delimiter": ":", "zone": "Europe/Madrid"}
    assert csv_cells(FieldType.TIME, b"05:00:00", **options) == ['"05:00:00"']
    assert csv_cells(FieldType.INSTANT, b"2013-01-01 05:00:00+00", **options) == [
        '"2013-01-01 06:00:00+01"'
    ]


@pytest.mark.parametrize(
    ("type_", "cell"),
    [
        (FieldType.INTEGER, b"-5"),
        (FieldType.DECIMAL, b"-0.10"),
        (FieldType.DECIMAL, b"NaN"),
        (FieldType.DECIMAL, b"-Infinity"),
        (FieldType.FLOAT, b"1e+20"),
        (FieldType.FLOAT, b"-1e-05"),
        (FieldType.DATE, b"-infinity"),
        (FieldType.DATE, b"0044-03-15 BC"),
        (FieldType.TIMESTAMP, b"12013-01-01 00:00:00"),
        (FieldType.INSTANT, b"2013-01-01 05:00:00.123456+00"),
        (FieldType.TIME, b"23:59:59.5"),
        (FieldType.UUID, b"c4ca4238-a0b9-2382-0dcc-509a6f75849b"),
    ],
)
def test_values_of_other_types_are_as_the_source_wrote_them(type_: FieldType, cell: bytes) -> None:
    assert csv_cells(type_, cell) == [cell.decode()]
    assert csv_cells(type_, cell, rb"\N", null_text="NULL") == [cell.decode(), "NULL"]


@pytest.mark.parametrize("type_", [FieldType.INTEGER, FieldType.DATE, FieldType.UUID])
def test_a_text_in_a_field_declared_otherwise_is_still_safe(type_: FieldType) -> None:
    assert csv_cells(type_, b'=1+1,"x"', b"1") == ['"\'=1+1,""x"""', "1"]


def test_such_a_text_is_written_alike_whatever_is_beside_it() -> None:
    assert csv_cells(FieldType.DATE, b"-") == csv_cells(FieldType.DATE, b"-", b"x")[:1] == ["-"]


def test_json_keeps_its_text_and_needs_no_guard() -> None:
    cells = csv_cells(FieldType.JSON, rb'{"a": "=1\\n"}', rb"[1,\n2]", b"-5", rb"\N")
    assert cells == ['"{""a"": ""=1\\n""}"', '"[1,\n2]"', "-5", ""]


def test_a_character_that_the_encoding_lacks_rejects_its_row() -> None:
    options = CsvOptions(encoding=Encoding.WINDOWS_1252)
    written = part(options, (_INTEGER, _TEXT), b"1\tcaf\xc3\xa9", b"2\t\xe6\x9d\x8e", b"3\tx")
    assert written.data == b"1,caf\xe9\r\n3,x\r\n"
    assert [(r.row, r.field, r.reason) for r in written.rejected] == [(1, "b", Reason.UNENCODABLE)]
    assert written.rows == 2


def test_a_character_that_the_encoding_lacks_is_replaced_when_asked() -> None:
    options = CsvOptions(encoding=Encoding.ISO_8859_1, on_unencodable=Unencodable.REPLACE)
    assert part(options, (_INTEGER, _TEXT), "1\tж€é".encode()).data == b"1,??\xe9\r\n"


@pytest.mark.parametrize("encoding", Encoding)
def test_every_encoding_gives_its_text_back(encoding: Encoding) -> None:
    data = part(CsvOptions(encoding=encoding), (_INTEGER, _TEXT), b"1\tplain, text").data
    assert data.decode(encoding) == '1,"plain, text"\r\n'


def _head(options: CsvOptions, label: str) -> bytes:
    columns = (Column(name="n", label=label, type=_TEXT), Column(name="o", label="O", type=_TEXT))
    spec = FormatSpec(format=Format.CSV, options=options)
    return text_frame(RenderPlan(spec=spec, columns=columns)).head()


@pytest.mark.parametrize(
    ("label", "head"),
    [
        ("Größe", "Größe,O"),
        ("a, b", '"a, b",O'),
        ('5" disk', '"5"" disk",O'),
        ("two\nlines\tand \\", '"two\nlines\tand \\",O'),
        ("=1+1", "'=1+1,O"),
        ("", '"",O'),
    ],
)
def test_labels_are_written_with_the_care_of_values(label: str, head: str) -> None:
    assert _head(CsvOptions(), label) == f"{head}\r\n".encode()


def test_a_label_that_the_encoding_lacks_is_refused_or_replaced() -> None:
    encoding = Encoding.ISO_8859_1
    with pytest.raises(HeaderUnencodable):
        _head(CsvOptions(encoding=encoding), "Цена")
    replaced = CsvOptions(encoding=encoding, on_unencodable=Unencodable.REPLACE)
    assert _head(replaced, "Цена") == b"????,O\r\n"
