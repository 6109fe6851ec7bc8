"""Sheets of further datasets, each with options, relations, formulas and links of its own."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import openpyxl
import pytest
from openpyxl import Workbook

from domain.datasets import FieldType
from domain.formats import Format, FormatSpec, XlsxOptions
from domain.json_shapes import Listed
from domain.xlsx_conditions import Bars
from domain.xlsx_options import FormulaColumn
from domain.xlsx_summaries import Figure, Group, Summary
from processors.renderers import (
    Column,
    Frame,
    Member,
    Part,
    PlanUnfit,
    RenderPlan,
    SheetPlan,
    prepare,
)
from processors.renderers.xlsx import frame as frames
from tests.joined import joined
from tests.unit.processors.renderers.xlsx.sheets import fragment
from tests.workbooks import check

OWN = (
    Column(name="id", label="Id", type=FieldType.INTEGER),
    Column(name="amount", label="Amount", type=FieldType.DECIMAL),
    Column(
        name="lines",
        label="Lines",
        type=FieldType.JSON,
        members=(Member(name="sku", type=FieldType.TEXT),),
    ),
)
OTHER = (
    Column(name="id", label="No", type=FieldType.INTEGER),
    Column(name="site", label="Site", type=FieldType.TEXT),
    Column(
        name="parts",
        label="Parts",
        type=FieldType.JSON,
        members=(Member(name="kg", type=FieldType.DECIMAL),),
    ),
)
FIRST = XlsxOptions(
    summary=Summary(figures=(("amount", Listed([Figure.SUM])),), groups=Listed([Group(by="id")])),
    relation_sheets=(("lines", Listed(["id"])),),
    formulas=Listed([FormulaColumn(name="double", formula="amount * 2")]),
)
FURTHER = XlsxOptions(
    sheet_name="Sites",
    relation_sheets=(("parts", Listed(["site"])),),
    formulas=Listed([FormulaColumn(name="next", formula="id + 1", number_format="0.0")]),
    links=Listed(["site"]),
    field_formats=(("id", "000"), ("parts.kg", "0.000")),
    conditional_formats=(("id", Listed([Bars(bars="#638ec6")])),),
    freeze_columns=1,
)


def frame(*further: XlsxOptions, first: XlsxOptions = FIRST) -> Frame:
    sheets = tuple(SheetPlan(options=each, columns=OTHER, facts=None) for each in further)
    spec = FormatSpec(format=Format.XLSX, options=first)
    return prepare.__wrapped__(RenderPlan(spec=spec, columns=OWN, sheets=sheets))


def own(made: Frame, *numbers: int) -> Part:
    return made.render(fragment(*(b'%d\t%d.5\t[{"sku": "a"}]' % (n, n) for n in numbers)))


def other(made: Frame, *numbers: int, sheet: int = 1) -> Part:
    line = b'%d\thttps://example.org/%d\t[{"kg": 1}, {"kg": 2}]'
    return made.of(sheet).render(fragment(*(line % (n, n) for n in numbers)))


def opened(file: bytes) -> Workbook:
    check(file)
    return openpyxl.load_workbook(BytesIO(file))


def cells(book: Workbook, name: str) -> list[list[Any]]:
    return [[cell.value for cell in row] for row in book[name].iter_rows()]


def test_a_further_dataset_has_all_that_a_first_one_has_on_its_sheet() -> None:
    made = frame(FURTHER)
    book = opened(joined(made, [own(made, 1, 2)], [other(made, 7)], [other(made, 8)]))
    assert book.sheetnames == ["Summary", "Rows", "Lines", "Sites", "Parts"]
    assert cells(book, "Lines") == [["Id", "sku"], [1, "a"], [2, "a"]]
    assert [row[0] for row in cells(book, "Sites")] == ["No", 7, 8]
    assert cells(book, "Parts") == [
        ["Site", "kg"],
        *([f"https://example.org/{number}", kg] for number in (7, 8) for kg in (1, 2)),
    ]
    sites = book["Sites"]
    assert sites["A2"].number_format == "000"
    assert sites["B2"].value == '=HYPERLINK("https://example.org/7")'
    assert sites["B2"].font.underline == "single"
    assert str(sites["C3"].value).startswith("=IF(COUNT(field_id)<1")
    assert sites["C3"].number_format == "0.0"
    assert sites.freeze_panes == "B2"
    assert [str(each.sqref) for each in sites.conditional_formatting] == ["A2:A3"]
    assert book["Parts"]["B2"].number_format == "0.000"
    assert sorted(name for sheet in book.worksheets for name in sheet.tables) == [
        *("Related_1_rows", "Rows", "Sheet_2_related_1_rows", "Sheet_2_rows")
    ]
    file = joined(made, [own(made, 1, 2), other(made, 7)])
    values = openpyxl.load_workbook(BytesIO(file), data_only=True)
    assert values["Sites"]["C2"].value == 8
    assert values["Summary"]["B2"].value == 4


def test_datasets_without_rows_have_sheets_all_the_same() -> None:
    made = frame(FURTHER, FURTHER)
    book = opened(joined(made, [other(made, 7, sheet=2)]))
    assert book.sheetnames == ["Summary", "Rows", "Lines", "Sites", "Parts", "Sites 2", "Parts 2"]
    assert cells(book, "Sites") == [["No", "Site", "next"]]
    assert cells(book, "Sites 2")[1][0] == 7
    assert opened(joined(made)).sheetnames == book.sheetnames


def test_each_goes_on_in_sheets_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "SHEET_FRAGMENTS", 2)
    made = frame(FURTHER)
    parts = [*(own(made, n) for n in range(3)), *(other(made, n) for n in range(5))]
    book = opened(joined(made, parts[:4], parts[4:]))
    assert [name for name in book.sheetnames if "Lines" not in name and "Parts" not in name] == [
        *("Summary", "Rows", "Rows (2)", "Sites", "Sites (2)", "Sites (3)")
    ]
    assert [row[0] for row in cells(book, "Sites (3)")] == ["No", 4]
    assert [row[0] for row in cells(book, "Sites (2)")] == ["No", 2, 3]


def test_ten_datasets_come_in_their_order() -> None:
    plain = XlsxOptions(sheet_name="One")
    made = frame(*[XlsxOptions(sheet_name=f"Further {n}") for n in range(12)], first=plain)
    parts = [[own(made, 0)], *([other(made, n, sheet=n + 1)] for n in range(12))]
    book = opened(joined(made, *parts))
    assert [cells(book, f"Further {n}")[1][0] for n in range(12)] == list(range(12))


def test_what_does_not_go_together_is_refused_for_each() -> None:
    with pytest.raises(PlanUnfit, match="amount"):
        frame(XlsxOptions(links=Listed(["amount"])))
    with pytest.raises(PlanUnfit, match="id"):
        frame(XlsxOptions(links=Listed(["id"])))
