"""One dataset's definition, without what it has to do with others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from domain.datasets import Dataset, Field, FieldType, Relation
from infra.catalog.entries import Entry
from infra.catalog.masks import read_mask
from infra.rows.source import Source

_REQUIRED: Final = frozenset({"id", "label", "source", "key", "fields"})
_OPTIONAL: Final = frozenset({"description", "table", "query", "relations"})
_HOW_TO_WRITE_FIELDS: Final = (
    "the fields are missing; list each as `- {name: dep_delay, type: integer, label: Departure"
    " delay}`, or let `waybill datasets describe` write them"
)


def read_dataset(entry: Entry, sources: Mapping[str, Source]) -> Dataset:
    """Still without its version and related datasets. Raises `CatalogInvalid`."""
    if isinstance(entry.value, dict) and not entry.value.get("fields"):
        raise entry.invalid(_HOW_TO_WRITE_FIELDS)
    members = entry.members(_REQUIRED, _OPTIONAL)
    fields = tuple(_fields(members["fields"]))
    return Dataset(
        id=members["id"].name(),
        label=members["label"].label(),
        description=members["description"].text() if "description" in members else "",
        source=_source(members["source"], sources),
        table=_table(entry, members),
        query=_query(members),
        key=tuple(_key(members["key"], {field.name: field for field in fields})),
        fields=fields,
        relations=tuple(_relations(members["relations"])) if "relations" in members else (),
        version="",
    )


def _source(entry: Entry, sources: Mapping[str, Source]) -> str:
    if not sources:
        raise entry.invalid("no sources are declared; add them under `sources:`")
    return entry.one_of(list(sources))


def _table(entry: Entry, members: Mapping[str, Entry]) -> str | None:
    if ("table" in members) == ("query" in members):
        raise entry.invalid("write either a table or a query")
    if "table" not in members:
        return None
    table = members["table"].text()
    if len(parts := table.split(".")) > 2 or not all(parts):
        raise members["table"].invalid("write a table's name, or schema.table, without quotes")
    return table


def _query(members: Mapping[str, Entry]) -> str | None:
    if "query" not in members:
        return None
    query = members["query"].text().strip()
    if query.endswith(";"):
        raise members["query"].invalid("write one SELECT, without the semicolon at its end")
    return query


def _fields(entry: Entry) -> list[Field]:
    fields: dict[str, Field] = {}
    for item in entry.items():
        field = _field(item)
        if field.name in fields:
            raise item.invalid(f"there is another field {field.name}; rename one")
        fields[field.name] = field
    return list(fields.values())


def _field(entry: Entry) -> Field:
    types = [each.value for each in FieldType]
    if isinstance(entry.value, dict) and not entry.value.get("type"):
        raise entry.invalid(f"the type is missing; write `type:` and one of {', '.join(types)}")
    members = entry.members(
        frozenset({"name", "type"}), frozenset({"label", "column", "pii", "mask"})
    )
    name = members["name"].name()
    kind = FieldType(members["type"].one_of(types))
    mask, required = read_mask(members["mask"], kind) if "mask" in members else (None, False)
    return Field(
        name=name,
        type=kind,
        label=members["label"].label() if "label" in members else _title(name),
        column=members["column"].text() if "column" in members else name,
        pii=members["pii"].name() if "pii" in members else None,
        mask=mask,
        mask_required=required,
    )


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _key(entry: Entry, fields: Mapping[str, Field]) -> list[str]:
    key: list[str] = []
    for item in entry.items():
        name = item.one_of(list(fields))
        if name in key:
            raise item.invalid("this field stands in the key twice; leave one out")
        if fields[name].type is FieldType.JSON:
            raise item.invalid("JSON has no order, so it can't be in the key")
        key.append(name)
    return key


def _relations(entry: Entry) -> list[Relation]:
    relations: dict[str, Relation] = {}
    for item in entry.items():
        members = item.members(frozenset({"name", "dataset", "on"}), frozenset({"many"}))
        name = members["name"].name()
        if name in relations:
            raise item.invalid(f"there is another relation {name}; rename one")
        relations[name] = Relation(
            name=name,
            dataset=members["dataset"].name(),
            on={here: there.name() for here, there in members["on"].mapping().items()},
            many=members["many"].flag() if "many" in members else False,
        )
    return list(relations.values())
