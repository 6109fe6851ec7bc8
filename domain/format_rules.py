"""What each option of a format may be; a refusal says what can be used instead."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

from domain.date_patterns import (
    PatternInvalid,
    Piece,
    date_pattern,
    instant_pattern,
    timestamp_pattern,
)
from domain.format_options import (
    Encoding,
    Header,
    LineEnd,
    Nulls,
    Numbers,
    Quote,
    Unencodable,
)
from domain.json_reading import ValueRefused, closest, escaped, kind
from domain.json_shapes import Listed, listed
from domain.zones import zone_names

Rule = Callable[[object], object]
_Choice = TypeVar("_Choice", bound=StrEnum)
_Value = TypeVar("_Value")


def choice(choices: type[_Choice]) -> Callable[[object], _Choice]:
    """One of a closed set of names."""

    def read(json: object) -> _Choice:
        if isinstance(json, str) and json in choices.__members__.values():
            return choices(json)
        names = tuple(choices)
        raise ValueRefused(
            f"is none of the known values. {closest(json, names)}Use {_listed(names)}"
        )

    return read


def boolean(json: object) -> bool:
    if isinstance(json, bool):
        return json
    raise ValueRefused(f"must be true or false, not {kind(json)}")


def one_of(*texts: str) -> Callable[[object], str]:
    """One of a few short texts, said in quotes as some are spaces."""

    def read(json: object) -> str:
        if isinstance(json, str) and json in texts:
            return json
        raise ValueRefused(f"must be one of {', '.join(map(repr, texts))}")

    return read


def delimiter(json: object) -> str:
    """A printable ASCII mark or a tab that no number, quote or line end needs."""
    if isinstance(json, str) and len(json) == 1 and json in _DELIMITERS:
        return json
    raise ValueRefused(f"must be one character of {' '.join(_DELIMITERS[:-2])}, a space or a tab")


def short_text(json: object) -> str:
    """A text that stands for a value."""
    if not isinstance(json, str):
        raise ValueRefused(f"must be a string, not {kind(json)}")
    if len(json) > _SHORT or not json.isprintable():
        raise ValueRefused(f"must be at most {_SHORT} printable characters")
    return json


def decimal_places(json: object) -> int | None:
    if json is None:
        return None
    if isinstance(json, int) and not isinstance(json, bool) and 0 <= json <= _MOST_PLACES:
        return json
    raise ValueRefused(f"must be a whole number from 0 to {_MOST_PLACES}, or null for all digits")


def zone(json: object) -> str:
    """A name of the IANA time zone database."""
    if isinstance(json, str) and json in zone_names():
        return json
    hint = closest(json, tuple(sorted(zone_names()))) if isinstance(json, str) else ""
    raise ValueRefused(f"is no time zone. {hint}Use an IANA name such as Europe/Madrid or UTC")


def pattern(read_pattern: Callable[[str], tuple[Piece, ...]]) -> Callable[[object], str | None]:
    """A date pattern that the given vocabulary can read, or null for the source's own form."""

    def read(json: object) -> str | None:
        if json is None:
            return None
        if not isinstance(json, str):
            raise ValueRefused(f"must be a pattern such as YYYY-MM-DD, or null; not {kind(json)}")
        try:
            read_pattern(json[:_LONGEST_PATTERN])
        except PatternInvalid as invalid:
            raise ValueRefused(f"can't be read: {invalid}") from invalid
        if len(json) > _LONGEST_PATTERN:
            raise ValueRefused(f"must be at most {_LONGEST_PATTERN} characters")
        return json

    return read


def whole_number(least: int, most: int) -> Callable[[object], int]:
    def read(json: object) -> int:
        if isinstance(json, int) and not isinstance(json, bool) and least <= json <= most:
            return json
        raise ValueRefused(f"must be a whole number from {least} to {most}")

    return read


def colour(json: object) -> str:
    """As in HTML, six digits."""
    if isinstance(json, str) and _COLOUR.fullmatch(json):
        return json.lower()
    raise ValueRefused("must be a colour such as #1f4e79")


def by_field(
    rule: Callable[[object], _Value], example: str
) -> Callable[[object], tuple[tuple[str, _Value], ...]]:
    """An object from field names to values, kept sorted by name."""

    def read(json: object) -> tuple[tuple[str, _Value], ...]:
        if not isinstance(json, dict):
            raise ValueRefused(f"must be an object such as {example}, not {kind(json)}")
        return tuple((name, _named(rule, name, json[name])) for name in sorted(json))

    return read


def field_name(json: object) -> str:
    if isinstance(json, str) and 0 < len(json) <= _LONGEST_NAME:
        return json
    raise ValueRefused(f"must be the name of a field, not {kind(json)}")


def field_names(most: int) -> Callable[[object], Listed[str]]:
    """An array of so many different fields' names."""
    return lambda json: different(listed(field_name, most)(json))


def several(rule: Callable[[object], _Value]) -> Callable[[object], Listed[_Value]]:
    """One value, or an array of different ones."""

    def read(json: object) -> Listed[_Value]:
        values = Listed(map(rule, json if isinstance(json, list) else [json]))
        if not values:
            raise ValueRefused("must have at least one value")
        return different(values)

    return read


def different(values: Listed[_Value]) -> Listed[_Value]:
    if len(set(values)) < len(values):
        raise ValueRefused("names something twice; leave one out")
    return values


_COLOUR = re.compile("#[0-9a-fA-F]{6}")
_DELIMITERS = ",;|:^~!#$%&*/?@_ \t"
_SHORT = 32
_LONGEST_NAME = 200
_MOST_PLACES = 30
_LONGEST_PATTERN = 60

CSV_RULES: dict[str, Rule] = {
    "delimiter": delimiter,
    "bom": boolean,
    "encoding": choice(Encoding),
    "line_end": choice(LineEnd),
    "null_text": short_text,
    "quote": choice(Quote),
    "header": choice(Header),
    "date_format": pattern(date_pattern),
    "timestamp_format": pattern(timestamp_pattern),
    "instant_format": pattern(instant_pattern),
    "zone": zone,
    "decimal_separator": one_of(".", ","),
    "thousands_separator": one_of("", ",", ".", " ", "'", "_", "\u00a0", "\u202f"),
    "decimal_places": decimal_places,
    "true_text": short_text,
    "false_text": short_text,
    "formula_guard": boolean,
    "on_unencodable": choice(Unencodable),
}
NDJSON_RULES: dict[str, Rule] = {
    "nulls": choice(Nulls),
    "big_integers": choice(Numbers),
    "decimals": choice(Numbers),
    "zone": zone,
}


def _named(rule: Callable[[object], _Value], name: str, json: object) -> _Value:
    try:
        return rule(json)
    except ValueRefused as refused:
        if refused.at:
            raise ValueRefused(str(refused), f"/{escaped(name)}{refused.at}") from refused
        raise ValueRefused(f"has a wrong value for {name[:60]!r}, which {refused}") from refused


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names[:-1]) + f" or {names[-1]}"
