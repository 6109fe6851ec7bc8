"""Which PostgreSQL types can stand behind a field's type.

A field of another type than its column would come out in a text that its renderer doesn't expect,
or compare by other rules; so a mismatch is refused before the first row. `text` takes any type.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import psycopg

from domain.datasets import FieldType

CASTS: Final[Mapping[FieldType, str]] = {
    FieldType.TEXT: "text",
    FieldType.INTEGER: "bigint",
    FieldType.DECIMAL: "numeric",
    FieldType.FLOAT: "double precision",
    FieldType.BOOLEAN: "boolean",
    FieldType.DATE: "date",
    FieldType.TIME: "time",
    FieldType.TIMESTAMP: "timestamp",
    FieldType.INSTANT: "timestamptz",
    FieldType.UUID: "uuid",
}
"""The type to which a filter's value is cast; JSON is never compared."""

_COLUMNS: Final[Mapping[FieldType, tuple[str, ...]]] = {
    FieldType.INTEGER: ("int2", "int4", "int8"),
    FieldType.DECIMAL: ("numeric", "int2", "int4", "int8"),
    FieldType.FLOAT: ("float4", "float8"),
    FieldType.BOOLEAN: ("bool",),
    FieldType.DATE: ("date",),
    FieldType.TIME: ("time",),
    FieldType.TIMESTAMP: ("timestamp",),
    FieldType.INSTANT: ("timestamptz",),
    FieldType.UUID: ("uuid",),
    FieldType.JSON: ("json", "jsonb"),
}


def fits(field_type: FieldType, oid: int) -> bool:
    """Whether a column of this type (for a domain, its base type) can stand behind the field."""
    return field_type is FieldType.TEXT or type_name(oid) in _COLUMNS[field_type]


def field_type_of(oid: int) -> FieldType:
    """The field type that keeps most of what the column means; text if nothing else does."""
    name = type_name(oid)
    return next((each for each, names in _COLUMNS.items() if name in names), FieldType.TEXT)


def type_name(oid: int) -> str:
    known = psycopg.adapters.types.get(oid)
    return known.name if known else "other"
