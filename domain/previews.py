"""Trying out a file on the first rows: what it would be made of, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.exports.events import PlannedColumn
from domain.formats import FormatSpec
from domain.ports import Fragment


class PreviewUnfit(Exception):
    """The rows can't be put in such a file. The message says what to change."""


class PreviewsBusy(Exception):
    """As many files are being tried out as this process does at once."""


class PreviewTooSlow(Exception):
    """The file was not ready in time. Ask for fewer rows or fields."""


class PreviewsNotHere(Exception):
    """This process only answers; it renders no files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewAsked:
    """`order` are the fields that the rows come in the order of. The others are what a file for
    people says about itself, as an export's would."""

    spec: FormatSpec
    columns: tuple[PlannedColumn, ...]
    rows: Fragment
    title: str
    filter: str
    requested_by: UUID
    requested_at: datetime
    order: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RowLeftOut:
    """`row` counts from 0; `field` is the first that could not be written."""

    row: int
    field: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The file, how many rows are in it, and which are not."""

    file: bytes
    rows: int
    rejected: tuple[RowLeftOut, ...]


class Previews(Protocol):
    def render(self, asked: PreviewAsked) -> Preview:
        """By the code that an export's files are made with. Raises `PreviewUnfit`, `PreviewsBusy`,
        `PreviewTooSlow` or `PreviewsNotHere`."""


class NoPreviews:
    """Of a process that has nobody to render."""

    def render(self, asked: PreviewAsked) -> Preview:
        raise PreviewsNotHere
