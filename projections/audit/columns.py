"""A row of the audit as the columns of its table, and back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from domain.acts import Act
from domain.downloads.events import Via
from domain.exports.failures import Reason
from domain.exports.state import Status
from projections.audit.row import AuditRow, Result
from projections.read_model import Column
from projections.shown import (
    fields_from_json,
    fields_to_json,
    sheets_from_json,
    sheets_to_json,
)

COLUMNS = tuple(field.name for field in fields(AuditRow))

_LISTS = ("files", "scopes")

_WORDS: dict[str, Callable[[str], Any]] = {
    "act": Act,
    "result": Result,
    "outcome": Status,
    "failure": Reason,
    "via": Via,
}


def to_columns(row: AuditRow) -> dict[str, Column]:
    columns: dict[str, Any] = {name: getattr(row, name) for name in COLUMNS}
    columns["fields"] = json.dumps(fields_to_json(row.fields))
    columns["sheets"] = json.dumps(sheets_to_json(row.sheets))
    for name in _LISTS:
        columns[name] = json.dumps(list(columns[name]))
    columns["filter"] = None if row.filter is None else json.dumps(row.filter)
    for name in _WORDS:
        columns[name] = None if columns[name] is None else columns[name].value
    return columns


def from_columns(columns: Mapping[str, Any]) -> AuditRow:
    """JSON columns come parsed; instants come back in UTC. A table of an older release lacks the
    columns that came later, and is read all the same until it is rebuilt."""
    own: dict[str, Any] = {name: _in_utc(columns.get(name)) for name in COLUMNS}
    own["fields"] = fields_from_json(own["fields"])
    own["sheets"] = sheets_from_json(own["sheets"] or ())
    for name in _LISTS:
        own[name] = tuple(own[name] or ())
    for name, word in _WORDS.items():
        own[name] = None if own[name] is None else word(own[name])
    return AuditRow(**own)


def _in_utc(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) else value
