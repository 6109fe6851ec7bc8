"""Which references grow with the rows, and which stay or can't follow."""

from __future__ import annotations

import pytest
from openpyxl.formula import Tokenizer

from domain.workbooks.references import (
    LAST_ROW,
    Anchor,
    CantGrow,
    LastRow,
    Ways,
    grown,
    rows_of_area,
)

_ANCHOR = Anchor("My Data", 6)
_HERE = Ways(sheet="my data")


def _with_last_row(formula: str, ways: Ways, last: int = 20) -> str:
    pieces = grown(formula, _ANCHOR, ways) or (formula,)
    return "".join(str(last + p.beyond) if isinstance(p, LastRow) else p for p in pieces)


@pytest.mark.parametrize(
    ("formula", "wanted"),
    [
        ("SUM(C6:C6)", "SUM(C6:C20)"),
        ("SUM($C$5:$C$6,D6:E6)", "SUM($C$5:$C$20,D6:E20)"),
        ("SUM('My Data'!C6:C6)+Other!C6:C6", "SUM('My Data'!C6:C20)+Other!C6:C6"),
        ("SUM('My Data'!C6:'My Data'!C6)", "SUM('My Data'!C6:'My Data'!C20)"),
        ("SUM(C6:C1000)", "SUM(C6:C1014)"),
        ("SUM(6:6)+SUM($5:$6)", "SUM(6:20)+SUM($5:$20)"),
        ("SUM(C6:C1048576)", "SUM(C6:C1048576)"),
        ("SUM(C:C)+C6+SUM(C4:C5)", "SUM(C:C)+C6+SUM(C4:C5)"),
        ('"C6:C6"&COUNTA(C6:C6)', '"C6:C6"&COUNTA(C6:C20)'),
        ('"a ""C6:C6"" b"', '"a ""C6:C6"" b"'),
        ("LOG10(6)+[1]!C6+'[1]My Data'!C6:C6", "LOG10(6)+[1]!C6+'[1]My Data'!C6:C6"),
        ("T[[#Data],[C6:C6]]+T[a'[C6:C6]", "T[[#Data],[C6:C6]]+T[a'[C6:C6]"),
        ("Total_C6:C6x+1E6+A6.5", "Total_C6:C6x+1E6+A6.5"),
        ("INDEX(C6:C6,1):C6", "INDEX(C6:C20,1):C6"),
    ],
)
def test_ranges_that_end_at_the_row_grow(formula: str, wanted: str) -> None:
    assert _with_last_row(formula, _HERE) == wanted


@pytest.mark.parametrize(
    ("formula", "wanted"),
    [
        ("'My Data'!$C$6", "'My Data'!$C$6:$C$20"),
        ("('My Data'!$C$6,'My Data'!E6)", "('My Data'!$C$6:$C$20,'My Data'!E6:E20)"),
        ("'My Data'!$C$5", "'My Data'!$C$5"),
        ("Other!$C$6", "Other!$C$6"),
    ],
)
def test_a_single_cell_of_the_row_is_a_range_where_ranges_are_meant(
    formula: str, wanted: str
) -> None:
    assert _with_last_row(formula, Ways(sheet="", single=True)) == wanted


def test_a_rule_for_each_row_keeps_what_moves_with_it() -> None:
    formula = "AND(COUNTA($A6:$F6)>0,$A6<>$A7,$E6=MAX($E$6:$E$6),COUNTIF(A$6:A6,A6)>1)"
    wanted = formula.replace("$E$6:$E$6", "$E$6:$E$20")
    assert _with_last_row(formula, Ways(sheet="My Data", relative=True)) == wanted


def test_no_range_goes_beyond_the_last_row_of_a_sheet() -> None:
    assert grown(f"C6:C{LAST_ROW}", _ANCHOR, _HERE) is None


@pytest.mark.parametrize(
    ("formula", "ways", "why"),
    [
        ("SUM(C9:C9)", _HERE, "C9:C9 is below"),
        ("'My Data'!C9", Ways(sheet=""), "'My Data'!C9 is below"),
        ("SUM(First:Last!C6:C6)", _HERE, "of several sheets"),
        ("SUM('First one:Last'!C6:C6)", _HERE, "of several sheets"),
        ("C4*2", Ways(sheet="My Data", height=2), "share"),
    ],
)
def test_what_cant_follow_is_named(formula: str, ways: Ways, why: str) -> None:
    with pytest.raises(CantGrow, match=why):
        grown(formula, _ANCHOR, ways)


def test_a_shared_formula_may_refer_to_what_stays() -> None:
    ways = Ways(sheet="My Data", height=2)
    assert grown("C3+$C$5", _ANCHOR, ways) is None


@pytest.mark.parametrize(
    ("area", "rows"),
    [("C6", (6, 6)), ("$C$6:D9", (6, 9)), ("A:B", (1, LAST_ROW)), ("3:4", (3, 4))],
)
def test_areas_have_rows(area: str, rows: tuple[int, int]) -> None:
    assert rows_of_area(area) == rows


@pytest.mark.parametrize(
    "formula",
    [
        "SUM(My!C6:C6)*'It''s'!C6:D6+T[[#This Row],[x]]",
        'IF(A6:A6="C6:C6",{1,2;3,4},#N/A)+C6:C6%',
        "_xlfn.XLOOKUP(C6:C6,B6:B6,$C$6:$C$6,,-1)&name.C6_x",
    ],
)
def test_the_references_are_those_that_another_tokenizer_finds(formula: str) -> None:
    found = Tokenizer(f"={formula}").items
    ranges = [token.value for token in found if token.subtype == "RANGE" and ":" in token.value]
    here = [each for each in ranges if "[" not in each and "!" not in each]
    pieces = grown(formula, _ANCHOR, _HERE) or ()
    assert sum(isinstance(piece, LastRow) for piece in pieces) == len(here)
