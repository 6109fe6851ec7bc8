"""The methods by name, the types that each fits, and what its options may be."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from domain.field_types import FieldType
from domain.format_rules import Rule, choice, whole_number
from domain.json_reading import ValueRefused
from domain.masks.spec import (
    ByPeriod,
    ByPrefix,
    ByWidth,
    Constant,
    Keep,
    Mask,
    Null,
    Pattern,
    Period,
    Shape,
    Token,
)

TOKEN_LENGTHS: Final = (16, 32, 64)
MOST_CHARACTERS: Final = 100
MOST_HIDDEN: Final = 32
WIDEST: Final = 10**15
LONGEST_TEXT: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """`needed` are the options without a default; `example` says how to write them."""

    make: Callable[..., Mask]
    types: frozenset[FieldType]
    rules: Mapping[str, Rule]
    needed: frozenset[str] = frozenset()
    example: str = ""


def _short_text(json: object) -> str:
    if isinstance(json, str) and len(json) <= LONGEST_TEXT and json.isprintable():
        return json
    raise ValueRefused(f"must be a text of at most {LONGEST_TEXT} printable characters")


def _character(json: object) -> str:
    if isinstance(json, str) and len(json) == 1 and json.isprintable():
        return json
    raise ValueRefused("must be one printable character")


def _hidden(json: object) -> int | None:
    if json is None:
        return None
    try:
        return whole_number(1, MOST_HIDDEN)(json)
    except ValueRefused as wrong:
        raise ValueRefused(f"{wrong}, or null for as many as were hidden") from wrong


def _token_length(json: object) -> int:
    if isinstance(json, int) and not isinstance(json, bool) and json in TOKEN_LENGTHS:
        return json
    raise ValueRefused(f"must be one of {', '.join(map(str, TOKEN_LENGTHS))}")


def _scope(json: object) -> str | None:
    if json is None or (isinstance(json, str) and _NAME.fullmatch(json)):
        return json
    raise ValueRefused(
        "must be a name of lower-case letters a-z, digits and _, a letter first, at most 63"
        " characters, or null for tokens of this export alone"
    )


def _pattern(**values: Any) -> Pattern:
    """An address keeps its first letter, and hides how long it is, unless it is said otherwise."""
    if values.get("shape") is Shape.EMAIL:
        return Pattern(**{"first": 1, "hidden": 3, **values})
    return Pattern(**values)


_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")
_ANY: Final = frozenset(FieldType)
_DAYS: Final = frozenset({FieldType.DATE, FieldType.TIMESTAMP, FieldType.INSTANT})
_FIGURES: Final = frozenset({FieldType.INTEGER, FieldType.DECIMAL, FieldType.FLOAT})
_kept = whole_number(0, MOST_CHARACTERS)

METHODS: Final[tuple[tuple[str, Method], ...]] = (
    ("keep", Method(make=Keep, types=_ANY, rules={})),
    (
        "mask",
        Method(
            make=_pattern,
            types=frozenset({FieldType.TEXT, FieldType.INTEGER, FieldType.UUID}),
            rules={
                "shape": choice(Shape),
                "first": _kept,
                "last": _kept,
                "character": _character,
                "hidden": _hidden,
            },
        ),
    ),
    (
        "generalise",
        Method(
            make=ByPeriod,
            types=_DAYS,
            rules={"to": choice(Period)},
            needed=frozenset({"to"}),
            example="Write year, quarter or month",
        ),
    ),
    (
        "generalise",
        Method(
            make=ByWidth,
            types=_FIGURES,
            rules={"width": whole_number(1, WIDEST)},
            needed=frozenset({"width"}),
            example="Write how wide an interval is, such as 10",
        ),
    ),
    (
        "generalise",
        Method(
            make=ByPrefix,
            types=frozenset({FieldType.TEXT}),
            rules={"prefix": whole_number(1, MOST_CHARACTERS)},
            needed=frozenset({"prefix"}),
            example="Write how many characters stay, such as 2 of a postal code",
        ),
    ),
    (
        "token",
        Method(
            make=Token,
            types=_ANY - {FieldType.BOOLEAN, FieldType.JSON},
            rules={"length": _token_length, "scope": _scope},
        ),
    ),
    (
        "constant",
        Method(
            make=Constant,
            types=_ANY,
            rules={"text": _short_text},
            needed=frozenset({"text"}),
            example="Write the text that stands in every row",
        ),
    ),
    ("null", Method(make=Null, types=_ANY, rules={})),
)
"""`generalise` is three: what is left of a day, of a number, and of a text."""
