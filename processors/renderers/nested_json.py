"""Nested values under other options than those that they come with.

A source writes them before any format's options are known: with numbers, and instants in UTC. Where
an option wants some otherwise, a value is walked through by its members, which come as planned;
each stays as it is, byte for byte, but those that the option is about. What stands in a member of
type `json` is the source's own, and never looked into."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from domain.datasets import FieldType
from domain.nested_values import Rewrite, Step, changes, rewritten
from processors.renderers.frames import Member
from processors.renderers.json_cells import JsonWriter, Written, write_json
from processors.renderers.values import Cells, Writer


def nested_writer(members: tuple[Member, ...], rewrites: Mapping[FieldType, Rewrite]) -> JsonWriter:
    """Writes a column of nested values, with a rewrite for each type that needs one."""
    steps = _steps(members, rewrites)
    if not changes(steps):
        return write_json

    def write(column: Cells) -> Written:
        cells, bare = write_json(column)
        return [rewritten(cell.decode(), steps).encode() for cell in cells], bare

    return write


def concerns(members: tuple[Member, ...], rewrites: Mapping[FieldType, Rewrite]) -> bool:
    """Whether anything is rewritten."""
    return changes(_steps(members, rewrites))


def number_as_string(wanted: Callable[[bytes], bool]) -> Rewrite:
    """Puts the numbers that are wanted as strings in quotes; what is one already stays."""

    def rewrite(number: str) -> str:
        bare = number[0] != '"' and number != "null"
        return f'"{number}"' if bare and wanted(number.encode()) else number

    return rewrite


def instant_rewriter(write: Writer) -> Rewrite:
    """By the writer of a column, to which an instant is given in the source's own form. What is out
    of the calendar has that form already, and keeps it."""

    def rewrite(token: str) -> str:
        if not _ORDINARY.fullmatch(token):
            return token
        (written,) = write([token[1:-2].replace("T", " ").encode() + b"+00"])
        return f'"{written.decode()}"'

    return rewrite


_ORDINARY: Final = re.compile(r'"[0-9]{4}-[0-9-]{5}T[0-9:.]+Z"')


def _steps(members: tuple[Member, ...], rewrites: Mapping[FieldType, Rewrite]) -> tuple[Step, ...]:
    return tuple(
        Step(
            name=each.name,
            rewrite=rewrites.get(each.type),
            free=each.type is FieldType.JSON,
            steps=None if each.members is None else _steps(each.members, rewrites),
        )
        for each in members
    )
