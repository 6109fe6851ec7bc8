"""Columns that are worked out from others: the formula, and what it comes to."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import openpyxl
import pytest

from domain.datasets import FieldType
from domain.formats import XlsxOptions, parse_format
from domain.xlsx_formulas import parse_formula
from processors.renderers import Column, Part
from processors.renderers.frames import FieldNotThere
from processors.renderers.xlsx import frame as frames
from processors.renderers.xlsx.formulas import (
    FormulaUnfit,
    evaluate,
    excel_formula,
    local_names,
)
from tests.joined import joined
from tests.unit.processors.renderers.xlsx.sheets import fragment, frame, inflated
from tests.workbooks import check

_TYPES = [FieldType.DECIMAL, FieldType.INTEGER]


def _options(*formulas: str, **options: Any) -> XlsxOptions:
    columns = [{"name": f"f{at}", "formula": text} for at, text in enumerate(formulas)]
    read = parse_format({"format": "xlsx", "options": {"formulas": columns, **options}}).options
    assert isinstance(read, XlsxOptions)
    return read


def _column(formula: str, *lines: bytes, **options: Any) -> list[Any]:
    """What a viewer shows that doesn't calculate."""
    made = frame(_options(formula, **options), *_TYPES)
    file = joined(made, [made.render(fragment(*lines))])
    check(file)
    sheet = openpyxl.load_workbook(BytesIO(file), data_only=True).active
    return [row[2].value for row in sheet.iter_rows(min_row=2)]


def test_a_cell_says_neither_its_row_nor_its_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "SHEET_FRAGMENTS", 1)
    made = frame(_options("a * b"), *_TYPES)
    parts = [made.render(fragment(b"1.5\t2", b"2.5\t2")) for _ in range(2)]
    assert parts[0] == parts[1]
    file = joined(made, parts)
    check(file)
    book = openpyxl.load_workbook(BytesIO(file))
    formula = 'IF(COUNT(field_a,field_b)<2,"",IFERROR(field_a*field_b,""))'
    for sheet in book:
        assert [sheet[cell].value for cell in ("C1", "C2", "C3")] == ["f0", *["=" + formula] * 2]
        assert sheet.defined_names["field_a"].attr_text == f"'{sheet.title}'!$A1"
        assert sheet.defined_names["field_b"].attr_text == f"'{sheet.title}'!$B1"
        (table,) = sheet.tables.values()
        assert table.tableColumns[2].calculatedColumnFormula.attr_text == formula


@pytest.mark.parametrize(
    ("formula", "result"),
    [
        ("a + b", 3.5),
        ("a - b * 2", -2.5),
        ("-(a - b)", 0.5),
        ("a / b", 0.75),
        ("abs(a - b)", 0.5),
        ("min(a, b, 1)", 1),
        ("max(a, b)", 2),
        ("round(a * 0.35, 2)", 0.53),
    ],
)
def test_what_a_formula_comes_to_is_in_its_cell(formula: str, result: float) -> None:
    assert _column(formula, b"1.5\t2") == [result]


@pytest.mark.parametrize(
    ("line", "result"),
    [
        (rb"\N" + b"\t2", None),
        (b"1\t1234567890123456", None),
        (b"NaN\t1", None),
        (b"1\t0", None),
        (b"0\t5", 0),
    ],
)
def test_where_no_number_comes_of_it_the_cell_is_empty(line: bytes, result: Any) -> None:
    assert _column("a / b", b"1\t2", line, b"3\t2") == [0.5, result, 1.5]
    assert _column("a / b", line) == [result]


def test_what_excel_can_t_keep_is_no_number() -> None:
    times = parse_formula("a * b / b")
    columns = {"a": [1e300, 1e-300, 2.0], "b": [1e300, 1e-300, 2.0]}
    found = evaluate(times, columns, 3)
    assert [str(each) for each in found] == ["nan", "0.0", "2.0"]


@pytest.mark.parametrize(
    ("number", "rounded"),
    [(2.675, 2.68), (-2.675, -2.68), (1.005, 1.01), (0.125, 0.13), (1e300, 1e300), (0.004, 0.0)],
)
def test_halves_are_rounded_away_from_zero_as_they_are_shown(number: float, rounded: float) -> None:
    assert evaluate(parse_formula("round(a, 2)"), {"a": [number]}, 1) == [rounded]


def test_days_can_be_told_apart() -> None:
    made = frame(_options("b - a"), FieldType.DATE, FieldType.TIMESTAMP)
    part = made.render(
        fragment(b"2013-01-01\t2013-01-03 12:00:00", b"infinity\t2013-01-01 00:00:00")
    )
    assert "<v>2.5</v>" in inflated(part)
    assert 't="str"' in inflated(part)


def test_signs_are_bracketed_so_that_excel_reads_what_was_read() -> None:
    expression = parse_formula("-a - -(a - max(b, 1 / a)) * 2")
    assert excel_formula(expression, {"a": "x", "b": "y"}) == (
        'IF(COUNT(x,y)<2,"",IFERROR((-x)-((-(x-MAX(y,1/x)))*2),""))'
    )


def test_rejected_rows_have_no_formula() -> None:
    made = frame(_options("b * 2"), FieldType.TEXT, FieldType.INTEGER)
    part: Part = made.render(fragment(b"x\t1", b"\xff\t2", b"y\t3"))
    assert (part.rows, len(part.rejected)) == (2, 1)
    assert inflated(part).count("<f>") == 2
    assert "<v>6.0</v>" in inflated(part)


def test_a_formula_s_column_is_dressed_as_any_other() -> None:
    conditions = {"f0": [{"bars": "#638ec6"}]}
    options = _options("a * b", conditional_formats=conditions, cover=True)
    made = frame(options, *_TYPES)
    file = joined(made, [made.render(fragment(b"1\t2"))])
    check(file)
    sheet = openpyxl.load_workbook(BytesIO(file)).worksheets[1]
    assert [str(each.sqref) for each in sheet.conditional_formatting] == ["C2"]
    assert sheet.column_dimensions["C"].width == 12


def test_without_a_table_or_rows_there_are_formulas_all_the_same() -> None:
    assert _column("a * b", b"2\t3", table_style=None) == [6]
    assert _column("a * b") == []


def test_names_of_columns_differ_whatever_their_fields_are_called() -> None:
    columns = [
        Column(name=name, label="x", type=FieldType.INTEGER) for name in ("a.b", "a_b", "A_b", "c")
    ]
    options = _options("a.b + a_b + A_b")
    assert local_names(columns, options) == {
        "a.b": "field_a.b", "a_b": "field_a_b", "A_b": "field_A_b_3",
    }  # fmt: skip


def test_a_formula_that_doesn_t_go_with_the_fields_is_refused() -> None:
    with pytest.raises(FieldNotThere, match="the formula f0 names 'z'"):
        frame(_options("z * 2"), *_TYPES)
    with pytest.raises(FormulaUnfit, match="needs a, which is text and no number"):
        frame(_options("a * 2"), FieldType.TEXT)
    with pytest.raises(FormulaUnfit, match="called as a field is"):
        named = {"formulas": [{"name": "b", "formula": "a"}]}
        frame(_options(**named), *_TYPES)
