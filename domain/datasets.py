"""What can be exported: a dataset names a source, its fields, its key and its relations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Final

from domain.field_types import FieldType as FieldType
from domain.masks import Mask

MAX_STEPS: Final = 5
"""Relations that a name, or one nested value in another, can go through: they may lead in
circles, and each is a join."""


class UnknownField(Exception):
    """The dataset has no such field."""

    def __init__(self, name: str, closest: tuple[str, ...] = ()) -> None:
        super().__init__(name, closest)
        self.name = name
        self.closest = closest

    def __str__(self) -> str:
        shown = self.name if len(self.name) <= 63 else f"{self.name[:60]}..."
        return f"there is no field {shown!a}; {self._advice()}"

    def _advice(self) -> str:
        if not self.closest:
            return "the dataset's description lists its fields"
        return f"did you mean {' or '.join(self.closest)}?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """`pii` is the category of personal data the field holds (such as `contact`), None for none.
    `mask` is laid over it unless another is chosen; with `mask_required` no value of it ever
    leaves plain, so that nothing may be found out about it by filters or order either."""

    name: str
    type: FieldType
    label: str
    column: str
    pii: str | None = None
    mask: Mask | None = None
    mask_required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """`on` maps this dataset's fields to fields of the other. `many`: one row here has many
    there. A to-one relation's fields can be selected as `relation.field`; either kind can be
    chosen as a nested value (`domain.nesting`)."""

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
    reachable: Mapping[str, Dataset] = field(default_factory=dict)
    """Every dataset that relations lead to, however many steps away, by id. It may be this one
    again, so they have none of their own here: `beyond` gives it to them."""

    def resolve(self, name: str) -> Field:
        """The field of this name: one of its own, or `relation.field` through to-one relations,
        as many as there are.

        A relation's field comes back under the name it was asked for, labelled with both.
        Raises `UnknownField`, which names the closest fields that exist."""
        relation, dot, rest = name.partition(".")
        if name.count(".") > MAX_STEPS:
            raise UnknownField(name)
        if dot and (reached := self._to_one(relation)) is not None:
            try:
                return _through(relation, reached.resolve(rest))
            except UnknownField as unknown:
                closest = tuple(f"{relation}.{each}" for each in unknown.closest)
                raise UnknownField(name, closest) from None
        for found in self.fields:
            if found.name == name:
                return found
        names = [each.name for each in self.every_field()]
        raise UnknownField(name, tuple(get_close_matches(name[:130], names, n=3)))

    def every_field(self) -> Iterator[Field]:
        """The dataset's own fields, then those that are one to-one relation away."""
        yield from self.fields
        for relation in self.relations:
            if (reached := self._to_one(relation.name)) is not None:
                for each in reached.fields:
                    yield _through(relation.name, each)

    def relation(self, name: str) -> Relation | None:
        return next((each for each in self.relations if each.name == name), None)

    def beyond(self, relation: Relation) -> Dataset:
        """The dataset that the relation leads to."""
        return replace(self.reachable[relation.dataset], reachable=self.reachable)

    def _to_one(self, name: str) -> Dataset | None:
        found = self.relation(name)
        return None if found is None or found.many else self.beyond(found)


def _through(relation: str, reached: Field) -> Field:
    title = relation_title(relation)
    return replace(reached, name=f"{relation}.{reached.name}", label=f"{title}: {reached.label}")


def relation_title(name: str) -> str:
    """What people read where a relation has no label."""
    return name.replace("_", " ").capitalize()
