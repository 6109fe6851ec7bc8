"""What is exported where all formats are measured: each with its defaults, and the workbook that
the target is about, masked and styled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from tests.bench.measured import ALONE
from tests.bench.orders import FIELDS, MIXED_FIELDS

_MOST_MB: Final = 300.0
_MOST_PDF_MB: Final = 500.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`format` and `fields` are those of a request. No process may hold `most_mb` or more."""

    name: str
    format: Mapping[str, Any]
    fields: Sequence[Any] = FIELDS
    most_mb: float = _MOST_MB
    with_kernel: bool = True

    def alone(self) -> Case:
        """The same by Python alone."""
        return replace(self, name=f"{self.name}{ALONE}", with_kernel=False)


def _plain(name: str) -> Case:
    return Case(name=name, format={"format": name})


MASKS: Final[Mapping[str, Mapping[str, Any]]] = {
    "reference": {"method": "mask", "first": 8},
    "customer_id": {"method": "token"},
    "email": {"method": "mask", "shape": "email"},
    "ordered_on": {"method": "generalise", "to": "month"},
    "postcode": {"method": "generalise", "prefix": 2},
}
_MASKED_FIELDS: Final[tuple[Any, ...]] = tuple(
    {"name": name, "mask": MASKS[name]} if name in MASKS else name for name in FIELDS
)
STYLES: Final = {
    "header_colour": "#1f4e79",
    "table_style": "TableStyleMedium9",
    "cover": True,
    "freeze_columns": 2,
    "zone": "Europe/Madrid",
    "instant_format": "dd/mm/yyyy hh:mm",
    "integer_format": "#,##0",
    "field_formats": {"amount": "#,##0.00;[Red]-#,##0.00"},
    "conditional_formats": {
        "amount": [{"when": "less", "value": 0, "fill": "#ffc7ce"}, {"bars": "#638ec6"}],
        "status": [{"when": "equal", "value": "returned", "font": "#9c0006", "bold": True}],
    },
    "summary": {
        "figures": {"amount": ["sum", "average", "min", "max"]},
        "groups": [{"by": "status", "sums": ["amount"]}],
        "charts": [
            {"kind": "column", "by": "status", "of": "amount"},
            {"kind": "pie", "by": "status"},
        ],
    },
}

XLSX: Final = _plain("xlsx")
STYLED: Final = Case(
    name="xlsx, masked and styled",
    format={"format": "xlsx", "options": STYLES},
    fields=_MASKED_FIELDS,
)
PARQUET: Final = _plain("parquet")
PDF: Final = Case(
    name="pdf, mixed scripts",
    format={"format": "pdf", "options": {"on_missing_glyph": "replace"}},
    fields=MIXED_FIELDS,
    most_mb=_MOST_PDF_MB,
)
LATIN_PDF: Final = Case(name="pdf, Latin only", format={"format": "pdf"}, most_mb=_MOST_PDF_MB)
PDFS: Final = (PDF, LATIN_PDF)
CASES: Final = (
    *(_plain(name) for name in ("csv", "ndjson", "json")),
    XLSX,
    XLSX.alone(),
    STYLED,
    STYLED.alone(),
    PARQUET,
    _plain("arrow"),
    *PDFS,
)
"""Texts are what takes the time of a PDF: one has customers' names in many scripts, of which the
orders themselves have none, and marks those without a font; the other has their addresses."""
