"""No text of an export runs as a formula in the spreadsheet of the one who opens it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.datasets import FieldType
from tests.unit.processors.renderers.rendering import csv_cells


@pytest.mark.parametrize(
    "cell",
    [
        *["=1+1", "+1+1", "-1+1", "@SUM(A1)", "=", "+", "-", "@"],
        *["＝1+1", "＋1", "－1", "＠SUM(A1)"],
        *[" =1+1", "  \u00a0=1", "\u3000=1", "\ufeff=1", "\u200b=1", "\u2028@x", r"\v=1", "\x01=1"],
        *[r"\t1", r"\rx", r"\nx", r"\t=1+1", r"\r\n=1"],
        *["-5-5", "+34 600 000", "-1e", "- item", "--1", "+1;2", "-2+3+cmd|' /C calc'!A0"],
    ],
)
def test_a_risky_text_gets_an_apostrophe(cell: str) -> None:
    (guarded,) = csv_cells(FieldType.TEXT, cell.encode())
    (plain,) = csv_cells(FieldType.TEXT, cell.encode(), formula_guard=False)
    assert guarded.removeprefix('"') == "'" + plain.removeprefix('"')


@pytest.mark.parametrize(
    "cell",
    [
        *["-5", "-5.25", "-1,234.56", "+34600000000", "-.5", "+1e10", "-1E-5", "5", "-007"],
        *["a=1", "1+1", "x@example.com", "'=1", "é", "李", "\u00a1hola", " x", "", "ー", "ﾊ"],
    ],
)
def test_a_plain_number_or_harmless_text_stays_as_it_is(cell: str) -> None:
    assert csv_cells(FieldType.TEXT, cell.encode(), delimiter=";") == [cell or '""']


def test_null_stays_null() -> None:
    assert csv_cells(FieldType.TEXT, rb"\N", b"=1", rb"\N", null_text="NULL") == [
        "NULL",
        "'=1",
        "NULL",
    ]


def test_only_the_risky_cells_of_a_column_are_changed() -> None:
    cells = [b"a", b"=1", b"", b"-5", b"=2", b"b", b"+x"]
    assert csv_cells(FieldType.TEXT, *cells) == ["a", "'=1", '""', "-5", "'=2", "b", "'+x"]


@pytest.mark.parametrize("type_", [FieldType.INTEGER, FieldType.DECIMAL, FieldType.FLOAT])
def test_a_negative_number_is_never_touched(type_: FieldType) -> None:
    assert csv_cells(type_, b"-5", b"-Infinity") == ["-5", "-Infinity"]


@given(st.text(st.sampled_from("=+-@ 5.,e\u00a0＝x"), max_size=6))
def test_what_begins_like_a_formula_is_a_number_or_guarded(text: str) -> None:
    (written,) = csv_cells(FieldType.TEXT, text.encode(), delimiter="|")
    bare = written.lstrip(" \u00a0")
    if bare[:1] in set("=+-@＝"):
        float(written.replace(",", "").replace(".", ""))
