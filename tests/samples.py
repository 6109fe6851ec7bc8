"""A dataset with a field of every type and a relation to one row and back, for tests of filters and
rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from domain.datasets import Dataset, Field, FieldType, Relation

ASKED_AT = datetime(2024, 3, 31, 12, 0, tzinfo=UTC)
"""The day on which summer time began in Europe."""

REFERENCE = UUID("123e4567-e89b-12d3-a456-426614174000")
"""Of a value in the vault."""


def field(name: str, field_type: FieldType, *, label: str = "", pii: str | None = None) -> Field:
    title = label or name.replace("_", " ").capitalize()
    return Field(name=name, type=field_type, label=title, column=name, pii=pii)


def dataset(name: str, *fields: Field, key: tuple[str, ...] = ("id",)) -> Dataset:
    return Dataset(
        id=name,
        label=name.capitalize(),
        description="",
        source="main",
        table=name,
        query=None,
        key=key,
        fields=fields,
        version="0" * 64,
    )


_OWNERS = replace(
    dataset(
        "owners",
        field("id", FieldType.INTEGER),
        field("name", FieldType.TEXT, pii="contact"),
        field("joined", FieldType.DATE),
    ),
    relations=(Relation(name="samples", dataset="samples", on={"id": "owner_id"}, many=True),),
)

_SAMPLES = Dataset(
    id="samples",
    label="Samples",
    description="",
    source="main",
    table="samples",
    query=None,
    key=("id",),
    fields=(
        field("id", FieldType.INTEGER),
        field("name", FieldType.TEXT, label="Full name", pii="contact"),
        field("size", FieldType.INTEGER),
        field("price", FieldType.DECIMAL),
        field("ratio", FieldType.FLOAT),
        field("paid", FieldType.BOOLEAN),
        field("day", FieldType.DATE),
        field("clock", FieldType.TIME),
        field("local", FieldType.TIMESTAMP),
        field("at", FieldType.INSTANT, label="Departure"),
        field("code", FieldType.UUID),
        field("extra", FieldType.JSON),
        field("owner_id", FieldType.INTEGER),
    ),
    relations=(Relation(name="owner", dataset="owners", on={"owner_id": "id"}),),
    version="0" * 64,
)

_BOTH = {"owners": _OWNERS, "samples": _SAMPLES}
OWNERS, SAMPLES = (replace(each, reachable=_BOTH) for each in (_OWNERS, _SAMPLES))
"""Each leads to the other: in a circle, as far as one cares to go."""
