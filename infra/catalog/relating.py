"""What datasets have to do with each other, and the version that follows from all of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Set
from dataclasses import dataclass, replace

from domain.canonical import Json, canonical
from domain.datasets import Dataset, Field, Relation
from domain.masks import to_json
from infra.catalog.entries import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A dataset and where it is written."""

    dataset: Dataset
    entry: Entry


def relate(declared: Mapping[str, Declared]) -> dict[str, Dataset]:
    """Every dataset with all that its relations lead to, and its version.

    Raises `CatalogInvalid`."""
    for each in declared.values():
        for index in range(len(each.dataset.relations)):
            _check(each, index, declared)
    datasets = {name: each.dataset for name, each in declared.items()}
    return {name: _related(dataset, datasets) for name, dataset in datasets.items()}


def version(dataset: Dataset) -> str:
    """SHA-256 (hex) of the canonical JSON (RFC 8785) of the definition and of the definitions of
    all datasets that its relations lead to: of all that decides what a row is. The source counts
    by its id, not by its address.

    `related` are the to-one relations' datasets without their own relations. Whatever else can be
    reached is `reachable`, left out where there is nothing: versions from before that member
    was there stay as they were."""
    related = {
        each.name: dataset.reachable[each.dataset] for each in dataset.relations if not each.many
    }
    document: dict[str, Json] = {
        "definition": _definition(dataset),
        "relations": [_relation(relation) for relation in dataset.relations],
        "related": {name: _definition(other) for name, other in related.items()},
    }
    if beyond := _beyond(dataset, {other.id for other in related.values()}):
        document["reachable"] = beyond
    return hashlib.sha256(canonical(document)).hexdigest()


def _beyond(dataset: Dataset, related: Set[str]) -> dict[str, Json]:
    return {
        name: {
            "definition": _definition(other),
            "relations": [_relation(relation) for relation in other.relations],
        }
        for name, other in dataset.reachable.items()
        if name != dataset.id and (other.relations or name not in related)
    }


def _related(dataset: Dataset, datasets: Mapping[str, Dataset]) -> Dataset:
    reached = replace(dataset, reachable=_reachable(dataset, datasets))
    return replace(reached, version=version(reached))


def _reachable(dataset: Dataset, datasets: Mapping[str, Dataset]) -> dict[str, Dataset]:
    found: dict[str, Dataset] = {}
    ahead = [dataset]
    while ahead:
        for relation in ahead.pop().relations:
            if relation.dataset not in found:
                found[relation.dataset] = datasets[relation.dataset]
                ahead.append(datasets[relation.dataset])
    return {name: found[name] for name in sorted(found)}


def _check(each: Declared, index: int, declared: Mapping[str, Declared]) -> None:
    relation = each.dataset.relations[index]
    entry = each.entry.mapping()["relations"].items()[index]
    entry.mapping()["dataset"].one_of(list(declared))
    other = declared[relation.dataset].dataset
    if other.source != each.dataset.source:
        raise entry.invalid(f"{other.id} lies in another source; a relation stays within one")
    _check_fields(entry.mapping()["on"], relation, each.dataset, other)
    if not relation.many and set(relation.on.values()) != set(other.key):
        raise entry.invalid(
            f"a relation to one row needs the whole key of {other.id} ({', '.join(other.key)})"
            " under `on`, or it could find several; write it, or `many: true`"
        )


def _check_fields(entry: Entry, relation: Relation, here: Dataset, there: Dataset) -> None:
    types_here = {field.name: field.type for field in here.fields}
    types_there = {field.name: field.type for field in there.fields}
    if len(set(relation.on.values())) < len(relation.on):
        raise entry.invalid(f"a field of {there.id} stands twice; each can be matched once")
    for name, other in entry.mapping().items():
        Entry(file=other.file, path=other.path, value=name).one_of(list(types_here))
        other.one_of(list(types_there))
        if types_here[name] is not types_there[relation.on[name]]:
            raise other.invalid(f"{name} and {relation.on[name]} are of different types")


def _definition(dataset: Dataset) -> Json:
    return {
        "id": dataset.id,
        "label": dataset.label,
        "description": dataset.description,
        "source": dataset.source,
        "table": dataset.table,
        "query": dataset.query,
        "key": list(dataset.key),
        "fields": [
            {
                "name": field.name,
                "type": field.type.value,
                "label": field.label,
                "column": field.column,
                "pii": field.pii,
                **_mask(field),
            }
            for field in dataset.fields
        ],
    }


def _mask(field: Field) -> dict[str, Json]:
    """Only of a field that has one: other datasets keep the version that they had before masks."""
    if field.mask is None:
        return {}
    return {"mask": {**to_json(field.mask), "required": field.mask_required}}


def _relation(relation: Relation) -> Json:
    return {
        "name": relation.name,
        "dataset": relation.dataset,
        "on": dict(relation.on),
        "many": relation.many,
    }
