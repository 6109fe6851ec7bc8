"""How the columns of a workbook look."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import openpyxl
import pytest

from domain.datasets import FieldType
from domain.formats import FormatInvalid, XlsxOptions, parse_format, to_json
from processors.renderers.frames import FieldNotThere
from tests.unit.processors.renderers.xlsx.sheets import fragment, frame, workbook
from tests.workbooks import check

LOUD = {
    "bold": True,
    "italic": True,
    "font": "#9c0006",
    "fill": "#ffc7ce",
    "align": "center",
    "wrap": True,
}


def _options(styles: dict[str, dict[str, Any]], **more: Any) -> XlsxOptions:
    asked = {"format": "xlsx", "options": {"field_styles": styles, **more}}
    options = parse_format(asked).options
    assert isinstance(options, XlsxOptions)
    return options


def _cells(options: XlsxOptions, type_: FieldType, *lines: bytes) -> list[Any]:
    file = workbook(options, [type_], *lines)
    check(file)
    (column,) = openpyxl.load_workbook(BytesIO(file)).active.iter_cols(min_row=2)
    return list(column)


def test_every_cell_of_a_text_column_looks_as_asked() -> None:
    for cell in _cells(_options({"a": LOUD}), FieldType.TEXT, b"x", rb"\N", b"long " * 50):
        assert (cell.font.b, cell.font.i, cell.font.color.rgb) == (True, True, "009C0006")
        assert (cell.font.name, cell.font.sz) == ("Calibri", 11)
        assert (cell.fill.patternType, cell.fill.fgColor.rgb) == ("solid", "00FFC7CE")
        assert (cell.alignment.horizontal, cell.alignment.wrap_text) == ("center", True)


def test_a_number_is_shown_smaller_and_never_wrapped() -> None:
    options = _options({"a": LOUD}, field_formats={"a": "#,##0.00"})
    (cell,) = _cells(options, FieldType.DECIMAL, b"5")
    assert (cell.value, cell.number_format) == (5, "#,##0.00")
    assert (cell.alignment.shrink_to_fit, cell.alignment.wrap_text) == (True, None)


def test_a_style_leaves_other_columns_and_the_rows_as_they_are() -> None:
    """But for the number of their style."""
    styled = frame(_options({"b": {"bold": True}}), FieldType.TEXT, FieldType.TEXT)
    plain = frame(XlsxOptions(), FieldType.TEXT, FieldType.TEXT)
    assert styled.render(fragment(b"x\ty")).rows == plain.render(fragment(b"x\ty")).rows == 1
    file = workbook(_options({"b": {"bold": True}}), [FieldType.TEXT] * 2, b"x\ty")
    first, second = openpyxl.load_workbook(BytesIO(file)).active[2]
    assert (first.font.b, second.font.b) == (False, True)


def test_a_link_keeps_its_colour_and_gets_the_rest() -> None:
    options = _options({"a": LOUD}, links=["a"])
    link, text = _cells(options, FieldType.TEXT, b"https://example.com", b"no address")
    assert (link.font.color.rgb, link.font.u, link.font.b) == ("000563C1", "single", True)
    assert (text.font.color.rgb, text.font.u) == ("009C0006", None)
    assert link.fill.fgColor.rgb == text.fill.fgColor.rgb == "00FFC7CE"


def test_a_column_of_formulas_has_a_style_too() -> None:
    asked = {
        "formulas": [{"name": "twice", "formula": "a * 2", "number_format": "0.0"}],
        "field_styles": {"twice": {"fill": "#e2efda"}},
    }
    options = parse_format({"format": "xlsx", "options": asked}).options
    assert isinstance(options, XlsxOptions)
    file = workbook(options, [FieldType.INTEGER], b"2")
    _, twice = openpyxl.load_workbook(BytesIO(file), data_only=True).active[2]
    assert (twice.value, twice.fill.fgColor.rgb, twice.number_format) == (4, "00E2EFDA", "0.0")


def test_styles_come_back_as_they_were_asked_for() -> None:
    spec = parse_format({"format": "xlsx", "options": {"field_styles": {"a": LOUD}}})
    assert parse_format(to_json(spec)) == spec
    assert to_json(spec)["options"]["field_styles"] == {"a": LOUD}


@pytest.mark.parametrize(
    ("style", "place", "told"),
    [
        ({}, "/a/bold", "say how it is to look"),
        ({"bold": False}, "/a/bold", "say how it is to look"),
        ({"colour": "#000000"}, "/a/colour", ""),
        ({"fill": "red"}, "/a/fill", "a colour such as #1f4e79"),
        ({"align": "middle"}, "/a/align", "center"),
        ("bold", "", "an object"),
    ],
)
def test_a_wrong_style_is_told_where_it_is(style: Any, place: str, told: str) -> None:
    with pytest.raises(FormatInvalid) as refused:
        parse_format({"format": "xlsx", "options": {"field_styles": {"a": style}}})
    (problem,) = refused.value.problems
    assert problem.at == f"/options/field_styles{place}"
    assert told in problem.text


def test_a_style_of_a_field_that_is_not_there_is_refused() -> None:
    with pytest.raises(FieldNotThere, match="field_styles names 'b'"):
        frame(_options({"b": {"bold": True}}), FieldType.INTEGER)
