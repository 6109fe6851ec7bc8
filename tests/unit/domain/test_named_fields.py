"""Whatever an option names is in the file, or is told by its place."""

from __future__ import annotations

from typing import Any

import pytest

from domain.formats import parse_format
from domain.named_fields import unknown_name

FIELDS = {"id": [], "day": [], "amount": [], "lines": ["sku", "price"]}
SHEETS = {"relation_sheets": {"lines": ["id"]}}
SUMS = {"figures": {"amount": ["sum"]}}
EMPTY = {"when": "empty", "bold": True}
ADDED = {"name": "f", "formula": "amount + x"}


@pytest.mark.parametrize(
    ("asked", "option", "told"),
    [
        ({"field_formats": {"x": "0"}}, "field_formats", "field_formats names 'x'"),
        ({"field_formats": {"lines.sku": "0"}}, "field_formats", "names 'lines.sku'"),
        (SHEETS | {"field_formats": {"lines": "0"}}, "field_formats", "names 'lines'"),
        (SHEETS | {"field_formats": {"lines.no": "0"}}, "field_formats", "names 'lines.no'"),
        ({"conditional_formats": {"x": [EMPTY]}}, "conditional_formats", "names 'x'"),
        ({"links": ["day", "x"]}, "links", "links names 'x'"),
        ({"formulas": [ADDED]}, "formulas", "the formula f names 'x'"),
        ({"relation_sheets": {"x": ["id"]}}, "relation_sheets", "relation_sheets names 'x'"),
        ({"relation_sheets": {"lines": ["x"]}}, "relation_sheets", "the sheet lines names 'x'"),
        ({"summary": {"figures": {"x": ["sum"]}}}, "summary", "summary names 'x'"),
        ({"summary": {"groups": [{"by": "x"}]}}, "summary", "summary names 'x'"),
        ({"summary": {"groups": [{"by": "day", "sums": ["x"]}]}}, "summary", "summary names 'x'"),
    ],
)
def test_workbooks(asked: dict[str, Any], option: str, told: str) -> None:
    _assert_told("xlsx", asked, option, told)


@pytest.mark.parametrize(
    ("asked", "option"),
    [
        ({"widths": "equal", "column_widths": {"x": 10}}, "column_widths"),
        ({"alignments": {"x": "right"}}, "alignments"),
        ({"group_by": ["x"]}, "group_by"),
        ({"links": ["x"]}, "links"),
        ({"totals": {"x": ["sum"]}}, "totals"),
    ],
)
def test_documents(asked: dict[str, Any], option: str) -> None:
    _assert_told("pdf", asked, option, f"{option} names 'x', which is not exported")


@pytest.mark.parametrize(
    "options",
    [
        SHEETS | {"field_formats": {"lines.price": "0.00", "amount": "0"}},
        {"formulas": [{"name": "f", "formula": "amount * 2"}]}
        | {"conditional_formats": {"f": [{"bars": "#638ec6"}], "amount": [{"bars": "#638ec6"}]}},
        {"summary": SUMS | {"groups": [{"by": "day", "sums": ["amount"]}]}},
    ],
)
def test_what_is_there_is_told_of_nobody(options: dict[str, Any]) -> None:
    assert unknown_name(parse_format({"format": "xlsx", "options": options}), FIELDS) is None


def test_a_split_is_by_a_field_that_is_there() -> None:
    found = unknown_name(parse_format({"format": "csv", "split": {"by": "x"}}), FIELDS)
    assert found is not None
    assert (found.option, str(found)) == ("split/by", "split names 'x', which is not exported")


def _assert_told(kind: str, options: dict[str, Any], option: str, told: str) -> None:
    found = unknown_name(parse_format({"format": kind, "options": options}), FIELDS)
    assert found is not None
    assert found.option == f"options/{option}"
    assert told in str(found)
