"""One JSON document, one sequence of bytes: what is signed must not depend on who serialised it.

This is RFC 8785 (JSON Canonicalization Scheme), restricted: a number is an integer that a double
holds exactly, so that no implementation has to agree with another on how to print a float.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

Json: TypeAlias = "bool | int | str | Sequence[Json] | Mapping[str, Json] | None"

LARGEST_INTEGER = 2**53 - 1


class NotCanonical(ValueError):
    """This document has no canonical form. Use text without lone surrogates, integers below 2^53,
    true, false, null, lists and objects; write other numbers as text."""


def canonical(document: Json) -> bytes:
    """UTF-8 without white space, members sorted by the UTF-16 code units of their names (RFC 8785,
    section 3.2.3), strings with the fewest escapes (section 3.2.2.2). Raises `NotCanonical`."""
    try:
        return _written(document).encode()
    except UnicodeEncodeError as error:
        raise NotCanonical(f"a lone surrogate at {error.start} in a text") from error


def _written(value: Json) -> str:
    match value:
        case None | bool() | str():
            return json.dumps(value, ensure_ascii=False)
        case int():
            return _integer(value)
        case Mapping():
            return _members(value)
        case list() | tuple():
            return "[" + ",".join(map(_written, value)) + "]"
        case _:
            raise NotCanonical(f"a {type(value).__name__} can't be written")


def _integer(value: int) -> str:
    if abs(value) > LARGEST_INTEGER:
        raise NotCanonical(f"{value} is beyond 2^53 - 1")
    return str(value)


def _members(members: Mapping[str, Json]) -> str:
    for name in members:
        if not isinstance(name, str):
            raise NotCanonical(f"a member's name is a {type(name).__name__}")
    ordered = sorted(members, key=_utf16)
    return "{" + ",".join(f"{_written(name)}:{_written(members[name])}" for name in ordered) + "}"


def _utf16(name: str) -> bytes:
    return name.encode("utf-16-be")
