"""A download's row as the columns of its table, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from domain.downloads.events import Via
from projections.downloads.row import DownloadRow, OpenTransfer
from projections.read_model import Column

_OWN = tuple(field.name for field in fields(DownloadRow))
COLUMNS = (*_OWN, "complete")


def to_columns(row: DownloadRow) -> dict[str, Column]:
    """`complete` follows from the others and is written too, so that SQL alone can answer."""
    columns: dict[str, Any] = {name: getattr(row, name) for name in COLUMNS}
    columns["via"] = row.via.value
    columns["sent"] = json.dumps(row.sent)
    columns["open"] = json.dumps([[each.number, each.first] for each in row.open])
    return columns


def from_columns(columns: Mapping[str, Any]) -> DownloadRow:
    """JSON columns come parsed; instants come back in UTC."""
    own: dict[str, Any] = {name: _in_utc(columns[name]) for name in _OWN}
    own["via"] = Via(own["via"])
    own["sent"] = tuple((first, stop) for first, stop in own["sent"])
    own["open"] = tuple(OpenTransfer(number=number, first=first) for number, first in own["open"])
    return DownloadRow(**own)


def _in_utc(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) else value
