"""What can be exported: a dataset names a source, its fields, its key and its relations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """`pii` is the category of personal data the field holds (such as `contact`), None for none."""

    name: str
    type: FieldType
    label: str
    column: str
    pii: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """`on` maps this dataset's fields to fields of the other. `many`: one row here has many
    there; a to-one relation's fields can be selected as `relation.field`."""

    name: str
    dataset: str
    on: Mapping[str, str]
    many: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Exactly one of `table` (may be schema-qualified) and `query` is set. `version` is the
    SHA-256 (hex) of the definition, so that a waybill can say which definition was used."""

    id: str
    label: str
    description: str
    source: str
    table: str | None
    query: str | None
    key: tuple[str, ...]
    fields: tuple[Field, ...]
    relations: tuple[Relation, ...] = ()
    version: str
    related: Mapping[str, Dataset] = field(default_factory=dict)
    """The to-one relations' datasets by relation name, resolved one level deep."""
