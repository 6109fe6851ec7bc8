"""What can be done to a field's values before they leave the source's reader.

Null stays null under every mask but `Constant`, which hides also whether there is a value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from domain.field_types import FieldType


class Shape(StrEnum):
    """What a pattern is laid over: a whole text, or what is before the @ of an e-mail address."""

    TEXT = "text"
    EMAIL = "email"


class Period(StrEnum):
    YEAR = "year"
    QUARTER = "quarter"
    MONTH = "month"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """The value as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Null:
    """No value at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """This text in every row, also where there is no value."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """The `first` and `last` characters stay, those between are `character`s: as many as were
    hidden, or always `hidden`. Where nothing would be between, nothing stays."""

    shape: Shape = Shape.TEXT
    first: int = 0
    last: int = 0
    character: str = "*"
    hidden: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ByPeriod:
    """The year (`2024`), quarter (`2024-Q3`) or month (`2024-07`) of a day; instants are in UTC."""

    to: Period


@dataclass(frozen=True, slots=True, kw_only=True)
class ByWidth:
    """The interval of this width that a number is in: `[20,30)`, from 20 to below 30."""

    width: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ByPrefix:
    """The first characters of a text."""

    prefix: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """`length` hexadecimal digits that only the value and a secret key decide. The key is the
    export's own or, with a `scope`, that of all exports of the workspace that name this scope:
    within it the same value gives the same token, across datasets, fields and time."""

    length: int = 32
    scope: str | None = None


Mask: TypeAlias = Keep | Null | Constant | Pattern | ByPeriod | ByWidth | ByPrefix | Token


def result_type(mask: Mask, of: FieldType) -> FieldType:
    """The type of what a mask makes. It says no more than it knows: a year is a text, not the
    first of January."""
    return of if isinstance(mask, Keep | Null) else FieldType.TEXT
