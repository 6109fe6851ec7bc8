"""Text as PostgreSQL can hold and find it: a label that it refuses must not stop a read model."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

_REFUSED = re.compile("[\x00\ud800-\udfff]")  # NUL and lone surrogates
_WILD = re.compile(r"[%_\\]")
_ESCAPED = r"\\\g<0>"


def storable(text: str) -> str:
    """The text with U+FFFD for each character that PostgreSQL refuses."""
    return _REFUSED.sub("\ufffd", text)


def storable_json(value: Any) -> Any:
    """The JSON value with each of its texts storable, names too."""
    match value:
        case str():
            return storable(value)
        case Mapping():
            return {storable(name): storable_json(member) for name, member in value.items()}
        case list() | tuple():
            return [storable_json(member) for member in value]
        case _:
            return value


def words(text: str) -> list[str]:
    """What a search looks for: each word must occur, in whatever case."""
    return storable(text).casefold().split()


def patterns(words: Iterable[str]) -> list[str]:
    """For LIKE, in what `searchable` gave: each word anywhere, taken literally."""
    return [f"%{_WILD.sub(_ESCAPED, word)}%" for word in words]


def searchable(*texts: str) -> str:
    """The text in which `patterns` are looked for."""
    return "\n".join(texts).casefold()
