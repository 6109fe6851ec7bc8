"""An export's row as the columns of its table, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from domain.exports.failures import Reason
from domain.exports.state import Status
from domain.priority import Priority
from projections.history.files import FileStatus, HistoryFile
from projections.history.row import HistoryRow
from projections.read_model import Column
from projections.shown import (
    fields_from_json,
    fields_to_json,
    sheets_from_json,
    sheets_to_json,
)
from projections.texts import searchable

_OWN = tuple(field.name for field in fields(HistoryRow))
_DERIVED = (
    "status",
    "parts_rendered",
    "parts_total",
    "rows_written",
    "rows_rejected",
    "bytes_written",
)
COLUMNS = (*_OWN, *_DERIVED, "searched")


def to_columns(row: HistoryRow) -> dict[str, Column]:
    """What follows from other columns is written too, so that SQL alone can answer."""
    columns: dict[str, Any] = {name: getattr(row, name) for name in (*_OWN, *_DERIVED)}
    columns["fields"] = json.dumps(fields_to_json(row.fields))
    columns["sheets"] = json.dumps(sheets_to_json(row.sheets))
    columns["files"] = json.dumps([_file_members(file) for file in row.files])
    for name in ("priority", "ending", "reason", "status"):
        columns[name] = None if columns[name] is None else columns[name].value
    columns["searched"] = searchable(
        row.dataset,
        row.dataset_label or "",
        row.sentence or "",
        *(text or "" for each in row.sheets for text in (each.dataset, each.label, each.sentence)),
        *(file.name for file in row.files),
    )
    return columns


def from_columns(columns: Mapping[str, Any]) -> HistoryRow:
    """JSON columns come parsed; instants come back in UTC. A table of an older release lacks the
    columns that came later, and is read all the same until it is rebuilt."""
    own: dict[str, Any] = {name: _in_utc(columns.get(name)) for name in _OWN}
    own["fields"] = fields_from_json(own["fields"])
    own["sheets"] = sheets_from_json(own["sheets"] or ())
    own["files"] = tuple(_file(members) for members in own["files"])
    own["priority"] = Priority(own["priority"])
    own["ending"] = None if own["ending"] is None else Status(own["ending"])
    own["reason"] = None if own["reason"] is None else Reason(own["reason"])
    return HistoryRow(**own)


def _file_members(file: HistoryFile) -> dict[str, Any]:
    return {
        "name": file.name,
        "status": file.status.value,
        "parts": file.parts,
        "rows": file.rows,
        "rejected": file.rejected,
        "size": file.size,
        "sha256": file.sha256,
    }


def _file(members: dict[str, Any]) -> HistoryFile:
    return HistoryFile(**{**members, "status": FileStatus(members["status"])})


def _in_utc(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) else value
