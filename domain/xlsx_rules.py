"""What each option of an Excel workbook may be. What Excel would refuse to open is refused here."""

from __future__ import annotations

import re
from typing import Final

from domain.format_options import Header
from domain.format_rules import (
    Rule,
    boolean,
    by_field,
    choice,
    colour,
    field_name,
    field_names,
    short_text,
    whole_number,
    zone,
)
from domain.json_reading import ValueRefused, kind
from domain.json_shapes import Listed, listed, or_null, record
from domain.logos import logo
from domain.number_formats import read_number_format
from domain.workbooks.templates import workbook
from domain.xlsx_conditions import conditions
from domain.xlsx_formulas import formula
from domain.xlsx_options import FormulaColumn, LongText
from domain.xlsx_styles import column_style
from domain.xlsx_summaries import summary


def number_format(json: object) -> str:
    """A number format code (ECMA-376 part 1, 18.8.31), such as `#,##0.00;[Red]-#,##0.00`."""
    if not isinstance(json, str):
        raise ValueRefused(f"must be a number format such as #,##0.00, not {kind(json)}")
    if not 0 < len(json) <= _LONGEST_FORMAT:
        raise ValueRefused(f"must have 1 to {_LONGEST_FORMAT} characters")
    read_number_format(json)
    return json


def sheet_name(json: object) -> str | None:
    """A sheet's name as Excel wants it, with room for a number behind it; null for the label."""
    if json is None:
        return None
    if not isinstance(json, str) or not 0 < _units(json) <= LONGEST_SHEET_NAME:
        raise ValueRefused(f"must be 1 to {LONGEST_SHEET_NAME} characters, or null")
    if not json.isprintable() or SHEET_NAME_TABOO.search(json):
        raise ValueRefused("must be printable, without any of [ ] : * ? / \\ ")
    if json.startswith("'") or json.endswith("'") or json.lower() in RESERVED_SHEET_NAMES:
        raise ValueRefused("is a name that Excel refuses; choose another")
    return json


def table_style(json: object) -> str | None:
    """One of the styles that Excel has built in, or null for no table."""
    if json is None or (isinstance(json, str) and _TABLE_STYLE.fullmatch(json)):
        return json
    raise ValueRefused(
        "must be TableStyleLight1 to 21, TableStyleMedium1 to 28, TableStyleDark1 to 11, or null"
    )


def heading(json: object) -> str:
    if isinstance(json, str) and 0 < len(json) <= _LONGEST_HEADING and json.isprintable():
        return json
    raise ValueRefused(f"must be 1 to {_LONGEST_HEADING} printable characters, or null")


LONGEST_SHEET_NAME: Final = 24
"""Excel has 31 UTF-16 units; a further sheet's ` (12)` must fit behind it."""
SHEET_NAME_TABOO: Final = re.compile(r"[\[\]:*?/\\]")
RESERVED_SHEET_NAMES: Final = {"history", "summary", "about"}
"""`History` is Excel's own; the others are ours."""


def _units(text: str) -> int:
    """UTF-16 units, which Excel counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


_LONGEST_FORMAT: Final = 200
_TABLE_STYLE: Final = re.compile(
    "TableStyle(?:Light(?:1?[1-9]|10|2[01])|Medium(?:1?[1-9]|10|2[0-8]|20)|Dark(?:[1-9]|1[01]))"
)


def _keys(json: object) -> Listed[str]:
    found = field_names(_MOST_KEYS)(json)
    if not found:
        raise ValueRefused("must name a field at least, by which its rows can be found")
    return found


_MOST_KEYS: Final = 5
_MOST_LINKS: Final = 50
_MOST_FORMULAS: Final = 20
_LONGEST_HEADING: Final = 200

XLSX_RULES: dict[str, Rule] = {
    "header": choice(Header),
    "sheet_name": sheet_name,
    "table_style": table_style,
    "header_colour": colour,
    "autofilter": boolean,
    "freeze_header": boolean,
    "freeze_columns": whole_number(0, 100),
    "cover": boolean,
    "logo": logo,
    "auto_widths": boolean,
    **{
        f"{kind_}_format": number_format
        for kind_ in ("integer", "decimal", "float", "date", "time", "timestamp", "instant")
    },
    "field_formats": by_field(number_format, '{"amount": "#,##0.00"}'),
    "field_styles": by_field(column_style, '{"amount": {"bold": true}}'),
    "conditional_formats": by_field(
        conditions, '{"amount": [{"when": "less", "value": 0, "font": "#9c0006"}]}'
    ),
    "relation_sheets": by_field(_keys, '{"lines": ["id"]}'),
    "summary": summary,
    "formulas": listed(
        record(
            FormulaColumn,
            {
                "name": field_name,
                "formula": formula,
                "label": or_null(heading),
                "number_format": number_format,
            },
            ["name", "formula"],
        ),
        _MOST_FORMULAS,
    ),
    "links": field_names(_MOST_LINKS),
    "zone": zone,
    "null_text": short_text,
    "on_long_text": choice(LongText),
    "workbook": workbook,
}
