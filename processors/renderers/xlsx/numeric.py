"""Which fields' cells hold numbers, dates and times being numbers too, and which numbers."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import assert_never

from domain.datasets import FieldType
from processors.renderers.copy_text import NULL, TAB
from processors.renderers.values import Cells
from processors.renderers.xlsx.cells import Inner
from processors.renderers.xlsx.numbers import decimals, floats, integers
from processors.renderers.xlsx.serials import (
    DATES_1900,
    DateSystem,
    dates,
    instants,
    times,
    timestamps,
)

SUMMED = {FieldType.INTEGER, FieldType.DECIMAL, FieldType.FLOAT}
"""Whose values can be added up."""


def numeric(type_: FieldType, zone: str, system: DateSystem = DATES_1900) -> Inner | None:
    """What a type's ordinary values are in their cells, if those hold numbers."""
    match type_:
        case FieldType.TEXT | FieldType.JSON | FieldType.UUID | FieldType.BOOLEAN:
            return None
        case FieldType.INTEGER:
            return integers
        case FieldType.DECIMAL:
            return decimals
        case FieldType.FLOAT:
            return floats
        case FieldType.DATE:
            return dates(system)
        case FieldType.TIME:
            return times()
        case FieldType.TIMESTAMP:
            return timestamps(system)
        case FieldType.INSTANT:
            return instants(system, zone)
        case _:
            assert_never(type_)


def values(column: Cells, inner: Inner, type_: FieldType) -> list[int | Decimal | None]:
    """The number that each cell holds, as exactly as it is written; None where it holds none."""
    written = inner(column) if NULL not in column else None
    if written is not None:
        return list(_parsed(written, type_))
    present = [cell for cell in column if cell != NULL]
    written = inner(present) if present else present
    if written is None:
        return [_alone(cell, inner, type_) for cell in column]
    following: Iterator[int | Decimal] = iter(_parsed(written, type_))
    return [None if cell == NULL else next(following) for cell in column]


def _parsed(written: Cells, type_: FieldType) -> list[int] | list[Decimal]:
    if type_ in {FieldType.INTEGER, FieldType.DATE}:
        return list(map(int, written))
    return list(map(Decimal, TAB.join(written).decode().split("\t"))) if written else []


def _alone(cell: bytes, inner: Inner, type_: FieldType) -> int | Decimal | None:
    written = inner([cell]) if cell != NULL else None
    return None if written is None else _parsed(written, type_)[0]
