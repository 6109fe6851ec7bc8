"""What a workbook is besides its cells: sheets, tables, names, and a zip that any program reads."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from uuid import UUID

import openpyxl
import pytest

from domain.datasets import FieldType
from domain.format_options import OptionConflict
from domain.formats import Header, XlsxOptions
from processors.renderers import Facts, Part
from processors.renderers.frames import FieldNotThere
from processors.renderers.xlsx import frame as frames
from processors.renderers.xlsx import package as packages
from tests.images import JPEG, png
from tests.joined import joined
from tests.unit.processors.renderers.xlsx.sheets import fragment, frame, workbook
from tests.workbooks import check, parts, read_with_calamine, read_with_openpyxl

_INTEGER, _TEXT = FieldType.INTEGER, FieldType.TEXT
FACTS = Facts(
    export_id=UUID(int=7),
    title="Flights: 2013/14 [all] of the north-east's airports",
    filter="origin is JFK",
    requested_by=UUID(int=8),
    requested_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
)


def _file(options: XlsxOptions, *types: FieldType, rows: int, **others: object) -> bytes:
    made = frame(options, *types, **others)  # type: ignore[arg-type]  # by name
    line = b"\t".join([b"1"] * len(types))
    return joined(made, [made.render(fragment(*[line] * rows))])


def test_rows_beyond_a_sheet_go_on_in_another_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "SHEET_FRAGMENTS", 2)
    made = frame(XlsxOptions(), _INTEGER, facts=FACTS)
    rendered = [made.render(fragment(b"%d" % n, b"%d" % (n + 100))) for n in range(5)]
    file = joined(made, rendered[:3], rendered[3:])
    check(file)
    book = openpyxl.load_workbook(BytesIO(file))
    assert book.sheetnames == [
        "Flights  2013 14  all  o", "Flights  2013 14  all  o (2)", "Flights  2013 14  all  o (3)",
    ]  # fmt: skip
    assert [next(iter(sheet.tables.values())).ref for sheet in book] == ["A1:A5", "A1:A5", "A1:A3"]
    assert [[row[0].value for row in sheet.rows] for sheet in book] == [
        ["A", 0, 100, 1, 101], ["A", 2, 102, 3, 103], ["A", 4, 104],
    ]  # fmt: skip


def test_a_sheet_has_room_for_all_of_its_fragments() -> None:
    assert frames.SHEET_FRAGMENTS * 16_384 + 1 <= 1_048_576


def test_an_empty_table_has_one_empty_row() -> None:
    file = joined(frame(XlsxOptions(), _INTEGER, _TEXT))
    check(file)
    assert next(iter(openpyxl.load_workbook(BytesIO(file)).active.tables.values())).ref == "A1:B2"
    assert read_with_calamine(file) == [["A", "B"]]


def test_five_hundred_columns_are_no_trouble() -> None:
    file = _file(XlsxOptions(), *[_TEXT, _INTEGER] * 250, rows=3)
    check(file)
    assert read_with_openpyxl(file)[3] == ["1", 1] * 250


def test_headings_that_a_table_refuses_are_changed_as_little_as_needed() -> None:
    labels = ["=1+1", "Name", "name", "NAME (2)", "", "two\nlines", "x" * 300]
    file = _file(XlsxOptions(), *[_TEXT] * 7, rows=1, labels=labels)
    check(file)
    assert read_with_openpyxl(file)[0] == [
        "=1+1", "Name", "name (2)", "NAME (2) (2)", "Column 5", "two lines", "x" * 240,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("History", "History rows"),
        ("'quoted'", "quoted"),
        ("[a]:b*c?d/e\\f", "a  b c d e f"),
        ("\x01", "Rows"),
        ("😀" * 20, "😀" * 12),
        ("Cover", "Cover"),
    ],
)
def test_a_label_becomes_a_name_that_excel_accepts(title: str, name: str) -> None:
    facts = Facts(
        export_id=FACTS.export_id,
        title=title,
        filter="",
        requested_by=FACTS.requested_by,
        requested_at=FACTS.requested_at,
    )
    file = _file(XlsxOptions(), _TEXT, rows=1, facts=facts)
    check(file)
    assert openpyxl.load_workbook(BytesIO(file)).sheetnames == [name]


def test_the_sheet_is_dressed_as_the_options_say() -> None:
    options = XlsxOptions(
        sheet_name="Mine", freeze_columns=2, header_colour="#00ff00", table_style="TableStyleDark3"
    )
    sheet = openpyxl.load_workbook(
        BytesIO(workbook(options, [_TEXT, _INTEGER], b"a text that is rather wide\t1"))
    ).active
    assert sheet.title == "Mine"
    assert sheet.freeze_panes == "C2"
    assert sheet.print_title_rows == "$1:$1"
    assert sheet["A1"].fill.fgColor.rgb == "0000FF00"
    assert sheet["B2"].number_format == "0"
    assert sheet.column_dimensions["A"].width == 27
    assert sheet.column_dimensions["B"].width == 12
    table = sheet.tables["Rows"]
    assert table.tableStyleInfo.name == "TableStyleDark3"
    assert table.autoFilter.ref == "A1:B2"


@pytest.mark.parametrize(
    ("colour", "font"),
    [
        ("#ffffff", "00000000"),
        ("#ffff00", "00000000"),
        ("#808080", "00000000"),
        ("#1f3864", "00FFFFFF"),
        ("#000000", "00FFFFFF"),
        ("#c00000", "00FFFFFF"),
    ],
)
def test_a_header_is_read_on_any_colour(colour: str, font: str) -> None:
    file = workbook(XlsxOptions(header_colour=colour), [_TEXT], b"x")
    assert openpyxl.load_workbook(BytesIO(file)).active["A1"].font.color.rgb == font


def test_without_a_table_there_can_be_a_filter_still() -> None:
    plain = XlsxOptions(table_style=None)
    sheet = openpyxl.load_workbook(BytesIO(workbook(plain, [_TEXT], b"x"))).active
    assert not sheet.tables
    assert sheet.auto_filter.ref == "A1:A2"
    bare = XlsxOptions(header=Header.NONE, table_style=None, autofilter=False, freeze_header=False)
    sheet = openpyxl.load_workbook(BytesIO(workbook(bare, [_TEXT], b"x"))).active
    assert sheet.auto_filter.ref is None
    assert sheet.freeze_panes is None
    assert sheet["A1"].value == "x"


def test_the_book_says_when_it_was_asked_for_and_nothing_of_now() -> None:
    file = _file(XlsxOptions(), _TEXT, rows=1, facts=FACTS)
    properties = openpyxl.load_workbook(BytesIO(file)).properties
    assert properties.title == FACTS.title
    assert properties.creator == "Waybill"
    core = parts(file)["docProps/core.xml"].decode()
    assert re.findall(r"\d{4}-\d\d-\d\dT[\d:]+Z", core) == ["2026-01-02T03:04:05Z"] * 2


def test_a_cover_says_what_the_file_is() -> None:
    made = frame(XlsxOptions(cover=True), _TEXT, facts=replace(FACTS, filter="=name is 5"))
    file = joined(made, [made.render(fragment(b"x", b"\xff", b"y"))])
    check(file)
    assert read_with_openpyxl(file) == [
        ["Title", FACTS.title],
        ["Rows that", "=name is 5"],
        ["Asked for by", str(FACTS.requested_by)],
        ["Asked for at", "2026-01-02 03:04:05 UTC"],
        ["Export", str(FACTS.export_id)],
        ["Rows", 2],
        ["Rows left out", 1],
    ]
    assert read_with_calamine(file, sheet=1) == [["A"], ["x"], ["y"]]


@pytest.mark.parametrize("character", ["x", "😀"])
def test_a_filter_that_is_too_long_for_a_cell_ends_in_a_mark(character: str) -> None:
    made = frame(XlsxOptions(cover=True), _TEXT, facts=replace(FACTS, filter=character * 40_000))
    (_, shown) = read_with_openpyxl(joined(made))[1]
    assert len(shown.encode("utf-16-le")) // 2 in (32_766, 32_767)
    assert shown.rstrip(" […]") == character * shown.count(character)
    assert shown.endswith(f"{character} […]")


def test_a_filter_that_fits_into_a_cell_is_whole() -> None:
    made = frame(XlsxOptions(cover=True), _TEXT, facts=replace(FACTS, filter="x" * 32_767))
    assert read_with_openpyxl(joined(made))[1][1] == "x" * 32_767


@pytest.mark.parametrize(
    ("image", "shown"),
    [(png(8, 2, 4, bytes(2 * 33)), (288, 72)), (JPEG, (144, 72))],
    ids=["png", "jpeg"],
)
def test_a_logo_stands_above_the_cover_as_it_came(image: bytes, shown: tuple[int, int]) -> None:
    options = XlsxOptions(cover=True, logo=b64encode(image).decode())
    file = _file(options, _TEXT, rows=3, facts=FACTS)
    check(file)
    (media,) = [part for name, part in parts(file).items() if name.startswith("xl/media/")]
    assert media == image
    sheet = openpyxl.load_workbook(BytesIO(file)).worksheets[0]
    (logo,) = sheet._images
    assert (logo.anchor._from.row, logo.anchor._from.col) == (0, 0)
    assert (logo.anchor.ext.width, logo.anchor.ext.height) == tuple(9_525 * each for each in shown)
    assert sheet.row_dimensions[1].height * 96 / 72 > shown[1]
    assert [cell.value for cell in sheet[2]] == ["Title", FACTS.title]
    assert file == _file(options, _TEXT, rows=3, facts=FACTS)


def test_a_logo_without_a_cover_is_refused() -> None:
    with pytest.raises(OptionConflict, match="set cover to true"):
        XlsxOptions(logo=b64encode(JPEG).decode())


def test_a_cover_of_a_plan_that_is_only_tried_counts_the_rows() -> None:
    file = _file(XlsxOptions(cover=True), _TEXT, rows=3)
    assert read_with_openpyxl(file) == [["Rows", 3]]


def test_a_format_for_a_field_that_is_not_there_is_refused() -> None:
    with pytest.raises(FieldNotThere, match="field_formats names 'nope'"):
        frame(XlsxOptions(field_formats=(("nope", "0"),)), _TEXT)


def test_fonts_are_described_in_the_order_of_the_schema() -> None:
    styles = parts(_file(XlsxOptions(), _TEXT, rows=1))["xl/styles.xml"]
    for font in re.findall(rb"<font>(.*?)</font>", styles, re.DOTALL):
        names = re.findall(rb"<(\w+)", font)
        order = [b"b", b"sz", b"color", b"name", b"family", b"scheme"]
        assert names == [name for name in order if name in names]


def test_without_lxml_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openpyxl, "LXML", False)
    with pytest.raises(packages.OpenpyxlWithoutLxml):
        frame(XlsxOptions(), _TEXT)


def test_columns_are_as_wide_as_what_is_in_them() -> None:
    made = frame(XlsxOptions(), _TEXT, _TEXT, _TEXT)
    parts_of_it: list[Part] = [
        made.render(fragment("漢字漢字漢字\tx\t".encode() + rb"one\nlonger line\nx")),
        made.render(fragment(rb"\N" + b"\t" + b"y" * 500 + b"\t")),
    ]
    sheet = openpyxl.load_workbook(BytesIO(joined(made, parts_of_it))).active
    assert [sheet.column_dimensions[c].width for c in "ABC"] == [13, 60, 12]
