"""What a waybill is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.rows import Order


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldWritten:
    """`mask` is what the values went through before they were written, None for nothing. `nested`
    is what was asked of a nested value: its fields, and filter and order where it has them, with
    the masks that its fields went through."""

    name: str
    label: str
    mask: Mapping[str, Any] | None = None
    nested: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """Bytes counted and hashed; `sha256` in lower-case hex."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatUsed:
    """The members of a `domain.formats.FormatSpec`, and its `codec`: what the bytes depend on
    besides rows and options. `split` as JSON, None for a file that isn't."""

    name: str
    compression: str
    options: Mapping[str, Any]
    codec: str
    split: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RowCounts:
    """`matched` counts the rows of the filter, whatever the limit; each row that was to be written
    is either `written` or `rejected`."""

    matched: int
    written: int
    rejected: int


def rows_wanted(matched: int, limit: int | None, sheets: Sequence[tuple[int, int | None]]) -> int:
    """What the limits let in of a file's `matched` rows. `sheets` are rows and limit of each
    further dataset; what they leave are the first one's."""
    first = matched - sum(rows for rows, _ in sheets)
    asked = [(first, limit), *sheets]
    return sum(rows if most is None else min(rows, most) for rows, most in asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetWritten:
    """A further dataset on a sheet of its own, as the waybill tells of the first; `options` are
    those of the workbook that are other there."""

    dataset: str
    dataset_version: str
    fields: tuple[FieldWritten, ...]
    filter: Any
    filter_sentence: str
    order: tuple[Order, ...]
    limit: int | None
    options: Mapping[str, Any]
    rows: RowCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class CapApplied:
    """A cap that was in force, such as `rows` 1000000; `cut` when it made the file shorter."""

    name: str
    value: int
    cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkWritten:
    """One chunk's bytes in the file; `rows` counts the written ones."""

    index: int
    rows: int
    rejected: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSpan:
    """Where the export's history lies in the event log: the store's epoch, the positions of its
    first and its latest event, and the latest event's version within the export."""

    epoch: UUID
    first_position: int
    last_position: int
    last_version: int
