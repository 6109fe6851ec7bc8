"""What every renderer has in common: a plan is prepared once to a frame, the frame turns fragments
into parts wherever there is room, and the file is the head, the parts in order, and the tail.

All of it is pure: the same plan and rows give the same bytes, whoever renders, in whichever chunks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from domain.datasets import FieldType
from domain.formats import FormatSpec
from domain.ports import Fragment


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """`name` is the field's, unique in a plan; `label` is for people."""

    name: str
    label: str
    type: FieldType


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderPlan:
    """`codec` is what the export's plan recorded; None when there is no such record yet."""

    spec: FormatSpec
    columns: tuple[Column, ...]
    codec: str | None = None


class Reason(StrEnum):
    """Why a row can't be in the file. The codes are on the wire: they are never renamed."""

    NOT_UTF_8 = "not-utf-8"
    LONE_SURROGATE = "lone-surrogate"
    NUL_CHARACTER = "nul-character"
    UNENCODABLE = "unencodable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """One row that was left out. `row` counts from 0 within the fragment; `field` is the name of
    the first field that could not be written."""

    row: int
    field: str
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A fragment's share of the file; `rows` were written, `rejected` were not."""

    data: bytes
    rows: int
    rejected: tuple[Rejection, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What all parts together hold."""

    rows: int
    rejected: int


class Frame(Protocol):
    """A prepared plan. It keeps no state between calls that would change a byte."""

    def head(self) -> bytes: ...

    def render(self, fragment: Fragment) -> Part: ...

    def tail(self, totals: Totals) -> bytes: ...

    def assemble(self, parts: Iterable[bytes], totals: Totals) -> Iterator[bytes]:
        """The whole file in one pass, from the parts' data in order of their fragments."""
        yield self.head()
        yield from parts
        yield self.tail(totals)


class CodecMismatch(Exception):
    """This worker would write other bytes than the plan says. Give all workers the same release, or
    retry the export so that it is planned anew."""
