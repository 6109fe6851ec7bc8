"""Workbooks with all that they can have, made by a whole Waybill."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from openpyxl.worksheet.worksheet import Worksheet

from domain.sheets import SHEET_OPTIONS
from tests.images import png
from tests.stacks import Client
from tests.uploaded_workbooks import in_base64, report, saved

_PLACES: Final = {"B6": "id", "C6": "status", "D6": "ordered_on", "E6": "amount"}


def _slots(sheet: Worksheet) -> None:
    for place, name in _PLACES.items():
        sheet[place] = f"{{{{{name}}}}}"


TEMPLATE: Final = saved(report(_slots))
_STYLED: Final = {
    "cover": True,
    "logo": b64encode(png(8, 4, 3, (b"\0" + bytes([31, 56, 100] * 8)) * 4)).decode(),
    "zone": "Europe/Madrid",
    "freeze_columns": 1,
    "field_formats": {"amount": "#,##0.00;[Red]-#,##0.00"},
    "field_styles": {
        "amount": {"bold": True, "fill": "#fff2cc", "align": "right"},
        "note": {"italic": True, "wrap": True},
        "gross": {"font": "#1f3864"},
    },
    "links": ["note"],
    "formulas": [
        {"name": "gross", "formula": "round(amount * 1.21, 2)", "number_format": "0.00"},
    ],
    "conditional_formats": {
        "amount": [{"when": "less", "value": 0, "font": "#9c0006"}, {"bars": "#638ec6"}],
        "status": [{"when": "begins", "value": "pa", "bold": True}],
        "gross": [{"scale": ["#f8696b", "#ffeb84", "#63be7b"]}],
    },
    "summary": {
        "figures": {"amount": ["sum", "average", "min", "max", "count"]},
        "groups": [{"by": "status", "sums": ["amount"]}],
        "charts": [
            {"kind": "pie", "by": "status", "of": "amount"},
            {"kind": "bar", "by": "status"},
        ],
    },
}
_ORDER: Final = ["id", "status", "ordered_on", "amount", "note"]
_STYLED_SHEET: Final = {name: value for name, value in _STYLED.items() if name in SHEET_OPTIONS} | {
    "sheet_name": "Again"
}
_ASKED: Final[Mapping[str, tuple[str, dict[str, Any], list[Any]]]] = {
    "styled": ("orders", _STYLED, _ORDER),
    "relations": (
        "customers",
        {"relation_sheets": {"orders": ["id", "country"]}},
        ["id", "name", "country", {"name": "orders", "fields": _ORDER}],
    ),
    "several": ("customers", {"cover": True, "header_colour": "#ffe699"}, ["id", "name"]),
    "uploaded": (
        "orders",
        {"workbook": in_base64(TEMPLATE)},
        list(_PLACES.values()),
    ),
}


_SHEETS: Final[Mapping[str, list[dict[str, Any]]]] = {
    "several": [
        {"dataset": "orders", "fields": _ORDER, "options": _STYLED_SHEET},
        {
            "dataset": "customers",
            "fields": ["id", "country", {"name": "orders", "fields": ["id", "amount"]}],
            "options": {"relation_sheets": {"orders": ["id"]}, "table_style": "TableStyleLight9"},
        },
        {"dataset": "orders", "filter": {"field": "id", "op": "lt", "value": 0}},
    ]
}


def exported_workbooks(client: Client, folder: Path) -> dict[str, Path]:
    """Their files, by name."""
    found = {}
    for name, (dataset, options, fields) in _ASKED.items():
        wanted = {"format": "xlsx", "options": options}
        export = client.request(dataset, wanted, fields=fields, sheets=_SHEETS.get(name, []))
        ended = client.ended(export["id"], patience=1800)
        assert ended["status"] == "completed", ended
        found[name] = folder / f"{name}.xlsx"
        found[name].write_bytes(client.file(export["id"], "xlsx"))
    return found
