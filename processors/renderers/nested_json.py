"""Nested values under other options than those that they come with.

A source writes them before any format's options are known: with numbers, and instants in UTC. Where
an option wants some otherwise, a value is walked through by its members, which come as planned;
each stays as it is, byte for byte, but those that the option is about. What stands in a member of
type `json` is the source's own, and never looked into."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Final

from domain.datasets import FieldType
from processors.renderers.frames import Member
from processors.renderers.json_cells import JsonWriter, Written, write_json
from processors.renderers.values import Cells, Writer

Rewrite = Callable[[str], str]
"""From one JSON token, a string or a number, to another."""


class NestedMalformed(Exception):
    """A nested value doesn't have the members that were planned. This is a fault of the source's
    adapter; report it together with the dataset's definition."""


def nested_writer(members: tuple[Member, ...], rewrites: Mapping[FieldType, Rewrite]) -> JsonWriter:
    """Writes a column of nested values, with a rewrite for each type that needs one."""
    if not concerns(members, rewrites):
        return write_json

    def write(column: Cells) -> Written:
        cells, bare = write_json(column)
        return [_Walk(cell.decode(), rewrites).value(members) for cell in cells], bare

    return write


def number_as_string(wanted: Callable[[bytes], bool]) -> Rewrite:
    """Puts the numbers that are wanted as strings in quotes; what is one already stays."""

    def rewrite(token: str) -> str:
        return f'"{token}"' if token[0] != '"' and wanted(token.encode()) else token

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
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[^",\[\]{}]+')
_SPACE: Final = re.compile(r"[ \t\n\r]*")
_BRACKET: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]')
_DEEPER: Final = {"[": 1, "{": 1, "]": -1, "}": -1}


def concerns(members: tuple[Member, ...], rewrites: Mapping[FieldType, Rewrite]) -> bool:
    return any(
        member.type in rewrites if member.members is None else concerns(member.members, rewrites)
        for member in members
    )


class _Walk:
    """Through one value, from its start to its end."""

    def __init__(self, text: str, rewrites: Mapping[FieldType, Rewrite]) -> None:
        self._text = text
        self._rewrites = rewrites
        self._at = 0
        self._copied = 0
        self._written: list[str] = []

    def value(self, members: tuple[Member, ...]) -> bytes:
        self._nested(members)
        if self._at != len(self._text):
            raise NestedMalformed
        self._written.append(self._text[self._copied :])
        return "".join(self._written).encode()

    def _nested(self, members: tuple[Member, ...]) -> None:
        if self._take("["):
            while not self._take("]"):
                self._take(",")
                self._object(members)
        elif not self._take("null"):
            self._object(members)

    def _object(self, members: tuple[Member, ...]) -> None:
        before = "{"
        for member in members:
            self._expect(f"{before}{json.dumps(member.name)}:")
            self._member(member)
            before = ","
        self._expect("}")

    def _member(self, member: Member) -> None:
        if member.members is not None:
            self._nested(member.members)
        elif member.type is FieldType.JSON:
            self._skip_any()
        else:
            self._token(self._rewrites.get(member.type))

    def _token(self, rewrite: Rewrite | None) -> None:
        found = _TOKEN.match(self._text, self._at)
        if found is None:
            raise NestedMalformed
        self._at = found.end()
        if rewrite is not None and found[0] != "null":
            self._written += (self._text[self._copied : found.start()], rewrite(found[0]))
            self._copied = self._at

    def _skip_any(self) -> None:
        """As far as brackets close, however deep; what PostgreSQL took for JSON may have spaces
        around it."""
        self._at = self._after_space()
        if self._text[self._at : self._at + 1] in ("[", "{"):
            self._skip_brackets()
        else:
            self._token(None)
        self._at = self._after_space()

    def _skip_brackets(self) -> None:
        depth = 0
        for found in _BRACKET.finditer(self._text, self._at):
            depth += _DEEPER.get(found[0], 0)
            if depth == 0:
                self._at = found.end()
                return
        raise NestedMalformed

    def _after_space(self) -> int:
        found = _SPACE.match(self._text, self._at)
        return found.end() if found else self._at

    def _expect(self, text: str) -> None:
        if not self._take(text):
            raise NestedMalformed

    def _take(self, text: str) -> bool:
        taken = self._text.startswith(text, self._at)
        self._at += len(text) if taken else 0
        return taken
