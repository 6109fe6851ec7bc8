"""A fragment becomes a part whatever its rows look like, and whatever the size of a block."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.datasets import FieldType
from domain.formats import (
    Compression,
    CsvOptions,
    Encoding,
    Format,
    FormatSpec,
    NdjsonOptions,
    Nulls,
    Options,
    Quote,
)
from domain.ports import Fragment
from processors.renderers import CodecMismatch, Column, Reason, Rejection, RenderPlan, prepare
from processors.renderers.copy_text import FragmentMalformed, blocks
from processors.renderers.csv_frame import CsvFrame, CsvRows
from processors.renderers.fragments import render
from processors.renderers.ndjson_frame import NdjsonRows
from processors.renderers.rejections import render_rejections
from tests.contract.renderers_rows import COLUMNS, ROWS, Row, fragment
from tests.unit.processors.renderers.rendering import frame, part

_OPTIONS = [
    CsvOptions(),
    CsvOptions(quote=Quote.ALL, null_text="NULL", encoding=Encoding.UTF_16LE),
    CsvOptions(encoding=Encoding.WINDOWS_1252),
    CsvOptions(
        delimiter=";",
        decimal_separator=",",
        thousands_separator=".",
        decimal_places=3,
        date_format="D/M/YY",
        instant_format="D/M/YY h:mm A Z",
        zone="Asia/Kolkata",
    ),
    NdjsonOptions(),
    NdjsonOptions(nulls=Nulls.OMIT, zone="Europe/Madrid"),
]


@given(rows=ROWS, damaged=st.booleans())
@pytest.mark.parametrize("options", _OPTIONS)
def test_the_size_of_a_block_changes_nothing(
    options: CsvOptions | NdjsonOptions, rows: list[Row], damaged: bool
) -> None:
    writer = (
        CsvRows(COLUMNS, options)
        if isinstance(options, CsvOptions)
        else NdjsonRows(COLUMNS, options)
    )
    data = fragment(rows).data
    if damaged and rows:
        data = b"\xed\xa0\x80" + data
    whole = Fragment(rows=len(rows), data=data)
    assert render(writer, whole, Compression.NONE, block_bytes=1) == render(
        writer, whole, Compression.NONE
    )


def test_blocks_are_whole_rows_near_the_size() -> None:
    assert list(blocks(b"aa\nbb\ncccccccc\nd\n", 6)) == [b"aa\nbb\n", b"cccccccc\n", b"d\n"]


def test_a_last_row_without_end_is_refused() -> None:
    with pytest.raises(FragmentMalformed, match="no line end"):
        list(blocks(b"a\nb"))


@pytest.mark.parametrize("options", [CsvOptions(), NdjsonOptions()])
def test_rows_fewer_than_the_source_said_are_refused(options: Options) -> None:
    with pytest.raises(FragmentMalformed, match="should have 3 rows and has 2"):
        frame(options, FieldType.TEXT).render(Fragment(rows=3, data=b"a\nb\n"))


@pytest.mark.parametrize("options", [CsvOptions(), NdjsonOptions()])
def test_a_damaged_row_of_another_width_is_refused(options: Options) -> None:
    types = (FieldType.TEXT, FieldType.TEXT)
    with pytest.raises(FragmentMalformed, match="don't have 2 columns"):
        part(options, types, b"\xff\ta\tb", b"c")


@pytest.mark.parametrize("options", [CsvOptions(), NdjsonOptions()])
def test_five_hundred_columns_are_fine(options: Options) -> None:
    columns = tuple(
        Column(name=f"c{number}", label=f"C{number}", type=FieldType.TEXT) for number in range(500)
    )
    name = Format.CSV if isinstance(options, CsvOptions) else Format.NDJSON
    prepared = prepare(RenderPlan(spec=FormatSpec(format=name, options=options), columns=columns))
    row = b"\t".join(b"v%d" % number for number in range(500)) + b"\n"
    data = prepared.render(Fragment(rows=300, data=row * 300)).data
    assert data.count(b"v499") == data.count(b"v0") == 300


@pytest.mark.parametrize("options", [CsvOptions(), NdjsonOptions()])
def test_the_first_field_at_fault_is_named(options: Options) -> None:
    types = (FieldType.TEXT, FieldType.INTEGER, FieldType.JSON)
    written = part(options, types, b"\xff\t1\t\xff", b"x\t1\t\xed\xbf\xbf", b"x\t\xfe\t1")
    assert written.rows == 0
    assert written.data == b""
    assert written.rejected == (
        Rejection(row=0, field="a", reason=Reason.NOT_UTF_8),
        Rejection(row=1, field="c", reason=Reason.LONE_SURROGATE),
        Rejection(row=2, field="b", reason=Reason.NOT_UTF_8),
    )


def test_a_plan_of_another_codec_is_refused() -> None:
    spec = FormatSpec(format=Format.CSV, options=CsvOptions())
    with pytest.raises(CodecMismatch, match="csv/0"):
        prepare(RenderPlan(spec=spec, columns=COLUMNS, codec="csv/0"))
    assert isinstance(prepare(RenderPlan(spec=spec, columns=COLUMNS, codec=spec.codec)), CsvFrame)


def test_the_sidecar_says_which_rows_are_missing_and_why() -> None:
    rejections = [
        Rejection(row=0, field="name", reason=Reason.NOT_UTF_8),
        Rejection(row=7, field="größe", reason=Reason.UNENCODABLE),
    ]
    assert render_rejections(rejections, 16_384).decode() == (
        '{"row":16384,"field":"name","reason":"not-utf-8","explanation":"The value is not valid '
        'UTF-8. Correct its bytes in the source, then export again."}\n'
        '{"row":16391,"field":"größe","reason":"unencodable","explanation":"The value holds a '
        "character that the file's encoding lacks. Export as utf-8, or set on_unencodable to "
        'replace."}\n'
    )


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_explained(reason: Reason) -> None:
    assert b"source" in render_rejections([Rejection(row=0, field="a", reason=reason)], 0) or (
        reason is Reason.UNENCODABLE
    )


def test_nothing_rejected_is_an_empty_sidecar() -> None:
    assert render_rejections([], 5) == b""
