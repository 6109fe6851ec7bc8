"""Placeholders of an uploaded workbook, and what is refused as rows would come there."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from openpyxl.chart import BarChart
from openpyxl.drawing.image import Image
from openpyxl.formatting.rule import CellIsRule
from openpyxl.worksheet.table import Table
from openpyxl.worksheet.worksheet import Worksheet

from domain.formats import FormatInvalid, parse_format
from domain.workbooks.refusing import WorkbookRefused
from domain.workbooks.templates import Template, read_template
from tests.uploaded_workbooks import (
    DATA,
    MAIN,
    PNG,
    changed,
    in_base64,
    replaced,
    report,
    saved,
    sheet_workbook,
    text_cell,
    with_foreign_parts,
)

_RULE = CellIsRule("lessThan", ["0"])
_ROW = [text_cell("{{id}}", "B3")]
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


_GOOD = in_base64(sheet_workbook(_ROW))


def _read(file: bytes) -> Template:
    return read_template(in_base64(file))


def _refused(file: bytes) -> str:
    with pytest.raises(WorkbookRefused) as refused:
        _read(file)
    return str(refused.value)


def _least(*below: list[str], head: str = "", before: str = "", behind: str = "") -> bytes:
    """With `{{id}}` in Data!B3."""
    rows = [[head] if head else [], [], _ROW, *below]
    return sheet_workbook(*rows, before=before, behind=behind)


def _with_part(kind: str, name: str, content: str, type_: str = "application/xml") -> bytes:
    """With a part that belongs to the sheet of the rows."""
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{_R}/{kind}" Target="/xl/{name}"/></Relationships>'
    )
    override = f'<Override PartName="/xl/{name}" ContentType="{type_}"/></Types>'
    return changed(
        _least(),
        {"[Content_Types].xml": replaced("</Types>", override)},
        {
            f"xl/{name}": content.encode(),
            "xl/worksheets/_rels/sheet1.xml.rels": relations.encode(),
        },
    )


_BOX = (
    '<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing">'
    "<a>{}</a></xdr:wsDr>"
)
_DRAWN = "application/vnd.openxmlformats-officedocument.drawing+xml"
_COMMENTS = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_C = "http://schemas.openxmlformats.org/drawingml/2006/chart"
_CHART = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"


@pytest.mark.parametrize(
    ("file", "place"),
    [
        (
            _least(behind="<headerFooter><oddFooter>&amp;L{{ id }}</oddFooter></headerFooter>"),
            "a page header or footer of Data (xl/worksheets/sheet1.xml)",
        ),
        (
            _least(
                behind='<dataValidations><dataValidation sqref="A1" prompt="{{id}}"/>'
                "</dataValidations>"
            ),
            "a validation of Data (xl/worksheets/sheet1.xml)",
        ),
        (
            changed(_least(), {"xl/workbook.xml": replaced('"Data"', '"Of {{id}}"')}),
            "the name of a sheet (xl/workbook.xml)",
        ),
        (
            _with_part("drawing", "d.xml", _BOX.format("{{i</a><a>d}}"), _DRAWN),
            "a shape or text box (xl/d.xml)",
        ),
        (
            _with_part("comments", "c.xml", "<comments>{{id}}</comments>", _COMMENTS),
            "a comment (xl/c.xml)",
        ),
        (
            _with_part("chart", "c.xml", f'<c:c xmlns:c="{_C}">{{{{id}}}}</c:c>', _CHART),
            "a chart (xl/c.xml)",
        ),
    ],
)  # fmt: skip
def test_a_fields_placeholder_where_nothing_is_filled_in_is_refused_by_its_place(
    file: bytes, place: str
) -> None:
    assert _refused(file) == (
        f"has {{{{id}}}} outside of cells, in {place}; put it in a cell, where it is filled in"
    )


def test_what_is_no_placeholder_of_the_workbook_stays_where_it_is() -> None:
    header = "<headerFooter><oddHeader>{{other}} {{ID}} {id} {{id</oddHeader></headerFooter>"
    pieces = _read(_least(behind=header)).parts["xl/worksheets/sheet1.xml"]
    assert header.encode() in b"".join(piece for piece in pieces if isinstance(piece, bytes))


def test_what_charts_and_pivot_tables_remember_of_cells_is_no_placeholder() -> None:
    cached = (
        f'<c:c xmlns:c="{_C}"><c:strRef><c:f>Data!$B$3</c:f><c:strCache><c:v>{{{{id}}}}</c:v>'
        "</c:strCache></c:strRef><c:tx><c:strRef><c:f>Data!$A$1</c:f><c:strCache>"
        "<c:v>{{waybill.title}}</c:v></c:strCache></c:strRef></c:tx></c:c>"
    )
    _read(_with_part("chart", "c.xml", cached, _CHART))
    _read(_pivot('<worksheetSource name="Rows"/><s v="{{id}}"/>'))


@pytest.mark.parametrize("content", [b"{<", b"{{<{{>", b"{{<", b"{{id", b"<{{>"])
def test_a_part_full_of_brackets_takes_no_time(content: bytes) -> None:
    _read(changed(_least(), {}, {"xl/drawings/d.xml": content * (3_000_000 // len(content))}))


def test_a_chart_that_remembers_many_cells_takes_no_time() -> None:
    cache = "<c:strCache>" + "{{id}}" * 100_000 + "</c:strCache>"
    chart = f'<c:c xmlns:c="{_C}">{cache * 5}</c:c>'
    _read(_with_part("chart", "c.xml", chart, _CHART))


def test_a_placeholder_that_isnt_stored_as_a_text_is_refused() -> None:
    file = _least(head='<c r="A1" t="str"><v>{{waybill.title}}</v></c>')
    assert "in Data!A1 that isn't stored as a text" in _refused(file)
    _read(_least(head='<c r="A1" t="str"><f>B3</f><v>{{id}}</v></c>'))


def test_the_row_is_known_by_its_placeholders() -> None:
    template = _read(saved(report()))
    assert (template.sheet, template.row) == ("My Data", 6)
    assert template.fields == ("id", "name", "day", "amount")
    assert [cell.field for cell in template.cells] == [None, *template.fields, None, None]
    assert b"constant &amp; &lt;same&gt;" in template.cells[5].constant


@pytest.mark.parametrize(
    ("file", "says"),
    [
        (sheet_workbook([text_cell("no placeholder")]), "no row of placeholders"),
        (_least([], head=text_cell("{{name}}", "A1")), "{{id}} in Data, row 3"),
        (_least(head=text_cell("{{waybill.titel}}", "A1")), "{{waybill.titel}} in Data!A1"),
        (_least(head=text_cell("{{waybill.rows}} {{id}}", "A1")), "{{id}} in Data!A1"),
        (_least(head=text_cell("Of {{id}}", "A1")), "within a longer text in Data!A1"),
        (_least(head='<c r="A1"><f>"{{waybill.title}}"</f></c>'), "in the formula Data!A1"),
        (sheet_workbook([text_cell("{{id}}"), text_cell("{{id}}")]), "{{id}} twice"),
        (
            sheet_workbook([text_cell("{{id}}"), text_cell("{{waybill.rows}}")]),
            "waybill.rows in Data!B1, in the row of placeholders",
        ),
        (
            _least(
                head='<c r="A1" t="inlineStr"><is><r><t>{{waybill.</t></r><r><t>title}}</t></r>'
                "</is></c>"
            ),
            "Data!A1 whose font changes within",
        ),
        (
            _least(behind="<headerFooter><oddHeader>{{waybill.title}}</oddHeader></headerFooter>"),
            "has {{waybill.title}} outside of cells, in a page header or footer of Data (xl/works",
        ),
        (
            changed(_least(), {}, {"xl/drawings/d.xml": b"<a>{{ waybill.title }}</a>"}),
            "outside of cells, in xl/drawings/d.xml",
        ),
        (sheet_workbook([text_cell("{{id}}", "B1"), text_cell("x", "A1")]), "cells out of order"),
        (sheet_workbook(['<c t="s"><v>3</v></c>', text_cell("{{id}}")]), "no text for Data!A1"),
        (sheet_workbook([text_cell("{{id}}"), '<c s="9"/>']), "a style that isn't there"),
        (sheet_workbook([text_cell("{{id}}"), '<c s="x"/>']), "'x' where a number belongs"),
    ],
)  # fmt: skip
def test_placeholders_that_say_too_little_or_too_much_are_refused(file: bytes, says: str) -> None:
    assert says in _refused(file).replace("fields' placeholders in Data, row 1, and ", "")


@pytest.mark.parametrize(
    ("file", "says"),
    [
        (_least(['<c r="C4"><f>SUM(B3:B3)</f></c>']), "a formula in Data!C4, below"),
        (_least(['<c r="C4"><v>1</v></c>']), "a value in Data!C4, below"),
        (_least(['<c r="C4" s="1"/>']), "a style in Data!C4, below"),
        (
            changed(
                _least(['<c r="C4"/>']),
                {"xl/worksheets/sheet1.xml": replaced('<row r="4">', '<row r="4" hidden="1">')},
            ),
            "a look of its own for row 4 of Data",
        ),
        (
            sheet_workbook([text_cell("{{id}}"), '<c r="B1"><f>A1*2</f></c>']),
            "the formula Data!B1 in the row of placeholders",
        ),
        (
            _least(head='<c r="A1"><f t="array" ref="A1:A3">B1:B3</f></c>'),
            "the formula of many cells Data!A1:A3",
        ),
        (_least(behind='<mergeCells><mergeCell ref="B3:C3"/></mergeCells>'), "Data!B3:C3"),
        (_least(behind='<hyperlinks><hyperlink ref="B3"/></hyperlinks>'), "the link Data!B3"),
        (_least(behind='<rowBreaks><brk id="3"/></rowBreaks>'), "page break below row 3 of Data"),
        (_least(before="<customSheetViews><customSheetView/></customSheetViews>"), "custom view"),
        (
            _least(behind='<dataConsolidate><dataRefs><dataRef ref="A1:B3"/></dataRefs>'
            "</dataConsolidate>"),
            "a consolidation Data!A1:B3",
        ),
        (
            _least(behind='<scenarios><scenario><inputCells r="B4"/></scenario></scenarios>'),
            "the scenario of Data!B4",
        ),
        (
            _with_part(
                "comments", "c.xml", f'<comments xmlns="{MAIN}"><comment ref="B3"/></comments>'
            ),
            "the comment Data!B3",
        ),
        (
            _with_part(
                "pivotTable",
                "pt.xml",
                f'<pivotTableDefinition xmlns="{MAIN}"><location ref="A9:B12"/>'
                "</pivotTableDefinition>",
            ),
            "the pivot table Data!A9:B12",
        ),
    ],
)  # fmt: skip
def test_what_is_in_the_way_of_rows_is_named(file: bytes, says: str) -> None:
    assert says in _refused(file)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: d.conditional_formatting.add("C9", _RULE), "C9 in a conditional format in My"),
        (lambda d: d.parent["Front"].__setitem__("C1", "='My Data'!E9"), "E9 in the formula"),
        (lambda d: d.__setattr__("print_title_rows", "6:6"), "print titles"),
        (lambda d: d.tables["Rows"].__setattr__("ref", "B5:G7"), "a table Rows whose only row"),
        (lambda d: d.tables["Rows"].__setattr__("totalsRowCount", 1), "Rows with a row of totals"),
        (lambda d: d.add_chart(BarChart(), "E4"), "the drawing 'Chart 1'"),
        (lambda d: d.add_image(Image(BytesIO(PNG)), "B6"), "the drawing 'Image 1'"),
    ],
)  # fmt: skip
def test_what_cant_grow_with_the_rows_is_named(
    change: Callable[[Worksheet], object], says: str
) -> None:
    assert says in _refused(saved(report(change)))


def test_shapes_beside_and_above_the_rows_may_stay() -> None:
    _read(saved(report(lambda data: data.add_chart(BarChart(), "I2"))))
    _read(with_foreign_parts(saved(report())))


def test_a_table_above_the_rows_is_left_alone() -> None:
    def change(data: Worksheet) -> None:
        data["I1"], data["I2"] = "head", 1
        data.add_table(Table(displayName="Above", ref="I1:I2"))

    template = _read(saved(report(change)))
    assert [name for name in template.parts if len(template.parts[name]) == 1].count(
        "xl/tables/table2.xml"
    ) == 1


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("<xm:sqref>G2<", "<xm:sqref>G6<", "a sparkline in My Data!G6"),
        ("<xm:f>'My Data'!E6:E6<", "<xm:f>'My Data'!E8:E9<", "E8:E9 in a sparkline"),
        ("<xm:sqref>D6:E6<", "<xm:sqref>D7:E9<", "D7:E9 in a conditional format or a validation"),
    ],
)
def test_extensions_are_no_exception(old: str, new: str, says: str) -> None:
    file = with_foreign_parts(saved(report()))
    assert says in _refused(changed(file, {DATA: replaced(old, new)}))


def test_a_row_of_headings_is_no_row_of_placeholders() -> None:
    file = changed(saved(report()), {"xl/tables/table1.xml": lambda c: c.replace(b"B5:", b"B6:")})
    assert "a table Rows whose only row" in _refused(file)


def test_a_shape_without_an_end_is_as_large_as_it_says() -> None:
    box = (
        '<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing">'
        '<xdr:absoluteAnchor><xdr:pos x="0" y="0"/><xdr:ext cx="700000" cy="{high}"/>'
        '<xdr:sp><xdr:cNvPr id="1" name="Box"/></xdr:sp></xdr:absoluteAnchor></xdr:wsDr>'
    )
    _read(_with_part("drawing", "d.xml", box.format(high=190_500)))
    assert "'Box'" in _refused(_with_part("drawing", "d.xml", box.format(high=900_000)))


def _pivot(source: str) -> bytes:
    cache = f'<pivotCacheDefinition xmlns="{MAIN}"><cacheSource type="worksheet">{source}'
    type_ = "application/vnd.openxmlformats-officedocument.spreadsheetml.pivotCacheDefinition+xml"
    return _with_part("other", "cache.xml", cache + "</cacheSource></pivotCacheDefinition>", type_)


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ('<worksheetSource ref="A2:B3" sheet="Data"/>', b'ref="A2:B9" sheet="Data"'),
        ('<worksheetSource name="Rows"/>', b'name="Rows"'),
    ],
)
def test_pivot_tables_of_the_rows_are_made_anew_by_excel(source: str, wanted: bytes) -> None:
    pieces = _read(_pivot(source)).parts["xl/cache.xml"]
    content = b"".join(p if isinstance(p, bytes) else b"9" for p in pieces)
    assert content.startswith(b'<pivotCacheDefinition refreshOnLoad="1" xmlns=')
    assert wanted in content


def test_pivot_tables_of_other_cells_are_left_alone() -> None:
    for source in (
        '<worksheetSource ref="A1:B2" sheet="Data"/>',
        '<worksheetSource ref="A1:B9" sheet="B"/>',
        "",
    ):
        assert len(_read(_pivot(source)).parts["xl/cache.xml"]) == 1


def test_a_pivot_table_below_the_rows_is_no_source() -> None:
    assert "B8:B9 in the source of a pivot table" in _refused(
        _pivot('<worksheetSource ref="B8:B9" sheet="Data"/>')
    )


def test_a_list_of_a_control_cant_grow() -> None:
    type_ = "application/vnd.ms-excel.controlproperties+xml"
    control = '<formControlPr xmlns="{}" fmlaRange="$B${}:$B$3"/>'.format
    assert "a control (xl/c.xml) of $B$3:$B$3" in _refused(
        _with_part("ctrlProp", "c.xml", control("u", 3), type_)
    )
    other = control("u", 1).replace(":$B$3", ":$B$2")
    _read(_with_part("ctrlProp", "c.xml", other, type_))


@pytest.mark.parametrize(
    ("options", "option"),
    [
        ({"header": "none"}, "header"),
        ({"cover": True}, "cover"),
        ({"table_style": None}, "table_style"),
        ({"links": ["url"]}, "links"),
        ({"formulas": [{"name": "x", "formula": "a + 1"}]}, "formulas"),
        ({"relation_sheets": {"orders": ["id"]}}, "relation_sheets"),
        ({"summary": {"figures": {"a": ["sum"]}}}, "summary"),
    ],
)
def test_a_look_is_refused_as_the_workbook_has_one(options: dict[str, Any], option: str) -> None:
    with pytest.raises(FormatInvalid) as invalid:
        parse_format({"format": "xlsx", "options": {"workbook": _GOOD, **options}})
    (problem,) = invalid.value.problems
    assert problem.at == f"/options/{option}"
    assert "a look of its own" in problem.text


def test_a_workbook_is_not_split() -> None:
    with pytest.raises(FormatInvalid, match="/split rows go into one workbook"):
        parse_format({"format": "xlsx", "options": {"workbook": _GOOD}, "split": {"rows": 20_000}})


def test_how_values_are_written_may_be_said() -> None:
    options = {
        "workbook": _GOOD,
        "zone": "Europe/Madrid",
        "null_text": "-",
        "on_long_text": "cut",
        "date_format": "dd.mm.yyyy",
        "field_formats": {"id": "000"},
    }
    parse_format({"format": "xlsx", "options": options})
