"""The question an export asks of its source: which rows, which fields, in which order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from domain.filters import Filter

FRAGMENT_ROWS = 16_384
"""Rows in a fragment, the unit of rendering: it never changes with the chunk size, so that the
same rows give the same bytes however they were cut into chunks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    field: str
    direction: Literal["asc", "desc"] = "asc"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowQuery:
    """A checked question. `asked_at` is what relative dates count from; the dataset's key is
    always the last order, so that the answer has one order."""

    fields: tuple[str, ...]
    filter: Filter | None = None
    order: tuple[Order, ...] = ()
    limit: int | None = None
    asked_at: datetime
