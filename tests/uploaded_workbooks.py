"""Workbooks to upload: as openpyxl makes them, and with parts that openpyxl would lose."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.formatting.rule import CellIsRule, FormulaRule
from openpyxl.styles import Font, PatternFill
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from tests.images import png

DATA = "xl/worksheets/sheet2.xml"
"""The part of the rows' sheet."""


def report(change: Callable[[Worksheet], object] = lambda _: None) -> Workbook:
    """A sheet `Front` with what is said of the export and a chart, and a sheet `My Data` with the
    placeholders `id`, `name`, `day`, `amount` in its row 6, from column B on, within a table."""
    book = Workbook()
    front = book.active
    front.title = "Front"
    front["A1"] = "{{waybill.title}}"
    front["A2"] = "Rows that {{waybill.filter}}, asked for at {{ waybill.requested_at }}"
    front["A3"] = "{{waybill.rows}}"
    front["A4"] = "{{waybill.rows}} rows, {{waybill.rejected}} left out"
    front["B1"] = "=SUM('My Data'!$E$6:$E$6)"
    front["B2"] = "=SUM(Amounts)"
    front["B3"] = "=COUNTA('My Data'!C6:C6)&\" of C6:C6\""
    front["B4"] = "=SUM(Rows[amount])"
    data = book.create_sheet("My Data")
    data["B2"] = "=SUM(E6:E6)"
    data["E3"] = "=E6*2"
    for column, title in zip("BCDEFG", ("id", "name", "day", "amount", "kind", "gap"), strict=True):
        data[f"{column}5"] = title
    for column, name in zip("BCDE", ("id", "name", "day", "amount"), strict=True):
        data[f"{column}6"] = f"{{{{{name}}}}}"
    data["C6"].font = Font(bold=True, color="1F3864")
    data["E6"].number_format = "#,##0.00"
    data["D6"].fill = PatternFill("solid", fgColor="FFF2CC")
    data["F6"] = "constant & <same>"
    data["G6"].fill = PatternFill("solid", fgColor="DDEBF7")
    table = Table(
        displayName="Rows", ref="B5:G6", tableStyleInfo=TableStyleInfo("TableStyleLight9")
    )
    data.add_table(table)
    red = PatternFill("solid", bgColor="FFC7CE")
    data.conditional_formatting.add("E6", CellIsRule("lessThan", ["0"], fill=red))
    data.conditional_formatting.add(
        "B6:E6", FormulaRule(["AND($E6>0,COUNTA($B6:$E6)=4,$E6=MAX($E$6:$E$6))"], fill=red)
    )
    validation = DataValidation(type="list", formula1="'My Data'!$C$6:$C$6", showErrorMessage=True)
    validation.add("C6")
    data.add_data_validation(validation)
    book.defined_names["Amounts"] = DefinedName("Amounts", attr_text="'My Data'!$E$6:$E$6")
    book.defined_names["Ids"] = DefinedName("Ids", attr_text="'My Data'!$B$6")
    data.print_area = "A1:G6"
    chart = BarChart()
    chart.add_data(Reference(data, min_col=5, min_row=5, max_row=6), titles_from_data=True)
    chart.set_categories(Reference(data, min_col=3, min_row=6))
    front.add_chart(chart, "D2")
    change(data)
    return book


def sheet_workbook(
    *rows: Sequence[str], before: str = "", behind: str = "", more: Mapping[str, str] = {}
) -> bytes:
    """The least that Excel opens, made by hand: a sheet `Data` of rows of cells in XML, with what
    stands before and behind the rows, and further parts."""
    data = "".join(f'<row r="{at}">{"".join(row)}</row>' for at, row in enumerate(rows, 1) if row)
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as zipped:
        for name, content in {**_LEAST, **more}.items():
            if name == "xl/worksheets/sheet1.xml":
                content = content.format(before=before, data=data, behind=behind)
            zipped.writestr(ZipInfo(name), content, ZIP_DEFLATED)
    return file.getvalue()


def text_cell(text: str, place: str = "") -> str:
    at = f' r="{place}"' if place else ""
    return f'<c{at} t="inlineStr"><is><t>{text}</t></is></c>'


def saved(book: Workbook) -> bytes:
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def in_base64(file: bytes) -> str:
    return b64encode(file).decode()


def changed(
    file: bytes, changes: Mapping[str, Callable[[bytes], bytes]], more: Mapping[str, bytes] = {}
) -> bytes:
    """The file with some of its parts changed, and more of them."""
    made = BytesIO()
    with ZipFile(BytesIO(file)) as old, ZipFile(made, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, changes[name](content) if name in changes else content)
        for name, content in more.items():
            new.writestr(name, content)
    return made.getvalue()


def replaced(old: str, new: str) -> Callable[[bytes], bytes]:
    """Exactly one place of it."""

    def change(content: bytes) -> bytes:
        assert content.count(old.encode()) == 1, content
        return content.replace(old.encode(), new.encode())

    return change


def with_foreign_parts(file: bytes) -> bytes:
    """With a text box, a picture in the header, sparklines and a custom part."""
    return changed(
        file,
        {
            "[Content_Types].xml": replaced("</Types>", _TYPES + "</Types>"),
            DATA: _with_extensions,
            "xl/worksheets/_rels/sheet2.xml.rels": replaced(
                "</Relationships>", _RELATIONS + "</Relationships>"
            ),
        },
        {
            "xl/drawings/drawing9.xml": _TEXT_BOX.encode(),
            "xl/drawings/vmlDrawing9.vml": _HEADER_PICTURE.encode(),
            "xl/drawings/_rels/vmlDrawing9.vml.rels": _PICTURE_RELATION.encode(),
            "xl/media/image9.png": PNG,
            "customXml/item1.xml": b'<?xml version="1.0"?>\r\n<kept>  as it is </kept>',
        },
    )


FOREIGN = (
    "xl/drawings/drawing9.xml",
    "xl/drawings/vmlDrawing9.vml",
    "xl/drawings/_rels/vmlDrawing9.vml.rels",
    "xl/media/image9.png",
    "customXml/item1.xml",
)


def _always(content: bytes) -> Callable[[bytes], bytes]:
    return lambda _: content


def with_shared_strings(file: bytes) -> bytes:
    """As Excel writes texts: one after the other in a part of their own."""
    texts: list[str] = []

    def shared(sheet: bytes) -> bytes:
        def cell(found: re.Match[str]) -> str:
            texts.append(found[2])
            return f'<c{found[1]} t="s"><v>{len(texts) - 1}</v></c>'

        inline = r'<c([^>]*) t="inlineStr"><is>(.*?)</is></c>'
        return re.sub(inline, cell, sheet.decode()).encode()

    with ZipFile(BytesIO(file)) as old:
        sheets = {name: shared(old.read(name)) for name in ("xl/worksheets/sheet1.xml", DATA)}
    items = "".join(f"<si>{text}</si>" for text in texts)
    relation = f'<Relationship Id="rIdS" Type="{_R}/sharedStrings" Target="sharedStrings.xml"/>'
    override = (
        '<Override PartName="/xl/sharedStrings.xml" ContentType="application/'
        'vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>'
    )
    return changed(
        file,
        {
            **{name: _always(content) for name, content in sheets.items()},
            "xl/_rels/workbook.xml.rels": replaced(
                "</Relationships>", relation + "</Relationships>"
            ),
            "[Content_Types].xml": replaced("</Types>", override + "</Types>"),
        },
        {"xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{items}</sst>'.encode()},
    )


MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_R: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_X14: Final = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
_XM: Final = "http://schemas.microsoft.com/office/excel/2006/main"
_XDR: Final = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"
_A: Final = "http://schemas.openxmlformats.org/drawingml/2006/main"
_OFFICE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_LEAST: Final = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_OFFICE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_OFFICE}.worksheet+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_OFFICE}.styles+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_R}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{MAIN}" xmlns:r="{_R}"><sheets><sheet name="Data" sheetId="1" '
        'r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_R}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" '
        f'Type="{_R}/styles" Target="styles.xml"/></Relationships>'
    ),
    "xl/worksheets/sheet1.xml": (
        f'<worksheet xmlns="{MAIN}" xmlns:r="{_R}">{{before}}<sheetData>{{data}}</sheetData>'
        "{behind}</worksheet>"
    ),
    "xl/styles.xml": (
        f'<styleSheet xmlns="{MAIN}"><fonts count="1"><font><sz val="11"/></font></fonts>'
        '<fills count="1"><fill><patternFill patternType="none"/></fill></fills>'
        '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
        '<cellXfs count="2"><xf numFmtId="0" xfId="0"/><xf numFmtId="14" xfId="0"/></cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
        "</styleSheet>"
    ),
}
PNG: Final = png(2, 1, 3, b"\0" + bytes(6))

_TYPES: Final = (
    '<Default Extension="vml" ContentType="application/vnd.openxmlformats-officedocument.'
    'vmlDrawing"/><Default Extension="png" ContentType="image/png"/>'
    '<Override PartName="/xl/drawings/drawing9.xml" ContentType="application/vnd.'
    'openxmlformats-officedocument.drawing+xml"/>'
)
_RELATIONS: Final = (
    f'<Relationship Id="rIdD" Type="{_R}/drawing" Target="../drawings/drawing9.xml"/>'
    f'<Relationship Id="rIdV" Type="{_R}/vmlDrawing" Target="../drawings/vmlDrawing9.vml"/>'
)
_TEXT_BOX: Final = (
    f'<xdr:wsDr xmlns:xdr="{_XDR}" xmlns:a="{_A}"><xdr:twoCellAnchor>'
    "<xdr:from><xdr:col>1</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>0</xdr:row>"
    "<xdr:rowOff>0</xdr:rowOff></xdr:from>"
    "<xdr:to><xdr:col>4</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>2</xdr:row>"
    "<xdr:rowOff>0</xdr:rowOff></xdr:to>"
    '<xdr:sp macro="" textlink=""><xdr:nvSpPr><xdr:cNvPr id="2" name="Note"/>'
    '<xdr:cNvSpPr txBox="1"/></xdr:nvSpPr><xdr:spPr><a:prstGeom prst="rect"><a:avLst/>'
    "</a:prstGeom></xdr:spPr><xdr:txBody><a:bodyPr/><a:p><a:r><a:t>A note</a:t></a:r></a:p>"
    "</xdr:txBody></xdr:sp><xdr:clientData/></xdr:twoCellAnchor></xdr:wsDr>"
)
_HEADER_PICTURE: Final = (
    '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:o">'
    '<v:shape id="CH" type="#_x0000_t75" style="width:20pt;height:10pt">'
    '<v:imagedata o:relid="rId1" o:title="logo"></v:shape><br></xml>'  # no XML, as Excel's isn't
)
_PICTURE_RELATION: Final = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="rId1" Type="{_R}/image" Target="../media/image9.png"/></Relationships>'
)
EXTENSIONS: Final = (
    f'<extLst><ext xmlns:x14="{_X14}" uri="{{05C60535-1F16-4fd2-B633-F4F36F0B64E0}}">'
    f'<x14:sparklineGroups xmlns:xm="{_XM}"><x14:sparklineGroup><x14:sparklines><x14:sparkline>'
    "<xm:f>'My Data'!E6:E6</xm:f><xm:sqref>G2</xm:sqref></x14:sparkline></x14:sparklines>"
    "</x14:sparklineGroup></x14:sparklineGroups></ext>"
    f'<ext xmlns:x14="{_X14}" uri="{{78C0D931-6437-407d-A8EE-F0AAD7539E65}}">'
    f'<x14:conditionalFormattings><x14:conditionalFormatting xmlns:xm="{_XM}">'
    '<x14:cfRule type="expression" id="{00000000-0000-0000-0000-000000000001}">'
    "<xm:f>$E6=MAX($E$6:$E$6)</xm:f></x14:cfRule><xm:sqref>D6:E6</xm:sqref>"
    "</x14:conditionalFormatting></x14:conditionalFormattings></ext></extLst>"
)


def _with_extensions(sheet: bytes) -> bytes:
    drawings = (
        f'<headerFooter><oddHeader>&amp;C&amp;G</oddHeader></headerFooter><drawing xmlns:r="{_R}" '
        f'r:id="rIdD"/><legacyDrawingHF xmlns:r="{_R}" r:id="rIdV"/><tableParts'
    )
    content = replaced("<tableParts", drawings)(sheet)
    return replaced("</worksheet>", EXTENSIONS + "</worksheet>")(content)
