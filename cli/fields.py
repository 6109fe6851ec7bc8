"""`--fields`: names, headings, and relations with what is nested in them.

    id,total=Amount due,items(sku,qty,product(name))=Positions

or the same as JSON, which can also filter and order what is nested."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from cli.asking import with_masks
from cli.exits import Code, Refused

_MOST_NESTED = 20
"""Brackets in brackets: more than the server takes, and it says so better."""
_NAME = re.compile(r"[^,()=]*")
_HEADING = re.compile(r"[^,]*")


def chosen_fields(text: str | None, masks: Iterable[str] = ()) -> list[Any] | None:
    """The fields as a request says them, with their masks. Raises `Refused`."""
    return with_masks(None if text is None else _read(text), masks)


def _read(text: str) -> list[Any]:
    if text.lstrip()[:1] in ("[", "@"):
        return _from_json(text.lstrip())
    reading = _Reading(text)
    fields = reading.fields(0)
    if (left := reading.left()) is not None:
        raise reading.wrong("there is no ( for this )" if left == ")" else "a comma is missing")
    return fields


def _from_json(text: str) -> list[Any]:
    try:
        found = json.loads(Path(text[1:]).read_text() if text.startswith("@") else text)
    except OSError as error:
        raise _wrong(f"--fields: {text[1:]} can't be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise _wrong(f"--fields is no JSON: {error}. See docs/datasets.md.") from error
    if not isinstance(found, list) or not all(map(_is_field, found)):
        raise _wrong("--fields: as JSON it is a list of fields. See docs/datasets.md.")
    return found


def _is_field(value: object) -> bool:
    return isinstance(value, str) or (
        isinstance(value, dict) and isinstance(value.get("name"), str)
    )


class _Reading:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def left(self) -> str | None:
        """What stands where a list could not go on; None at the end."""
        return self._text[self._at : self._at + 1] or None

    def fields(self, depth: int) -> list[Any]:
        """Up to a closing bracket, or the end. Nothing between two commas is nothing."""
        if depth > _MOST_NESTED:
            raise self.wrong("that is nested too deep")
        fields = []
        while True:
            field = self._field(depth)
            if field is not None:
                fields.append(field)
            if not self._take(","):
                return fields

    def _field(self, depth: int) -> Any:
        name = self._match(_NAME)
        nested = self._nested(name, depth)
        heading = self._heading(depth) if self._take("=") else None
        if not name and (nested is not None or heading is not None):
            raise self.wrong("a field's name is missing")
        more = {"fields": nested, "label": heading}
        said = {member: value for member, value in more.items() if value is not None}
        if said:
            return {"name": name, **said}
        return name or None

    def _nested(self, name: str, depth: int) -> list[Any] | None:
        if not self._take("("):
            return None
        opened = self._at - 1
        fields = self.fields(depth + 1)
        if not self._take(")"):
            self._at = opened
            raise self.wrong("this ( is never closed")
        if not fields:
            raise self.wrong(f"name the fields of {name} between the brackets")
        if self._match(_NAME):
            raise self.wrong(f"after {name}(...) comes a comma or =")
        return fields

    def _heading(self, depth: int) -> str:
        if depth:
            raise self.wrong("only a column has a heading, a nested field has none")
        return self._match(_HEADING)

    def _match(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        text = found[0] if found else ""
        self._at += len(text)
        return text.strip()

    def _take(self, sign: str) -> bool:
        taken = self._text.startswith(sign, self._at)
        self._at += taken
        return taken

    def wrong(self, problem: str) -> Refused:
        shown = self._text[max(0, self._at - 20) : self._at + 1]
        return _wrong(f"--fields: {problem} (at character {self._at + 1}: {shown!r}).")


def _wrong(sentence: str) -> Refused:
    return Refused(sentence, Code.USAGE)
