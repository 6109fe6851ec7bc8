"""The summary of a workbook: formulas over its data, and what they come to."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.datasets import FieldType
from domain.formats import XlsxOptions, parse_format
from processors.renderers import Part
from processors.renderers.frames import FieldNotThere
from processors.renderers.xlsx import frame as frames
from processors.renderers.xlsx import summary_formulas
from processors.renderers.xlsx.counted import SummaryUnfit
from tests.joined import joined
from tests.unit.processors.renderers.xlsx.sheets import fragment, frame
from tests.workbooks import check

_INTEGER, _TEXT, _DECIMAL = FieldType.INTEGER, FieldType.TEXT, FieldType.DECIMAL
_EVERY = ["sum", "average", "min", "max", "count"]
Rows = list[list[Any]]


def _options(summary: dict[str, Any] | None, **options: Any) -> XlsxOptions:
    read = parse_format({"format": "xlsx", "options": {"summary": summary, **options}}).options
    assert isinstance(read, XlsxOptions)
    return read


def _read(file: bytes, *, values: bool) -> Rows:
    check(file)
    sheet = openpyxl.load_workbook(BytesIO(file), data_only=values)["Summary"]
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def _summary(options: XlsxOptions, types: list[FieldType], *fragments: list[bytes]) -> Rows:
    """What a viewer shows that doesn't calculate."""
    made = frame(options, *types)
    return _read(joined(made, [made.render(fragment(*lines)) for lines in fragments]), values=True)


def _formulas(options: XlsxOptions, types: list[FieldType], *lines: bytes) -> Rows:
    made = frame(options, *types)
    return _read(joined(made, [made.render(fragment(*lines))]), values=False)


def test_figures_are_formulas_over_all_sheets_with_what_they_come_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(frames, "SHEET_FRAGMENTS", 2)
    made = frame(_options({"figures": {"a": _EVERY}}, cover=True), _DECIMAL)
    parts = [made.render(fragment(b"0.10", b"0.20")) for _ in range(3)]
    file = joined(made, parts)
    assert openpyxl.load_workbook(BytesIO(file)).sheetnames == [
        "About", "Summary", "Rows", "Rows (2)",
    ]  # fmt: skip
    both = "'Rows'!$A$2:$A$5,'Rows (2)'!$A$2:$A$3"
    assert _read(file, values=False) == [
        ["Field", "Sum", "Average", "Least", "Greatest", "Count"],
        [
            "A",
            f"=SUM({both})",
            f'=IF(COUNT({both})=0,"",AVERAGE({both}))',
            f'=IF(COUNT({both})=0,"",MIN({both}))',
            f'=IF(COUNT({both})=0,"",MAX({both}))',
            f"=COUNT({both})",
        ],
    ]
    assert _read(file, values=True)[1] == ["A", 0.9, 0.15, 0.1, 0.2, 6]
    assert joined(made, parts[:1], parts[1:]) == file


def test_what_is_no_number_in_its_cell_is_not_counted_and_said() -> None:
    lines = [b"1", rb"\N", b"1234567890123456", b"-3"]
    rows = _summary(_options({"figures": {"a": _EVERY}}), [_INTEGER], lines)
    assert rows[0][-1] == "Texts, left out"
    assert rows[1] == ["A", -2, -1, -3, 1, 2, 1]


def test_rejected_rows_are_not_counted() -> None:
    lines = [b"1\tx", b"1000\t\xff", b"2\tx"]
    options = _options({"figures": {"a": ["sum"]}, "groups": [{"by": "b", "sums": ["a"]}]})
    rows = _summary(options, [_INTEGER, _TEXT], lines)
    assert rows[1][:2] == ["A", 3]
    assert rows[4:] == [["x", 2, 3]]


def test_sums_are_of_decimals_and_don_t_drift() -> None:
    lines = [b"0.1"] * 1000 + [b"99999999999999.9", b"-99999999999999.9"]
    assert _summary(_options({"figures": {"a": ["sum"]}}), [_DECIMAL], lines)[1] == ["A", 100]
    floats = [b"1e+300", b"1e-300", b"-1e+300", b"NaN"]
    options = _options({"figures": {"a": ["sum"]}})
    assert _summary(options, [FieldType.FLOAT], floats)[1] == ["A", 1e-300, 1]


@settings(max_examples=20, deadline=None)
@given(
    numbers=st.lists(st.decimals(-(10**9), 10**9, places=3), max_size=20), cut=st.integers(0, 20)
)
def test_figures_don_t_depend_on_how_rows_are_cut(numbers: list[Any], cut: int) -> None:
    options = _options({"figures": {"a": _EVERY}})
    lines = [f"{number:f}".encode() for number in numbers]
    rows = _summary(options, [_DECIMAL], lines[:cut], lines[cut:])
    assert rows == _summary(options, [_DECIMAL], lines)
    assert rows[1][1] == float(sum(numbers))


def test_without_rows_there_is_nothing_and_no_error() -> None:
    options = _options({"figures": {"a": _EVERY}, "groups": [{"by": "a"}]})
    rows = _summary(options, [_INTEGER])
    assert rows[1] == ["A", 0, None, None, None, 0]
    assert len(rows) == 4


def test_dates_have_a_first_and_a_last_and_texts_a_count() -> None:
    options = _options({"figures": {"a": ["min", "max", "count"], "b": ["count"]}})
    lines = [b"2013-01-02\tx", rb"2012-01-01" + b"\t" + rb"\N", b"infinity\t"]
    rows = _summary(options, [FieldType.DATE, _TEXT], lines)
    assert [str(cell)[:10] for cell in rows[1]] == ["A", "2012-01-01", "2013-01-02", "2", "1"]
    assert rows[2] == ["B", None, None, 2, None]


def test_a_sum_that_excel_can_t_keep_is_its_error() -> None:
    lines = [b"9e+307", b"9e+307"]
    rows = _summary(_options({"figures": {"a": ["sum"]}}), [FieldType.FLOAT], lines)
    assert rows[1] == ["A", "#NUM!"]


def _groups(type_: FieldType, *cells: bytes, **options: Any) -> dict[Any, list[Any]]:
    """Rows of each value, and the formula that finds them."""
    asked = _options({"groups": [{"by": "a"}]}, **options)
    values = _summary(asked, [type_], list(cells))[1:]
    formulas = _formulas(asked, [type_], *cells)[1:]
    return {v[0]: [v[1], f[1]] for v, f in zip(values, formulas, strict=True)}


def test_plain_values_are_counted_by_conditions() -> None:
    keys = "'Rows'!$A$2:$A$5"
    assert _groups(_TEXT, b"new", b"paid up", rb"\N", b"new") == {
        "new": [2, f"=COUNTIFS({keys},$A2)"],
        "paid up": [1, f"=COUNTIFS({keys},$A3)"],
        "(empty)": [1, f'=COUNTIFS({keys},"=")'],
    }


@pytest.mark.parametrize(
    "text", ["007", "=1+1", ">5", "a*", "TRUE", "wahr", "May 5", "1e5", "~", " x", "x1"]
)
def test_values_that_conditions_would_take_for_others_are_compared_exactly(text: str) -> None:
    keys = "'Rows'!$A$2:$A$2"
    assert _groups(_TEXT, text.encode()) == {
        text: [1, f"=SUMPRODUCT(ISTEXT({keys})*EXACT({keys},$A2))"]
    }


def test_values_that_differ_only_in_case_or_width_are_compared_exactly() -> None:
    found = _groups(_TEXT, b"New", b"new", "Ｎｅｗ".encode(), b"old")
    assert ["EXACT" in found[each][1] for each in ("New", "new", "Ｎｅｗ", "old")] == [
        True, True, True, False,
    ]  # fmt: skip
    assert all(rows == 1 for rows, _ in found.values())


def test_values_of_other_types_are_themselves() -> None:
    assert list(_groups(_INTEGER, b"10", b"-2", b"10")) == [-2, 10]
    assert list(_groups(FieldType.BOOLEAN, b"t", b"f")) == [False, True]
    dates = _groups(FieldType.DATE, b"2013-01-02", b"infinity")
    assert [str(each)[:10] for each in dates] == ["2013-01-02", "infinity"]


def test_a_number_is_not_taken_for_the_text_for_null() -> None:
    found = _groups(_INTEGER, b"5", rb"\N", null_text="5")
    assert found[5][1].startswith("=SUMPRODUCT(--('Rows'!$A$2:$A$3=$A2))")
    assert found["5"][1].startswith("=SUMPRODUCT(ISTEXT(")


def test_a_value_that_no_cell_here_can_hold_has_figures_that_are_said_to_be_values() -> None:
    asked = _options({"groups": [{"by": "a"}]})
    rows = _formulas(asked, [_TEXT], b"_x0041_", b"a\x01", rb"two\nlines")
    assert [row[1] for row in rows[1:4]] == [1, 1, 1]
    assert "are values and not formulas" in rows[5][0]


def test_a_formula_that_would_be_too_long_is_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summary_formulas, "LONGEST_FORMULA", 10)
    rows = _formulas(_options({"figures": {"a": ["sum"]}}), [_INTEGER], b"7")
    assert rows[1] == ["A", 7]
    assert "are values and not formulas" in rows[3][0]


def test_too_many_values_are_said_and_never_cut() -> None:
    asked = _options({"groups": [{"by": "a"}]})
    lines = [b"v%d" % number for number in range(257)]
    assert len(_summary(asked, [_TEXT], lines[:256])) == 257
    for fragments in ([lines], [lines[:200], lines[200:]], [[b"x" * 256]]):
        rows = _summary(asked, [_TEXT], *fragments)
        assert len(rows) == 2
        assert "more than 256 different values" in rows[1][0]


def test_a_note_has_few_bytes_however_many_values_there_are() -> None:
    made = frame(_options({"groups": [{"by": "a"}]}), _TEXT)
    part = made.render(fragment(*[b"v%d" % number for number in range(10_000)]))
    assert len(part.note) < 200


def test_the_rows_are_the_same_with_a_summary_or_without() -> None:
    asked = _options({"figures": {"a": _EVERY}})
    made, plain = (frame(each, _INTEGER) for each in (asked, XlsxOptions()))
    parts: list[Part] = [each.render(fragment(b"5", b"6")) for each in (made, plain)]
    assert parts[0].data == parts[1].data


@pytest.mark.parametrize("cover", [True, False])
def test_cells_of_the_data_look_as_they_do_without_a_summary(cover: bool) -> None:
    """The totals that stand before them have styles of their own."""
    looks = set()
    for summary in (None, {"figures": {"b": ["sum"]}, "groups": [{"by": "a", "sums": ["b"]}]}):
        more = {"decimal_format": "0.000", "field_formats": {"b": "0.00"}, "links": ["a"]}
        made = frame(_options(summary, cover=cover, **more), _TEXT, _DECIMAL, _INTEGER)
        lines = [b"x\t1\t2", b"https://a.example\t1\t2", b"y\t1.5\t3"]
        sheet = openpyxl.load_workbook(BytesIO(joined(made, [made.render(fragment(*lines))])))[
            "Rows"
        ]
        looks.add(
            tuple(
                (cell.number_format, cell.font.b, cell.font.u, cell.fill.fgColor.rgb)
                for row in sheet.iter_rows()
                for cell in row
            )
        )
    [look] = looks
    plain = ("General", False, None, "00000000")
    assert look[3:6] == (plain, ("0.00", *plain[1:]), ("0", *plain[1:]))


def test_it_is_calculated_when_somebody_changes_a_cell_and_not_at_opening() -> None:
    made = frame(_options({"figures": {"a": ["sum"]}}), _INTEGER)
    calculation = openpyxl.load_workbook(BytesIO(joined(made))).calculation
    assert not calculation.fullCalcOnLoad
    assert calculation.calcId == 191029


@pytest.mark.parametrize(
    ("summary", "problem"),
    [
        ({"figures": {"b": ["sum"]}}, "the sum of b, which is text"),
        ({"figures": {"c": ["average"]}}, "the average of c, which is date"),
        ({"figures": {"b": ["max"]}}, "the max of b, which is text"),
        ({"groups": [{"by": "d"}]}, "totals by d, which is float"),
        ({"groups": [{"by": "b", "sums": ["c"]}]}, "sums of c, which is date"),
    ],
)
def test_what_a_field_doesn_t_have_is_refused(summary: dict[str, Any], problem: str) -> None:
    types = [_INTEGER, _TEXT, FieldType.DATE, FieldType.FLOAT]
    with pytest.raises(SummaryUnfit, match=problem):
        frame(_options(summary), *types)


@pytest.mark.parametrize(
    "summary",
    [
        {"figures": {"z": ["sum"]}},
        {"groups": [{"by": "z"}]},
        {"groups": [{"by": "a", "sums": ["z"]}]},
    ],
)
def test_fields_that_are_not_there_are_refused(summary: dict[str, Any]) -> None:
    with pytest.raises(FieldNotThere, match="summary names 'z'"):
        frame(_options(summary), _INTEGER)
