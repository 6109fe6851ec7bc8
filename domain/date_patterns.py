"""How dates and times may be written: a small vocabulary of our own, so that a pattern means the
same in every format, locale and platform, and a slip of the pen is an error and not a column of
nonsense."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Part(StrEnum):
    """What a pattern can be made of; `MM` is the month and `mm` the minute."""

    YEAR = "YYYY"
    SHORT_YEAR = "YY"
    MONTH = "MM"
    SHORT_MONTH = "M"
    DAY = "DD"
    SHORT_DAY = "D"
    HOUR = "HH"
    SHORT_HOUR = "H"
    HALF_DAY_HOUR = "hh"
    SHORT_HALF_DAY_HOUR = "h"
    HALF = "A"
    MINUTE = "mm"
    SECOND = "ss"
    MILLISECOND = "SSS"
    MICROSECOND = "SSSSSS"
    OFFSET = "Z"


@dataclass(frozen=True, slots=True)
class Literal:
    """Text that is written as it stands."""

    text: str


Piece = Part | Literal


class PatternInvalid(Exception):
    """The pattern isn't understood. Write it with YYYY, MM, DD, HH, mm, ss, such as DD/MM/YYYY."""


def date_pattern(text: str) -> tuple[Piece, ...]:
    """Reads the pattern of a date: parts of a day only."""
    return _without(_pieces(text), set(Part) - _DAY, "a date has no such part")


def timestamp_pattern(text: str) -> tuple[Piece, ...]:
    """Reads the pattern of a date and time that belongs to no zone."""
    return _without(_pieces(text), {Part.OFFSET}, "a timestamp without time zone has no offset")


def instant_pattern(text: str) -> tuple[Piece, ...]:
    """Reads the pattern of a point in time; `Z` is its offset from UTC, such as +02:00."""
    return _pieces(text)


def literals(pieces: tuple[Piece, ...]) -> str:
    """All the characters that a pattern writes besides digits."""
    texts = [piece.text for piece in pieces if isinstance(piece, Literal)]
    return "".join(texts) + ("+-:" if Part.OFFSET in pieces else "")


_DAY = {
    Part.YEAR,
    Part.SHORT_YEAR,
    Part.MONTH,
    Part.SHORT_MONTH,
    Part.DAY,
    Part.SHORT_DAY,
}
_TOKEN = re.compile(
    "|".join(sorted((part.value for part in Part), key=len, reverse=True))
    + r"|\[(?P<quoted>[\x20-\x5c\x5e-\x7e]*)\]|(?P<plain>[ /.:,;_T-]+)"
)
_AMBIGUOUS = {Part.HALF_DAY_HOUR, Part.SHORT_HALF_DAY_HOUR}


def _pieces(text: str) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise PatternInvalid(_unknown(text, at))
        pieces.append(_piece(token))
        at = token.end()
    return _sensible(tuple(pieces))


def _piece(token: re.Match[str]) -> Piece:
    if token["quoted"] is not None:
        return Literal(token["quoted"])
    return Literal(token["plain"]) if token["plain"] else Part(token[0])


def _sensible(pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    parts = [piece for piece in pieces if isinstance(piece, Part)]
    if not parts:
        raise PatternInvalid("the pattern writes nothing; use for example YYYY-MM-DD")
    twice = next((part for part in parts if parts.count(part) > 1), None)
    if twice is not None:
        raise PatternInvalid(f"{twice.value} appears twice")
    if _AMBIGUOUS & set(parts) and Part.HALF not in parts:
        raise PatternInvalid("hh and h count to 12 only; add A (AM or PM), or use HH")
    return pieces


def _without(pieces: tuple[Piece, ...], unwanted: set[Part], why: str) -> tuple[Piece, ...]:
    found = next((piece for piece in pieces if piece in unwanted), None)
    if isinstance(found, Part):
        raise PatternInvalid(f"{found.value}: {why}; leave it out")
    return pieces


def _unknown(text: str, at: int) -> str:
    known = ", ".join(part.value for part in Part)
    return (
        f"{text[at:]!r} at character {at + 1} is none of {known}; "
        "put other text in brackets, such as [at]"
    )
