"""Rows of relations on sheets of their own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.copy_text import escape
from domain.datasets import FieldType
from domain.formats import Format, FormatInvalid, FormatSpec, Header, XlsxOptions, parse_format
from domain.json_shapes import Listed
from domain.nested_values import NestedMalformed
from domain.splits import Split
from domain.xlsx_options import FormulaColumn
from domain.xlsx_summaries import Figure, Group, Summary
from processors.renderers import Column, Frame, Member, Part, PlanUnfit, Reason, RenderPlan, prepare
from processors.renderers.xlsx import nested_rows, relation_sheets
from tests.joined import joined
from tests.unit.processors.renderers.xlsx.sheets import fragment
from tests.workbooks import check

LINES = (
    Member(name="sku", type=FieldType.TEXT),
    Member(name="price", type=FieldType.DECIMAL),
    Member(name="at", type=FieldType.INSTANT),
    Member(name="gift", type=FieldType.BOOLEAN),
    Member(name="more", type=FieldType.JSON),
)
COLUMNS = (
    Column(name="id", label="Id", type=FieldType.INTEGER),
    Column(name="lines", label="Lines", type=FieldType.JSON, members=LINES),
    Column(name="name", label="Name", type=FieldType.TEXT),
    Column(name="total", label="Total", type=FieldType.DECIMAL),
)
BY_ID = (("lines", Listed(["id"])),)
LINE = {"sku": "a", "price": 1.5, "at": "2013-01-01T05:00:00Z", "gift": True, "more": None}
Sheets = dict[str, list[list[Any]]]


def frame(columns: Sequence[Column] = COLUMNS, split: Split | None = None, **options: Any) -> Frame:
    chosen = XlsxOptions(**{"relation_sheets": BY_ID, **options})
    spec = FormatSpec(format=Format.XLSX, options=chosen, split=split)
    return prepare.__wrapped__(RenderPlan(spec=spec, columns=tuple(columns)))


def row(number: int, lines: object, name: str = "N", total: str = "2") -> bytes:
    """As COPY text; what is no text yet is said as JSON."""
    said = lines if isinstance(lines, str) else json.dumps(lines, ensure_ascii=False)
    cells = (str(number), said, name, total)
    return b"\t".join(escape(each.encode()) for each in cells)


def rendered(made: Frame, *lines: bytes) -> Part:
    return made.render(fragment(*lines))


def sheets(file: bytes) -> Sheets:
    check(file)
    book = openpyxl.load_workbook(BytesIO(file))
    return {
        sheet.title: [[cell.value for cell in cells] for cells in sheet.iter_rows()]
        for sheet in book.worksheets
    }


def test_each_row_of_a_relation_stands_behind_what_it_belongs_to_by() -> None:
    made = frame(relation_sheets=(("lines", Listed(["name", "id"])),))
    lines = [LINE, {**LINE, "sku": "t\tb\\", "gift": False, "more": {"n": [1, None]}}]
    file = joined(made, [rendered(made, row(7, lines, "Zoë"), row(8, []), row(9, [LINE]))])
    moment = datetime(2013, 1, 1, 5)  # noqa: DTZ001 - Excel knows no zones
    assert sheets(file) == {
        "Rows": [["Id", "Name", "Total"], [7, "Zoë", 2], [8, "N", 2], [9, "N", 2]],
        "Lines": [
            ["Name", "Id", "sku", "price", "at", "gift", "more"],
            ["Zoë", 7, "a", 1.5, moment, True, None],
            ["Zoë", 7, "t\tb\\", 1.5, moment, False, '{"n":[1,null]}'],
            ["N", 9, "a", 1.5, moment, True, None],
        ],
    }


def test_one_object_is_one_row_and_null_is_none() -> None:
    made = frame()
    lines = [
        row(1, LINE),
        row(2, []).replace(b"[]", rb"\N"),
        row(3, "null").replace(b"null", b"[]"),
    ]
    assert [each[0] for each in sheets(joined(made, [rendered(made, *lines)]))["Lines"]] == [
        "Id",
        1,
    ]


def test_a_relation_without_rows_has_an_empty_sheet() -> None:
    made = frame()
    assert sheets(joined(made))["Lines"] == [["Id", *(each.name for each in LINES)]]
    assert len(sheets(joined(made, [rendered(made, row(1, []))]))["Lines"]) == 1


@settings(max_examples=20)
@given(
    lines=st.lists(
        st.lists(
            st.tuples(st.text(max_size=5), st.decimals(allow_nan=False, allow_infinity=False))
        ),
        max_size=12,
    ),
    cuts=st.lists(st.integers(0, 12), max_size=3),
)
def test_neither_fragments_nor_chunks_lose_or_change_a_row(
    lines: list[list[tuple[str, Any]]], cuts: list[int]
) -> None:
    made = frame()
    every = [
        row(
            n,
            [{**LINE, "sku": text.replace("\0", ""), "price": str(price)} for text, price in each],
        )
        for n, each in enumerate(lines)
    ]
    parts = [rendered(made, *every[at : at + 3]) for at in range(0, len(every), 3)]
    rejected = {at * 3 + each.row for at, part in enumerate(parts) for each in part.rejected}
    places = sorted(min(cut, len(parts)) for cut in cuts)
    chunks = [parts[a:b] for a, b in zip([0, *places], [*places, len(parts)], strict=True)]
    file = joined(made, *chunks)
    assert file == joined(frame(), parts)
    found = sheets(file)["Lines"][1:]
    expected = [n for n, each in enumerate(lines) if n not in rejected for _ in each]
    assert [each[0] for each in found] == expected


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([LINE, {**LINE, "sku": "x" * 32_768}], Reason.CELL_TOO_LONG),
        ('[{"sku":"\\u0000","price":1,"at":null,"gift":null,"more":null}]', Reason.NUL_CHARACTER),
        ('[{"sku":"\\ud800","price":1,"at":null,"gift":null,"more":null}]', Reason.LONE_SURROGATE),
        (
            '[{"sku":"","price":1,"at":null,"gift":null,"more":%s}]' % ("[" * 9_000 + "]" * 9_000),
            Reason.CELL_TOO_LONG,
        ),
    ],
)
def test_a_row_that_cannot_be_written_takes_what_it_belongs_to_along(
    lines: object, reason: Reason
) -> None:
    made = frame()
    part = rendered(made, row(1, [LINE]), row(2, lines), row(3, [LINE, LINE]))
    assert [(each.row, each.field, each.reason) for each in part.rejected] == [(1, "lines", reason)]
    found = sheets(joined(made, [part]))
    assert [each[0] for each in found["Rows"]] == ["Id", 1, 3]
    assert [each[0] for each in found["Lines"]] == ["Id", 1, 3, 3]


def test_what_is_refused_outside_leaves_no_row_of_a_relation() -> None:
    made = frame()
    part = rendered(made, row(1, [LINE]), row(2, [LINE], name="x" * 32_768))
    assert [(each.row, each.field) for each in part.rejected] == [(1, "name")]
    assert [each[0] for each in sheets(joined(made, [part]))["Lines"]] == ["Id", 1]


def test_what_is_no_utf_8_rejects_its_row() -> None:
    made = frame()
    part = rendered(made, row(1, [LINE]).replace(b'"a"', b'"\xff"'), row(2, []))
    assert [(each.field, each.reason) for each in part.rejected] == [("lines", Reason.NOT_UTF_8)]


def test_rows_beyond_a_sheet_go_on_in_another_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long row is a block by itself, and no more blocks than a sheet can have are one piece."""
    monkeypatch.setattr(relation_sheets, "SHEET_ROWS", 12)
    monkeypatch.setattr(relation_sheets, "MOST_ROWS", 5)
    made = frame()
    long = {**LINE, "sku": "x" * 30_000}
    lines = [row(n, [long] * 5) for n in range(6)]
    file = joined(made, [rendered(made, *lines[:3])], [rendered(made, *lines[3:])])
    found = sheets(file)
    assert list(found) == ["Rows", "Lines", "Lines (2)", "Lines (3)"]
    assert [each[0] for each in found["Rows"][1:]] == list(range(6))
    assert [[each[0] for each in found[name][1:]] for name in list(found)[1:]] == [
        [0] * 5 + [1] * 5, [2] * 5 + [3] * 5, [4] * 5 + [5] * 5,
    ]  # fmt: skip


def test_more_rows_than_a_sheet_has_room_for_do_not_stay_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(nested_rows, "MOST_ROWS", 3)
    part = rendered(frame(), row(1, [LINE] * 4), row(2, [LINE] * 3))
    assert [(each.row, each.reason) for each in part.rejected] == [(0, Reason.CELL_TOO_LONG)]


def test_all_that_a_first_sheet_can_have_stays_on_it() -> None:
    made = frame(
        cover=True,
        links=Listed(["name"]),
        formulas=Listed([FormulaColumn(name="twice", formula="total * 2", label="Twice")]),
        summary=Summary(
            figures=(("total", Listed([Figure.SUM])),),
            groups=Listed([Group(by="name", sums=Listed(["total"]))]),
        ),
        field_formats=(("lines.price", "0.00"), ("total", "0.0")),
        freeze_columns=1,
    )
    lines = [row(1, [LINE] * 2, "https://a.example", "2.5"), row(2, [LINE], "B", "4")]
    file = joined(made, [rendered(made, *lines)])
    book = openpyxl.load_workbook(BytesIO(file), data_only=True)
    assert book.sheetnames == ["About", "Summary", "Rows", "Lines"]
    rows = [[cell.value for cell in cells] for cells in book["Rows"].iter_rows()]
    assert rows == [
        ["Id", "Name", "Total", "Twice"], [1, "https://a.example", 2.5, 5], [2, "B", 4, 8],
    ]  # fmt: skip
    assert book["Lines"]["C2"].number_format == "0.00"
    assert book["Lines"].freeze_panes == "A2"
    assert [len(each) for each in sheets(file)["Lines"]] == [6] * 4


def test_sheets_of_relations_of_one_name_are_told_apart() -> None:
    columns = [
        Column(name="id", label="Id", type=FieldType.INTEGER),
        *(
            Column(name=name, label=label, type=FieldType.JSON, members=LINES[:1])
            for name, label in (("a", "rows"), ("b", "x" * 30), ("c", "X" * 30), ("d", "Summary"))
        ),
    ]
    made = frame(columns, relation_sheets=tuple((name, Listed(["id"])) for name in "abcd"))
    line = b"1" + b'\t[{"sku":"s"}]' * 4
    found = sheets(joined(made, [rendered(made, line)]))
    assert list(found) == ["Rows", "rows 2", "x" * 24, "X" * 20 + " 2", "Summary rows"]
    assert all(found[name][1:] == [[1, "s"]] for name in list(found)[1:])


def test_headings_may_be_names_or_none() -> None:
    made = frame(header=Header.NAMES)
    assert sheets(joined(made, [rendered(made, row(1, [LINE]))]))["Lines"][0][:2] == [
        "id", "lines.sku",
    ]  # fmt: skip
    bare = frame(header=Header.NONE, table_style=None, autofilter=False, freeze_header=False)
    assert sheets(joined(bare, [rendered(bare, row(1, [LINE]))]))["Lines"][0][:2] == [1, "a"]


def test_json_within_keeps_all_that_it_says() -> None:
    made = frame()
    said = '{"a":1.50,"a":12345678901234567890,"b":"\\u00e9","c":[true,{}]}'
    lines = f'[{{"sku":"a","price":1,"at":"infinity","gift":false,"more":{said}}}]'
    found = sheets(joined(made, [rendered(made, row(1, lines))]))["Lines"][1]
    assert found[3:] == [
        "infinity", False, '{"a":1.50,"a":12345678901234567890,"b":"é","c":[true,{}]}',
    ]  # fmt: skip


@pytest.mark.parametrize(
    "value",
    ['[{"sku":"a"}]', "7", "[7]", '["a"]', '[{"sku":[],"price":1,"at":1,"gift":1,"more":1}]'],
)
def test_what_was_not_planned_is_a_fault_of_the_source(value: str) -> None:
    with pytest.raises(NestedMalformed):
        rendered(frame(), row(1, value))


@pytest.mark.parametrize(
    ("sheets_of", "said"),
    [
        ((("gone", Listed(["id"])),), "'gone'"),
        ((("name", Listed(["id"])),), "no nested value"),
        ((("lines", Listed(["gone"])),), "'gone'"),
        ((("lines", Listed(["lines"])),), "nested itself"),
    ],
)
def test_what_cannot_be_is_refused(sheets_of: Any, said: str) -> None:
    with pytest.raises(PlanUnfit, match=said):
        frame(relation_sheets=sheets_of)


def test_there_is_a_first_sheet_and_no_split() -> None:
    with pytest.raises(PlanUnfit, match="no relation_sheets"):
        frame(split=Split(rows=5))
    alone = [COLUMNS[1], Column(name="b", label="B", type=FieldType.JSON, members=LINES)]
    with pytest.raises(PlanUnfit):
        frame(alone, relation_sheets=(("b", Listed(["lines"])), ("lines", Listed(["b"]))))


@pytest.mark.parametrize(
    "value", [{"lines": []}, {"lines": "id"}, ["lines"], {"lines": ["a", "a"]}]
)
def test_the_option_is_read_strictly(value: object) -> None:
    with pytest.raises(FormatInvalid):
        parse_format({"format": "xlsx", "options": {"relation_sheets": value}})
