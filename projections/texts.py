"""Text as PostgreSQL can hold and find it: a label that it refuses must not stop a read model."""

from __future__ import annotations

import re

_REFUSED = re.compile("[\x00\ud800-\udfff]")  # NUL and lone surrogates


def storable(text: str) -> str:
    """The text with U+FFFD for each character that PostgreSQL refuses."""
    return _REFUSED.sub("\ufffd", text)


def words(text: str) -> list[str]:
    """What a search looks for: each word must occur, in whatever case."""
    return storable(text).casefold().split()


def searchable(*texts: str) -> str:
    """The text in which `words` are looked for."""
    return "\n".join(texts).casefold()
