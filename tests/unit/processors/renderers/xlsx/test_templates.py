"""A workbook of a template is the one that openpyxl would make, byte for byte."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.datasets import FieldType
from domain.formats import Format, FormatSpec, XlsxOptions, parse_format
from processors.renderers import Column, RenderPlan, Totals
from processors.renderers.xlsx.book import build
from processors.renderers.xlsx.design import Size
from processors.renderers.xlsx.frame import XlsxFrame
from processors.renderers.xlsx.package import package
from processors.renderers.xlsx.templates import Templates
from tests.unit.processors.renderers.xlsx.test_workbook import FACTS

COLUMNS = (
    Column(name="a", label="987654", type=FieldType.INTEGER),
    Column(name="b", label="Ñ <&> 987,653", type=FieldType.TEXT),
    Column(name="c", label="C", type=FieldType.INSTANT),
)
RED = {"when": "greater", "value": 987653, "fill": "#ff0000"}
CHOICES: list[dict[str, Any]] = [
    {},
    {"cover": True, "sheet_name": "987652"},
    {"cover": True, "auto_widths": False, "table_style": None, "freeze_columns": 2},
    {"table_style": None, "autofilter": False, "conditional_formats": {"a": [RED]}},
    {"header": "none", "table_style": None, "autofilter": False, "freeze_header": False},
    {"formulas": [{"name": "twice", "formula": "a * 987651"}], "field_formats": {"a": "#,##0"}},
]


@pytest.mark.parametrize("options", CHOICES)
@settings(max_examples=10)
@given(
    rows=st.sampled_from([0, 1, 2]) | st.integers(0, 1_032_192),
    rejected=st.sampled_from([0, 1, 2_000_000]),
    widths=st.lists(st.integers(0, 99), min_size=4, max_size=4),
    which=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
)
def test_a_template_filled_is_a_workbook_built(
    options: dict[str, Any], rows: int, rejected: int, widths: list[int], which: str
) -> None:
    spec = parse_format({"format": "xlsx", "options": options})
    assert isinstance(spec.options, XlsxOptions)
    design = XlsxFrame(RenderPlan(spec=spec, columns=COLUMNS, facts=FACTS), spec.options)._design
    size = Size(
        counts=[rows],
        totals=Totals(rows=rows, rejected=rejected, which=f"B: {which}".strip()),
        widths=widths[: len(design.columns)],
        figures=None,
    )
    assert Templates(design).filled(size) == package(build(design, size).book)


def test_what_all_workbooks_have_is_the_same_object() -> None:
    options = XlsxOptions()
    spec = FormatSpec(format=Format.XLSX, options=options)
    design = XlsxFrame(RenderPlan(spec=spec, columns=COLUMNS), options)._design
    templates = Templates(design)
    sizes = [
        Size(counts=[rows], totals=Totals(rows=rows, rejected=0), widths=[rows] * 3, figures=None)
        for rows in (2, 22)
    ]
    one, other = map(templates.filled, sizes)
    different = [name for name in one if one[name] is not other[name]]
    assert different == ["xl/tables/table1.xml", "xl/worksheets/sheet1.xml"]
