"""Rows in an uploaded workbook: what grows with them, what is said of the export, and that all else
comes through byte for byte."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time
from io import BytesIO
from zipfile import ZipFile

import openpyxl
import pytest
from openpyxl import Workbook

from domain.datasets import FieldType
from domain.formats import parse_format
from domain.ports import Fragment
from processors.renderers import Column, Facts, Frame, Made, RenderPlan, Totals, prepare
from processors.renderers.frames import FieldNotThere
from processors.renderers.xlsx.notes import Note
from processors.renderers.xlsx.uploaded_frame import WorkbookFull, WorkbookUnfit
from tests.joined import joined
from tests.unit.processors.renderers.xlsx.test_workbook import FACTS
from tests.uploaded_workbooks import (
    DATA,
    FOREIGN,
    changed,
    in_base64,
    replaced,
    report,
    saved,
    sheet_workbook,
    text_cell,
    with_foreign_parts,
    with_shared_strings,
)
from tests.workbooks import check, parts

_COLUMNS = (
    Column(name="name", label="Name", type=FieldType.TEXT),
    Column(name="id", label="Id", type=FieldType.INTEGER),
    Column(name="amount", label="Amount", type=FieldType.DECIMAL),
    Column(name="day", label="Day", type=FieldType.DATE),
)
_REPORT = saved(report())
_FOREIGN = with_foreign_parts(with_shared_strings(_REPORT))


def _frame(
    file: bytes,
    columns: tuple[Column, ...] = _COLUMNS,
    facts: Facts | None = FACTS,
    **options: object,
) -> Frame:
    json = {"format": "xlsx", "options": {"workbook": in_base64(file), **options}}
    return prepare(RenderPlan(spec=parse_format(json), columns=columns, facts=facts))


def _fragment(*numbers: int, name: bytes = b"n") -> Fragment:
    lines = [b"%b\t%d\t%d.5\t2024-01-02\n" % (name, number, number) for number in numbers]
    return Fragment(rows=len(lines), data=b"".join(lines))


def _file(file: bytes, *fragments: Fragment, facts: Facts | None = FACTS) -> bytes:
    made = _frame(file, facts=facts)
    written = joined(made, [made.render(each) for each in fragments])
    check(written)
    return written


def _opened(file: bytes) -> Workbook:
    with warnings.catch_warnings(action="ignore"):  # openpyxl says what it would lose
        return openpyxl.load_workbook(BytesIO(file))


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "(Sparkline|Conditional).*extension is not supported")
        yield


@pytest.mark.parametrize("file", [_REPORT, with_shared_strings(_REPORT)], ids=["inline", "shared"])
@pytest.mark.parametrize("rows", [0, 1, 5])
def test_what_ends_at_the_row_of_placeholders_ends_at_the_last_row(file: bytes, rows: int) -> None:
    halves = _fragment(*range(rows // 2)), _fragment(*range(rows // 2, rows))
    written = _file(file, *halves)
    book = _opened(written)
    data, front, last = book["My Data"], book["Front"], 5 + max(rows, 1)
    assert [[cell.value for cell in row] for row in data.iter_rows(6, min_col=2)] == [
        *([n, "n", data["D6"].value, n + 0.5, "constant & <same>", None] for n in range(rows)),
        *([[None] * 6] if not rows else []),
    ]
    assert data.tables["Rows"].ref == f"B5:G{last}"
    assert data["B2"].value == f"=SUM(E6:E{last})"
    assert data["E3"].value == "=E6*2"
    assert front["B1"].value == f"=SUM('My Data'!$E$6:$E${last})"
    assert front["B3"].value == f"=COUNTA('My Data'!C6:C{last})&\" of C6:C6\""
    ranges = {
        str(each.sqref): [r.formula for r in each.rules] for each in data.conditional_formatting
    }
    start = ("E6", "B6:E6") if last == 6 else (f"E6:E{last}", f"B6:E{last}")
    assert ranges == {
        start[0]: [["0"]],
        start[1]: [[f"AND($E6>0,COUNTA($B6:$E6)=4,$E6=MAX($E$6:$E${last}))"]],
    }
    (validation,) = data.data_validations.dataValidation
    assert validation.formula1 == f"'My Data'!$C$6:$C${last}"
    assert str(validation.sqref) == ("C6" if last == 6 else f"C6:C{last}")
    names = {name: each.attr_text for name, each in book.defined_names.items()}
    assert names == {
        "Amounts": f"'My Data'!$E$6:$E${last}",
        "Ids": f"'My Data'!$B$6:$B${last}",
    }
    assert data.print_area == f"'My Data'!$A$1:$G${last}"
    (chart,) = front._charts
    assert chart.series[0].val.numRef.f == f"'My Data'!$E$6:$E${last}"
    assert chart.series[0].cat.numRef.f == f"'My Data'!$C$6:$C${last}"
    assert book.calculation.fullCalcOnLoad
    assert f'<dimension ref="B2:G{last}"'.encode() in parts(written)[DATA]


def test_cells_look_as_their_placeholders_and_dates_as_dates() -> None:
    data = _opened(_file(_REPORT, _fragment(1, 2)))["My Data"]
    for row in (6, 7):
        assert data[f"C{row}"].font.bold
        assert data[f"E{row}"].number_format == "#,##0.00"
        assert data[f"D{row}"].number_format == "yyyy-mm-dd"
        assert data[f"D{row}"].fill.fgColor.rgb == "00FFF2CC"
        assert data[f"B{row}"].number_format == "0"
        assert data[f"G{row}"].fill.fgColor.rgb == "00DDEBF7"


def test_what_the_options_say_of_formats_counts_where_a_cell_has_none() -> None:
    formats = {"day": "dd.mm.yyyy", "amount": "0.0", "id": '0 "é"'}
    made = _frame(_REPORT, field_formats=formats)
    data = _opened(joined(made, [made.render(_fragment(1))]))["My Data"]
    shown = [data[f"{column}6"].number_format for column in "BDE"]
    assert shown == ['0 "é"', "dd.mm.yyyy", "#,##0.00"]


def test_styles_that_are_there_stay_as_they_are() -> None:
    old = ZipFile(BytesIO(_REPORT)).read("xl/styles.xml").decode()
    new = parts(_file(_REPORT))["xl/styles.xml"].decode()
    xfs = re.compile('<cellXfs count="([0-9]+)">(.*)</cellXfs>', re.DOTALL)
    (before, after) = xfs.findall(old)[0], xfs.findall(new)[0]
    assert after[1].startswith(before[1])
    assert int(after[0]) == int(before[0]) + 2 == after[1].count("<xf ")
    again = _file(changed(_REPORT, {"xl/styles.xml": lambda _: new.encode()}))
    assert parts(again)["xl/styles.xml"].count(b"<numFmt ") == new.count("<numFmt ")


def test_a_template_without_formats_to_be_added_keeps_its_styles() -> None:
    columns = (Column(name="id", label="Id", type=FieldType.TEXT),)
    file = sheet_workbook([text_cell("{{id}}")])
    written = joined(_frame(file, columns))
    assert parts(written)["xl/styles.xml"] == ZipFile(BytesIO(file)).read("xl/styles.xml")


@pytest.mark.parametrize("file", [_REPORT, with_shared_strings(_REPORT)], ids=["inline", "shared"])
def test_the_export_is_said_where_placeholders_are(file: bytes) -> None:
    facts = replace(FACTS, title="A & <B> _x0041_\x01", filter="")
    front = _opened(_file(file, _fragment(1, 2), facts=facts))["Front"]
    title, filter_, count, counts = (front[f"A{row}"].value for row in range(1, 5))
    assert title in ("A & <B> _x0041_ ", "A & <B> _x005F_x0041_ ")
    assert filter_ == "Rows that all of them, asked for at 2026-01-02 03:04:05 UTC"
    assert (count, counts) == (2, "2 rows, 0 left out")


def test_a_plan_that_is_tried_has_nothing_to_say() -> None:
    front = _opened(_file(_REPORT, facts=None))["Front"]
    assert front["A2"].value == "Rows that , asked for at "
    assert front["A3"].value == 0


def test_what_is_said_has_an_end() -> None:
    front = _opened(_file(_REPORT, facts=replace(FACTS, title="x" * 9_000)))["Front"]
    assert front["A1"].value == "x" * 8_000 + " […]"


def test_a_value_that_looks_like_a_placeholder_is_a_value() -> None:
    file = _file(_REPORT, _fragment(1, name=b"{{id}} {{waybill.title}} <&"))
    assert _opened(file)["My Data"]["C6"].value == "{{id}} {{waybill.title}} <&"


def test_parts_that_have_nothing_to_do_with_the_rows_come_through_byte_for_byte() -> None:
    with ZipFile(BytesIO(_FOREIGN)) as uploaded:
        before = {name: uploaded.read(name) for name in uploaded.namelist()}
    after = parts(_file(_FOREIGN, _fragment(1, 2)))
    assert after.keys() == before.keys()
    touched = {name for name in before if before[name] != after[name]}
    assert touched == {
        "xl/worksheets/sheet1.xml",
        DATA,
        "xl/sharedStrings.xml",
        "xl/styles.xml",
        "xl/tables/table1.xml",
        "xl/charts/chart1.xml",
        "xl/workbook.xml",
    }
    assert not touched & {*FOREIGN}


def test_extensions_grow_and_all_else_in_the_sheet_stays() -> None:
    before = ZipFile(BytesIO(_FOREIGN)).read(DATA).decode()
    after = parts(_file(_FOREIGN, _fragment(1, 2)))[DATA].decode()
    wanted = (
        before.replace("E6:E6<", "E6:E7<")
        .replace("$C$6:$C$6<", "$C$6:$C$7<")
        .replace("($E$6:$E$6)", "($E$6:$E$7)")
        .replace(">D6:E6<", ">D6:E7<")
        .replace('"B6:E6"', '"B6:E7"')
        .replace('sqref="E6"', 'sqref="E6:E7"')
        .replace('sqref="C6"', 'sqref="C6:C7"')
    )
    end = "</sheetData>"
    assert after.partition(end)[2] == wanted.partition(end)[2]
    start = '<row r="5"'
    head = wanted.partition(start)[0].replace("B2:G6", "B2:G7").replace("<v></v>", "")
    assert after.partition(start)[0] == head.replace("SUM(E6:E6)", "SUM(E6:E7)")


def test_the_order_of_calculation_is_left_to_excel() -> None:
    override = '<Override PartName="/xl/calcChain.xml" ContentType="x"/></Types>'
    relation = '<Relationship Id="rIdC" Type="x/calcChain" Target="calcChain.xml"/></Relationships>'
    file = changed(
        sheet_workbook([text_cell("{{id}}")]),
        {
            "[Content_Types].xml": replaced("</Types>", override),
            "xl/_rels/workbook.xml.rels": replaced("</Relationships>", relation),
            "xl/workbook.xml": replaced("</sheets>", "</sheets><calcPr calcId='1'/>"),
        },
        {"xl/calcChain.xml": b"<calcChain/>"},
    )
    written = parts(joined(_frame(file, _COLUMNS[1:2])))
    assert not any(b"calcChain" in content for content in written.values())
    assert b"<calcPr fullCalcOnLoad=\"1\" calcId='1'/>" in written["xl/workbook.xml"]


def test_a_formula_has_no_value_until_it_is_calculated() -> None:
    head = '<c r="A1" s="1" t="str"><f>1&amp;"x"</f><v>old</v></c>'
    file = sheet_workbook([head], [text_cell("{{id}}")])
    sheet = parts(joined(_frame(file, _COLUMNS[1:2])))["xl/worksheets/sheet1.xml"]
    assert b'<c r="A1" s="1"><f>1&amp;"x"</f></c>' in sheet


def test_a_chart_forgets_what_it_remembers() -> None:
    cache = "<numCache><ptCount val='1'/></numCache></numRef></val>"
    change = {"xl/charts/chart1.xml": replaced("</numRef></val>", cache)}
    chart = parts(_file(changed(_REPORT, change), _fragment(1, 2)))["xl/charts/chart1.xml"]
    assert b"numCache" not in chart


def test_a_row_follows_the_one_before_and_gaps_look_as_their_columns() -> None:
    columns = '<cols><col min="2" max="2" width="9" style="1"/></cols>'
    file = sheet_workbook([], [], [text_cell("{{id}}", "C3")], before=columns)
    made = _frame(file, _COLUMNS[1:2])
    written = joined(made, [made.render(Fragment(rows=2, data=b"7\n8\n"))])
    sheet = openpyxl.load_workbook(BytesIO(written)).active
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        [None] * 3, [None] * 3, [None, None, 7], [None, None, 8],
    ]  # fmt: skip
    assert b'<row><c/><c s="1"/><c' in parts(written)["xl/worksheets/sheet1.xml"]


def test_a_row_has_the_height_and_the_style_of_the_row_of_placeholders() -> None:
    change = replaced('<row r="1">', '<row r="1" spans="1:2" s="1" customFormat="1" ht="30">')
    file = sheet_workbook([text_cell("{{id}}", "B1")])
    made = _frame(changed(file, {"xl/worksheets/sheet1.xml": change}), _COLUMNS[1:2])
    sheet = parts(joined(made, [made.render(Fragment(rows=1, data=b"7\n"))]))
    assert b'<row s="1" customFormat="1" ht="30"><c s="1"/>' in sheet["xl/worksheets/sheet1.xml"]


@pytest.mark.parametrize("said", ["1", "true"])
def test_dates_count_from_1904_where_the_workbook_does(said: str) -> None:
    types = (FieldType.DATE, FieldType.TIMESTAMP, FieldType.INSTANT, FieldType.TIME)
    columns = tuple(Column(name=type_, label="", type=type_) for type_ in types)
    file = changed(
        sheet_workbook([text_cell(f"{{{{{type_}}}}}") for type_ in types]),
        {"xl/workbook.xml": replaced("<sheets>", f'<workbookPr date1904="{said}"/><sheets>')},
    )
    made = _frame(file, columns, zone="Europe/Madrid")
    lines = (
        b"2013-09-25\t2013-09-25 12:00:00\t2013-09-25 12:00:00+00\t06:00:00\n"
        b"1904-01-02\t1904-01-02 12:00:00\t1904-01-02 12:15:00+00\t00:00:00\n"
        b"1903-12-31\t1903-12-31 12:00:00\t1903-12-31 12:00:00+00\t00:00:00\n"
    )
    written = joined(made, [made.render(Fragment(rows=3, data=lines))])
    check(written)
    (sheet,) = _opened(written)
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        [*(datetime.fromisoformat(f"2013-09-25 {clock}") for clock in ("00", "12", "14")), time(6)],
        [*(datetime.fromisoformat(f"1904-01-02 {c}") for c in ("00", "12", "12:15")), time(0)],
        ["1903-12-31", "1903-12-31 12:00:00", "1903-12-31 12:00:00+00", time(0)],
    ]


def test_the_first_day_of_the_1904_system_is_number_nought() -> None:
    file = changed(
        sheet_workbook([text_cell("{{day}}")]),
        {"xl/workbook.xml": replaced("<sheets>", '<workbookPr date1904="1"/><sheets>')},
    )
    made = _frame(file, _COLUMNS[3:])
    written = joined(made, [made.render(Fragment(rows=1, data=b"1904-01-01\n"))])
    assert b"<v>0</v>" in parts(written)["xl/worksheets/sheet1.xml"]


@pytest.mark.parametrize("said", ["", "<workbookPr/>", '<workbookPr date1904="0"/>'])
def test_dates_count_from_1900_in_other_workbooks(said: str) -> None:
    file = changed(
        sheet_workbook([text_cell("{{day}}")]),
        {"xl/workbook.xml": replaced("<sheets>", f"{said}<sheets>")},
    )
    made = _frame(file, _COLUMNS[3:])
    written = joined(made, [made.render(Fragment(rows=1, data=b"2013-09-25\n"))])
    assert b"<v>41542</v>" in parts(written)["xl/worksheets/sheet1.xml"]


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        (_COLUMNS[:3], "the workbook has {{day}}, which is not exported"),
        (
            (*_COLUMNS, Column(name="extra", label="", type=FieldType.TEXT)),
            r"no placeholder for extra\. Write {{extra}} in row 6 of My Data",
        ),
    ],
)
def test_placeholders_and_fields_are_the_same(columns: tuple[Column, ...], says: str) -> None:
    with pytest.raises(WorkbookUnfit, match=says):
        _frame(_REPORT, columns)


def test_a_format_for_a_field_that_isnt_there_is_refused() -> None:
    with pytest.raises(FieldNotThere, match="field_formats"):
        _frame(_REPORT, field_formats={"other": "0"})


def test_more_rows_than_the_sheet_has_room_for_are_refused() -> None:
    made = _frame(_REPORT)
    note = Note(size=1, crc=0, widths=()).to_bytes()
    room = 1_048_576 - 5

    def file(rows: int) -> list[object]:
        one = Made(size=1, rows=rows, rejected=0, note=note)
        return [*made.assemble([one], lambda _: b"", Totals(rows=rows, rejected=0))]

    assert file(room)
    with pytest.raises(WorkbookFull, match="room for 1,048,571 rows from row 6 on, and there are"):
        file(room + 1)
