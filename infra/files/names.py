"""Which keys an object may have: the same few on every store, so that no key can leave a folder,
mean something to a shell or a URL, or work on one store and fail on another."""

from __future__ import annotations

import re

LONGEST_KEY = 512
_PART = r"[A-Za-z0-9][A-Za-z0-9._=@+-]{0,199}"
_KEY = re.compile(rf"{_PART}(?:/{_PART})*")
_PREFIX = re.compile(rf"(?:{_PART}/)*(?:{_PART})?")


class KeyRefused(ValueError):
    """An object's key is made of parts between slashes; a part begins with a letter or a digit and
    goes on with letters, digits and . _ = @ + - only."""


def checked_key(key: str) -> str:
    return _checked(key, _KEY)


def checked_prefix(prefix: str) -> str:
    """A prefix may be empty and may end in the middle of a part or with a slash."""
    return _checked(prefix, _PREFIX)


def checked_range(start: int, length: int | None) -> None:
    if start < 0 or (length is not None and length < 0):
        raise ValueError(f"no bytes {start} + {length}")


def _checked(text: str, allowed: re.Pattern[str]) -> str:
    if len(text) > LONGEST_KEY or not allowed.fullmatch(text):
        raise KeyRefused(repr(text[:LONGEST_KEY]))
    return text
