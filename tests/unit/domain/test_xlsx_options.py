"""The choices of a workbook, and what is said of those that Excel would refuse."""

from __future__ import annotations

import re

import pytest

from domain.formats import (
    Format,
    FormatInvalid,
    Header,
    LongText,
    XlsxOptions,
    default_format,
    parse_format,
    to_json,
)


def _problems(**options: object) -> dict[str, str]:
    with pytest.raises(FormatInvalid) as refused:
        parse_format({"format": "xlsx", "options": options})
    return {problem.at: problem.text for problem in refused.value.problems}


def test_a_workbook_needs_no_choices() -> None:
    spec = parse_format({"format": "xlsx"})
    assert spec == default_format(Format.XLSX)
    assert spec.extension == "xlsx"
    assert spec.media_type.endswith("spreadsheetml.sheet")


def test_the_codec_names_what_makes_a_workbook() -> None:
    wanted = r"xlsx/4\+deflate:zlib-ng-[\d.]+-2\+openpyxl-[\d.]+\+lxml-[\d.]+"
    assert re.fullmatch(wanted, parse_format({"format": "xlsx"}).codec)
    zoned = parse_format({"format": "xlsx", "options": {"zone": "Asia/Tokyo"}})
    assert re.fullmatch(wanted + r"\+tz/2:\d{4}\.\d+", zoned.codec)


def test_every_choice_comes_back_from_its_json() -> None:
    spec = parse_format(
        {
            "format": "xlsx",
            "options": {
                "header": "names",
                "sheet_name": "Año 2013",
                "table_style": "TableStyleDark11",
                "header_colour": "#ABCDEF",
                "freeze_columns": 2,
                "field_formats": {"b": "0.00", "a": "[$-409]d mmm yyyy"},
                "on_long_text": "cut",
                "null_text": "-",
            },
        }
    )
    assert isinstance(spec.options, XlsxOptions)
    assert spec.options.header is Header.NAMES
    assert spec.options.on_long_text is LongText.CUT
    assert spec.options.field_formats == (("a", "[$-409]d mmm yyyy"), ("b", "0.00"))
    assert spec.options.header_colour == "#abcdef"
    assert to_json(spec)["options"]["field_formats"] == {"a": "[$-409]d mmm yyyy", "b": "0.00"}
    assert parse_format(to_json(spec)) == spec
    assert hash(spec)


def test_a_workbook_is_not_compressed_again() -> None:
    with pytest.raises(FormatInvalid, match="/compression a workbook is compressed inside"):
        parse_format({"format": "xlsx", "compression": "gzip"})


@pytest.mark.parametrize("option", ["table_style", "autofilter", "freeze_header"])
def test_without_a_header_nothing_can_hang_on_it(option: str) -> None:
    without = {"table_style": None, "autofilter": False, "freeze_header": False}
    del without[option]
    assert "it needs a header" in _problems(header="none", **without)[f"/options/{option}"]


@pytest.mark.parametrize(
    "code",
    [
        "General", "0", "#,##0.00", "0.00E+00", "0%", "# ?/?", "@", "hh:mm:ss.000", "[h]:mm",
        "yyyy-mm-dd", "d mmm yyyy", "h:mm AM/PM", "#,##0.00 €", '#,##0 "pieces"', r"0\ \k\g",
        "[Red]-#,##0.00;[Blue]0;[>=100]0;@", "_-* #,##0.00_-", "[$€-407] #,##0.00", "[Color 5]0",
    ],
)  # fmt: skip
def test_number_formats_of_excel_are_accepted(code: str) -> None:
    spec = parse_format({"format": "xlsx", "options": {"decimal_format": code}})
    assert isinstance(spec.options, XlsxOptions)
    assert spec.options.decimal_format == code


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("", "1 to 200"),
        ("0" * 201, "1 to 200"),
        (5, "not a number"),
        ("0 pieces", "put 'p' in double quotes"),
        ('"open', "put '\"' in double quotes"),
        ("[Purple]0", "put '[' in double quotes"),
        ("h:mm;@;0;General@", "more than General or @"),
        ("0;0;0;0;0", "four sections"),
    ],
)
def test_number_formats_that_excel_would_repair_are_refused(code: object, problem: str) -> None:
    assert problem in _problems(integer_format=code)["/options/integer_format"]
    assert problem in _problems(field_formats={"a": code})["/options/field_formats"]


@pytest.mark.parametrize(
    "name", ["", "x" * 25, "😀" * 13, "a/b", "[a]", "'a", "a'", "History", "summary", "a\nb", 5]
)
def test_sheet_names_that_excel_refuses_are_refused(name: object) -> None:
    assert "/options/sheet_name" in _problems(sheet_name=name)


@pytest.mark.parametrize(
    "style", ["TableStyleLight0", "TableStyleLight22", "TableStyleMedium29", "Dark1", 1]
)
def test_table_styles_that_excel_lacks_are_refused(style: object) -> None:
    assert "TableStyleLight1" in _problems(table_style=style)["/options/table_style"]


@pytest.mark.parametrize("most", [("Light", 21), ("Medium", 28), ("Dark", 11)])
def test_all_table_styles_of_excel_are_there(most: tuple[str, int]) -> None:
    for number in range(1, most[1] + 1):
        parse_format({"format": "xlsx", "options": {"table_style": f"TableStyle{most[0]}{number}"}})
