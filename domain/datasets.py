"""What can be exported: a dataset names a source, its fields, its key and its relations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from domain.field_types import FieldType as FieldType
from domain.masks import Mask


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

    def resolve(self, name: str) -> Field:
        """The field of this name: one of its own, or `relation.field` of a to-one relation.

        A relation's field comes back under the name it was asked for, labelled with both.
        Raises `UnknownField`, which names the closest fields that exist."""
        for found in self.every_field():
            if found.name == name:
                return found
        names = [each.name for each in self.every_field()]
        raise UnknownField(name, tuple(get_close_matches(name[:130], names, n=3)))

    def every_field(self) -> Iterator[Field]:
        """All that can be selected: the dataset's own fields, then those of its relations."""
        yield from self.fields
        for relation, other in self.related.items():
            for each in other.fields:
                yield _through(relation, each)


def _through(relation: str, reached: Field) -> Field:
    title = relation.replace("_", " ").capitalize()
    return replace(reached, name=f"{relation}.{reached.name}", label=f"{title}: {reached.label}")
