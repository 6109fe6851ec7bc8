"""Nested values taken apart: the objects of each become rows, as COPY text, of a sheet of their
own. Before each stand the fields of the outer row by which the two belong together."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from domain.copy_text import escape
from domain.datasets import FieldType
from domain.nested_values import NestedMalformed
from domain.xlsx_options import XlsxOptions
from processors.renderers.copy_text import NULL, unescape
from processors.renderers.frames import Column, Member, PlanUnfit, Reason
from processors.renderers.values import CellRefused, Cells


class RelationSheetUnfit(PlanUnfit):
    """A sheet was asked for of something that has no rows, or with keys that no cell can hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A sheet of a nested column's rows. `at` and `keys` are numbers of the plan's columns, from 0;
    `columns` are the sheet's own: the keys', then the members', called `lines.amount`."""

    at: int
    keys: tuple[int, ...]
    members: tuple[Member, ...]
    columns: tuple[Column, ...]
    label: str


def relations(columns: Sequence[Column], options: XlsxOptions) -> tuple[Relation, ...]:
    """In the order of the columns. Raises `RelationSheetUnfit`."""
    wanted = dict(options.relation_sheets)
    places = {column.name: at for at, column in enumerate(columns)}
    found = []
    for at, column in enumerate(columns):
        if column.name in wanted:
            keys = tuple(places[name] for name in wanted[column.name])
            found.append(_relation(at, column, keys, columns))
    if len(found) == len(columns):
        raise RelationSheetUnfit("relation_sheets leaves no field for the first sheet")
    return tuple(found)


class NestedRows:
    """Reads the values of one relation."""

    def __init__(self, relation: Relation) -> None:
        self._keys = relation.keys
        self._at = relation.at
        self._names = [member.name for member in relation.members]
        self._cells = [_cell_of(member) for member in relation.members]

    def flat(self, columns: Sequence[Cells]) -> list[bytes]:
        """The cells of all its rows, row after row, given the outer rows' columns.

        Raises `UnicodeDecodeError`, `CellRefused` and `NestedMalformed`."""
        return self._flat(
            columns[self._at], zip(*(columns[key] for key in self._keys), strict=True)
        )

    def of_one(self, value: bytes) -> list[bytes]:
        """Likewise of a value alone, with nothing for its keys."""
        return self._flat([value], [(NULL,) * len(self._keys)])

    def _flat(self, values: Cells, keys: Iterable[tuple[bytes, ...]]) -> list[bytes]:
        flat: list[bytes] = []
        for value, key in zip(values, keys, strict=True):
            for each in self._objects(value):
                flat += key
                flat += [cell(of) for cell, (_, of) in zip(self._cells, each, strict=True)]
        return flat

    def _objects(self, value: bytes) -> Sequence[_Object]:
        if value == NULL:
            return ()
        with _depth_checked():
            found = _DECODER.decode(unescape(value).decode())
        objects = found if isinstance(found, list) else [found]
        if len(objects) > MOST_ROWS:
            raise CellRefused(Reason.CELL_TOO_LONG)
        if not all(map(self._is_planned, objects)):
            raise NestedMalformed
        return objects

    def _is_planned(self, value: Any) -> bool:
        return isinstance(value, _Object) and [name for name, _ in value] == self._names


MOST_ROWS: Final = 1_000_000
"""Of one nested value: more than a sheet has room for can't stay together."""


class _Object(tuple[tuple[str, Any], ...]):
    """Its members in their order, those of one name too."""

    __slots__ = ()


class _Number(str):
    """By its digits, as JSON has no others."""

    __slots__ = ()


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_Object, parse_int=_Number, parse_float=_Number
)


def _relation(
    at: int, column: Column, keys: tuple[int, ...], columns: Sequence[Column]
) -> Relation:
    if column.members is None:
        raise RelationSheetUnfit(
            f"relation_sheets names {column.name}, which is {column.type} and no nested value; "
            "export a relation under this name, or leave it out"
        )
    for key in keys:
        if columns[key].members is not None:
            raise RelationSheetUnfit(
                f"the sheet {column.name} can't repeat {columns[key].name}, which is nested itself"
            )
    members = tuple(
        Column(name=f"{column.name}.{member.name}", label=member.name, type=member.type)
        for member in column.members
    )
    return Relation(
        at=at,
        keys=keys,
        members=column.members,
        columns=(*(columns[key] for key in keys), *members),
        label=column.label,
    )


def _cell_of(member: Member) -> Callable[[Any], bytes]:
    match member.type:
        case FieldType.JSON:
            return _json_cell
        case FieldType.TIMESTAMP | FieldType.INSTANT:
            return _moment_cell
        case _:
            return _plain_cell


def _plain_cell(value: Any) -> bytes:
    match value:
        case None:
            return NULL
        case bool():
            return b"t" if value else b"f"
        case str():
            return escape(_encoded(value))
        case _:
            raise NestedMalformed


def _moment_cell(value: Any) -> bytes:
    """As PostgreSQL writes it outside JSON: `2013-01-01 05:00:00+00`."""
    if isinstance(value, str) and _ORDINARY.match(value):
        value = value.replace("T", " ").replace("Z", "+00")
    return _plain_cell(value)


_ORDINARY: Final = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}T")


def _json_cell(value: Any) -> bytes:
    with _depth_checked():
        return NULL if value is None else escape(_encoded(_json_text(value)))


def _json_text(value: Any) -> str:
    """Compact, with every digit and every member that was there."""
    match value:
        case _Number():
            return str(value)
        case _Object():
            members = (f"{_dumps(name)}:{_json_text(each)}" for name, each in value)
            return "{" + ",".join(members) + "}"
        case list():
            return "[" + ",".join(map(_json_text, value)) + "]"
        case _:
            return _dumps(value)


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


@contextmanager
def _depth_checked() -> Iterator[None]:
    """What a source holds as JSON may go deeper than Python does."""
    try:
        yield
    except RecursionError:
        raise CellRefused(Reason.CELL_TOO_LONG) from None


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise CellRefused(Reason.LONE_SURROGATE) from None
