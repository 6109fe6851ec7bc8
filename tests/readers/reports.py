"""A PDF with all that one can have, made by a whole Waybill."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import Any, Final

from tests.images import png
from tests.stacks import Client

_OPTIONS: Final[dict[str, Any]] = {
    "title": "Orders by status",
    "page": "a3",
    "logo": b64encode(png(8, 4, 3, (b"\0" + bytes([31, 56, 100] * 8)) * 4)).decode(),
    "stripes": True,
    "group_by": ["status"],
    "totals": {"amount": ["sum", "average", "min", "max", "count"]},
    "charts": {"amount": ["bar", "pie", "line"]},
    "links": ["note"],
    "on_missing_glyph": "replace",
}
_FIELDS: Final = ["id", "status", "ordered_on", "amount", "note"]


def exported_report(client: Client, folder: Path) -> Path:
    export = client.request(
        "orders",
        {"format": "pdf", "options": _OPTIONS},
        fields=_FIELDS,
        order=[{"field": "status"}, {"field": "id"}],
    )
    ended = client.ended(export["id"], patience=1800)
    assert ended["status"] == "completed", ended
    found = folder / "report.pdf"
    found.write_bytes(client.file(export["id"], "pdf"))
    return found
