"""One range of bytes (RFC 9110, section 14): what a download manager that resumes asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ONE = re.compile(r"bytes=\s*(?P<first>[0-9]{0,19})\s*-\s*(?P<last>[0-9]{0,19})\s*", re.IGNORECASE)


class NotSatisfiable(Exception):
    """The file has no such bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """`length` bytes from `first`."""

    first: int
    length: int


def wanted(header: str | None, size: int) -> Span | None:
    """The one range that is asked for; None for the whole file: also for several ranges, another
    unit or something that can't be understood, which a server is free to ignore.

    Raises `NotSatisfiable`."""
    found = _ONE.fullmatch(header or "")
    if found is None or not (found["first"] or found["last"]):
        return None
    if not found["first"]:
        return _suffix(int(found["last"]), size)
    first = int(found["first"])
    last = int(found["last"]) if found["last"] else size - 1
    if last < first and found["last"]:
        return None
    if first >= size:
        raise NotSatisfiable
    return Span(first=first, length=min(last, size - 1) - first + 1)


def _suffix(length: int, size: int) -> Span:
    if length == 0 or size == 0:
        raise NotSatisfiable
    length = min(length, size)
    return Span(first=size - length, length=length)
