"""The types that a field can have."""

from __future__ import annotations

from enum import StrEnum


class FieldType(StrEnum):
    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    FLOAT = "float"
    BOOLEAN = "boolean"
    DATE = "date"
    TIME = "time"
    TIMESTAMP = "timestamp"  # without a time zone
    INSTANT = "instant"  # timestamp with time zone: one point in time
    UUID = "uuid"
    JSON = "json"
