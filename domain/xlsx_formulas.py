"""Formulas for columns that are worked out from others of their row: a small grammar, never text
that Excel would get as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from domain.json_reading import ValueRefused, kind


class Function(StrEnum):
    ABS = "abs"
    MIN = "min"
    MAX = "max"
    ROUND = "round"


@dataclass(frozen=True, slots=True)
class Number:
    digits: str


@dataclass(frozen=True, slots=True)
class Name:
    """Of a field."""

    field: str


@dataclass(frozen=True, slots=True)
class Negative:
    of: Expression


@dataclass(frozen=True, slots=True)
class Operation:
    sign: Literal["+", "-", "*", "/"]
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Call:
    """ROUND has the number of places, from 0 to 10, as its second value."""

    function: Function
    values: tuple[Expression, ...]


Expression = Number | Name | Negative | Operation | Call


def parse_formula(text: str) -> Expression:
    """Raises `ValueRefused`, which says what is wrong."""
    reading = _Reading(text)
    found = reading.sum(0)
    if reading.ahead:
        raise ValueRefused(f"can't be read at {reading.ahead!r}")
    if next(names(found), None) is None:
        raise ValueRefused("names no field")
    return found


def formula(json: object) -> str:
    """The text of a formula that can be read."""
    if not isinstance(json, str):
        raise ValueRefused(f"must be a formula such as amount * 1.21, not {kind(json)}")
    if len(json) > _LONGEST:
        raise ValueRefused(f"must have at most {_LONGEST} characters")
    parse_formula(json)
    return json


def fields_of(expression: Expression) -> list[str]:
    """The fields that it needs, each once, in alphabetical order."""
    return sorted(set(names(expression)))


def names(expression: Expression) -> Iterator[str]:
    """The fields that it needs, each as often as it is there."""
    match expression:
        case Number():
            return
        case Name(field):
            yield field
        case Negative(of):
            yield from names(of)
        case Operation(_, left, right):
            yield from names(left)
            yield from names(right)
        case Call(_, values):
            for value in values:
                yield from names(value)


_LONGEST: Final = 300
_DEEPEST: Final = 20
_MOST_VALUES: Final = 10
_MOST_PLACES: Final = 10
_TOKEN: Final = re.compile(
    r"\s*(?:(?P<number>[0-9]{1,15}(?:\.[0-9]{1,15})?)|(?P<name>[A-Za-z_][\w.]*)|(?P<sign>[-+*/(),]))",
    re.ASCII,
)


class _Reading:
    """Reads by recursive descent, one token ahead; an empty one is the end."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self.ahead = ""
        self._kind = ""
        self._next()

    def sum(self, depth: int) -> Expression:
        if depth > _DEEPEST:
            raise ValueRefused(f"is nested more than {_DEEPEST} deep")
        found = self._product(depth)
        while self.ahead == "+" or self.ahead == "-":
            sign: Literal["+", "-"] = "+" if self.ahead == "+" else "-"
            self._next()
            found = Operation(sign, found, self._product(depth))
        return found

    def _product(self, depth: int) -> Expression:
        found = self._factor(depth)
        while self.ahead == "*" or self.ahead == "/":
            sign: Literal["*", "/"] = "*" if self.ahead == "*" else "/"
            self._next()
            found = Operation(sign, found, self._factor(depth))
        return found

    def _factor(self, depth: int) -> Expression:
        ahead, kind_ = self.ahead, self._kind
        if ahead == "-":
            self._next()
            if depth >= _DEEPEST:
                raise ValueRefused(f"is nested more than {_DEEPEST} deep")
            return Negative(self._factor(depth + 1))
        if ahead == "(":
            self._next()
            found = self.sum(depth + 1)
            self._expect(")")
            return found
        if kind_ == "number":
            self._next()
            return Number(ahead)
        if kind_ == "name":
            self._next()
            return self._call(ahead, depth) if self.ahead == "(" else Name(ahead)
        raise ValueRefused(f"can't be read at {ahead!r}" if ahead else "ends too early")

    def _call(self, name: str, depth: int) -> Expression:
        if name.lower() not in Function.__members__.values():
            raise ValueRefused(f"knows no function {name!r}; use {', '.join(Function)}")
        function = Function(name.lower())
        self._next()
        values = [self.sum(depth + 1)]
        while self.ahead == ",":
            self._next()
            values.append(self.sum(depth + 1))
        self._expect(")")
        _check_values(function, values)
        return Call(function, tuple(values))

    def _expect(self, token: str) -> None:
        if self.ahead != token:
            raise ValueRefused(f"lacks a {token!r}")
        self._next()

    def _next(self) -> None:
        rest = self._text[self._at :]
        if not rest.strip():
            self.ahead = self._kind = ""
            return
        found = _TOKEN.match(rest)
        if found is None:
            raise ValueRefused(f"can't be read at {rest.strip()[0]!r}")
        self._kind = found.lastgroup or ""
        self.ahead = found[self._kind]
        self._at += found.end()


def _check_values(function: Function, values: list[Expression]) -> None:
    match function, values:
        case (Function.ABS, [_]):
            return
        case (Function.MIN | Function.MAX, [_, *_]) if len(values) <= _MOST_VALUES:
            return
        case (Function.ROUND, [_, Number(digits)]) if digits in map(str, range(_MOST_PLACES + 1)):
            return
        case (Function.ROUND, _):
            raise ValueRefused(f"rounds to other than 0 to {_MOST_PLACES} places: round(x, 2)")
        case _:
            raise ValueRefused(f"gives {function} {len(values)} values")
