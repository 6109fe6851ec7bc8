"""Workbooks of several datasets: each further one has a sheet of its own behind the first one's,
and may have other options where they concern one sheet only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from domain.datasets import Dataset
from domain.format_options import OptionConflict
from domain.formats import Format, FormatSpec, to_json
from domain.json_reading import Reading
from domain.json_shapes import EMPTY
from domain.xlsx_options import XlsxOptions
from domain.xlsx_rules import XLSX_RULES

MOST_SHEETS: Final = 20
"""Beside the first dataset's."""

SHEET_OPTIONS: Final = (
    "sheet_name",
    "table_style",
    "autofilter",
    "freeze_header",
    "freeze_columns",
    "auto_widths",
    "integer_format",
    "decimal_format",
    "float_format",
    "date_format",
    "time_format",
    "timestamp_format",
    "instant_format",
    "field_formats",
    "field_styles",
    "links",
    "formulas",
    "conditional_formats",
    "relation_sheets",
)
"""What may be other on a sheet. The rest is the whole workbook's."""


def apart(datasets: Sequence[Dataset]) -> str | None:
    """Why they can't be in one workbook: all sheets show the same instant, which two sources don't
    have. None if they can."""
    for each in datasets[1:]:
        if each.source != datasets[0].source:
            return (
                f"{each.id} is of another source than {datasets[0].id}, so that the sheets would "
                "not show the same instant. Export it by itself"
            )
    return None


def unfit_for_sheets(spec: FormatSpec) -> str | None:
    """Why there can't be sheets of several datasets in such a file, and what to change; None if
    there can."""
    if not isinstance(spec.options, XlsxOptions):
        return f"{spec.format} has one dataset's rows: leave it out, or sheets"
    if spec.options.workbook is not None:
        return "an uploaded workbook takes one dataset's rows: leave out the workbook, or sheets"
    if spec.split is not None:
        return "a split's workbooks have one dataset's rows: leave out the split, or sheets"
    return None


def sheet_options_to_json(json: object, at: str = "") -> dict[str, Any]:
    """The options that are said, in their canonical form; `at` is the JSON pointer where they
    stand. Raises `FormatInvalid` with every problem found."""
    given = _given(json, at)
    spec = FormatSpec(format=Format.XLSX, options=_laid_over(XlsxOptions(), given, at))
    said: Mapping[str, Any] = to_json(spec)["options"]
    return {name: said[name] for name in given}


def options_of_sheet(book: XlsxOptions, json: object, at: str = "") -> XlsxOptions:
    """The workbook's options as they are for a sheet with such options. What a workbook says by
    field is of its first dataset's fields. Raises `FormatInvalid`."""
    return _laid_over(book, _given(json, at), at)


_FIRST_ALONE: Final[Mapping[str, Any]] = {
    "sheet_name": None,
    "freeze_columns": 0,
    "cover": False,
    "logo": None,
    "summary": None,
    "field_formats": (),
    "field_styles": (),
    "links": EMPTY,
    "formulas": EMPTY,
    "conditional_formats": (),
    "relation_sheets": (),
}
_RULES: Final = {name: XLSX_RULES[name] for name in SHEET_OPTIONS}


def _given(json: object, at: str) -> dict[str, Any]:
    reading = Reading()
    members = reading.members(json, at, tuple(_RULES))
    given = reading.values(members or {}, at, _RULES)
    if reading.problems:
        raise reading.failure()
    return given


def _laid_over(book: XlsxOptions, given: Mapping[str, Any], at: str) -> XlsxOptions:
    try:
        return replace(book, **{**_FIRST_ALONE, **given})
    except OptionConflict as conflict:
        reading = Reading()
        reading.problem(f"{at}/{conflict.option}", conflict.problem)
        raise reading.failure() from conflict
