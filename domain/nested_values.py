"""Nested values, changed where they must be: the text of one is walked through by the members that
its objects have, and stays as it is, byte for byte, but for what is rewritten."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

Rewrite: TypeAlias = Callable[[str], str]
"""From one JSON token - a string, a number, true, false or null - to another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A member of a nested value's objects: one token, and what becomes of it; if it is `free`,
    any JSON of the source's own, which is never looked into; or a nested value with `steps`."""

    name: str
    rewrite: Rewrite | None = None
    free: bool = False
    steps: tuple[Step, ...] | None = None


class NestedMalformed(Exception):
    """A nested value doesn't have the members that were planned. This is a fault of the source's
    adapter; report it together with the dataset's definition."""


def changes(steps: tuple[Step, ...]) -> bool:
    """Whether anything is rewritten."""
    return any(
        each.rewrite is not None if each.steps is None else changes(each.steps) for each in steps
    )


def rewritten(value: str, steps: tuple[Step, ...]) -> str:
    """Raises `NestedMalformed`."""
    return _Walk(value).value(steps)


_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[^",\[\]{}]+')
_SPACE: Final = re.compile(r"[ \t\n\r]*")
_BRACKET: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]')
_DEEPER: Final = {"[": 1, "{": 1, "]": -1, "}": -1}


@lru_cache(maxsize=4096)
def _before(name: str) -> str:
    """What stands before a member's value."""
    return f"{json.dumps(name)}:"


class _Walk:
    """Through one value, from its start to its end."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._copied = 0
        self._written: list[str] = []

    def value(self, steps: tuple[Step, ...]) -> str:
        self._nested(steps)
        if self._at != len(self._text):
            raise NestedMalformed
        self._written.append(self._text[self._copied :])
        return "".join(self._written)

    def _nested(self, steps: tuple[Step, ...]) -> None:
        if self._take("["):
            while not self._take("]"):
                self._take(",")
                self._object(steps)
        elif not self._take("null"):
            self._object(steps)

    def _object(self, steps: tuple[Step, ...]) -> None:
        before = "{"
        for step in steps:
            self._expect(before + _before(step.name))
            self._member(step)
            before = ","
        self._expect("}")

    def _member(self, step: Step) -> None:
        if step.steps is not None:
            self._nested(step.steps)
        elif step.free:
            self._skip_any()
        else:
            self._token(step.rewrite)

    def _token(self, rewrite: Rewrite | None) -> None:
        found = _TOKEN.match(self._text, self._at)
        if found is None:
            raise NestedMalformed
        self._at = found.end()
        if rewrite is not None:
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
