"""What every renderer has in common: a plan is prepared once to a frame, the frame turns fragments
into parts wherever there is room, and puts the file together of them in one pass.

All of it is pure: the same plan and rows give the same bytes, whoever renders, in whichever chunks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Protocol
from uuid import UUID

from domain.datasets import FieldType
from domain.fonts import Fonts
from domain.formats import FormatSpec
from domain.ports import Fragment
from domain.xlsx_options import XlsxOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One of a nested value's objects; `members` if it is nested itself."""

    name: str
    type: FieldType
    members: tuple[Member, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """`name` is the field's, unique in a plan; `label` is for people. `members` are those of a
    nested value's objects, None for a plain field."""

    name: str
    label: str
    type: FieldType
    members: tuple[Member, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a file for people says about itself. `title` is the dataset's label, `filter` the filter
    as a sentence, empty without one; `requested_by` is a reference, never a name; `masked` names
    the columns with a mask and its method, empty without one."""

    export_id: UUID
    title: str
    filter: str
    requested_by: UUID
    requested_at: datetime
    masked: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetPlan:
    """A further dataset on a sheet of its own, with the options that a workbook has there."""

    options: XlsxOptions
    columns: tuple[Column, ...]
    facts: Facts | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderPlan:
    """`codec` is what the export's plan recorded; None when there is no such record yet. So with
    `facts`: a plan that is only tried has none. `order` are the fields that the rows are ordered
    by, the first one first; `fonts` are the further ones that this process has for PDFs; `sheets`
    are the datasets beside the first."""

    spec: FormatSpec
    columns: tuple[Column, ...]
    codec: str | None = None
    facts: Facts | None = None
    order: tuple[str, ...] = ()
    fonts: Fonts = ()
    sheets: tuple[SheetPlan, ...] = ()

    @property
    def own_codec(self) -> str:
        """What this process writes with, whatever was recorded."""
        return self.spec.codec_with(self.fonts)


class PlanUnfit(Exception):
    """The rows can't be put in such a file. The message says what to change."""


class FieldNotThere(PlanUnfit):
    """An option names a field that isn't exported. Correct the name, or export the field too."""


class Reason(StrEnum):
    """Why a row can't be in the file. The codes are on the wire: they are never renamed."""

    NOT_UTF_8 = "not-utf-8"
    LONE_SURROGATE = "lone-surrogate"
    NUL_CHARACTER = "nul-character"
    UNENCODABLE = "unencodable"
    CELL_TOO_LONG = "cell-too-long"
    NO_GLYPH = "no-glyph"
    OUT_OF_RANGE = "out-of-range"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """One row that was left out. `row` counts from 0 within the fragment; `field` is the name of
    the first field that could not be written."""

    row: int
    field: str
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A fragment's share of the file; `rows` were written, `rejected` were not. `note` is what
    putting the file together needs to know of it beside its data: a few kB, or some MB at the very
    most where a fragment is cut into thousands of files."""

    data: bytes
    rows: int
    rejected: tuple[Rejection, ...]
    note: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A part as it is seen when the file is put together: of one fragment or, in formats without
    notes, of all of a chunk's. `size` is its data's, in bytes."""

    size: int
    rows: int
    rejected: int
    note: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verbatim:
    """The data of the parts `first` … `last`, without that one, as they are: it is never copied.
    Of part `first`, the first `skipped` bytes stay out; of the part before `last`, the last `left`.
    `heard` gets the data as it goes past, in order."""

    first: int
    last: int
    skipped: int = 0
    left: int = 0
    heard: Callable[[bytes], None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What all parts of a file together hold. `which` says for people which of a split's files it
    is; a file that isn't one of several says nothing."""

    rows: int
    rejected: int
    which: str = ""


Read = Callable[[int], bytes]
"""The data of a part by its number. Ask in order: each chunk is read once then."""


class Renders(Protocol):
    """Turns a dataset's fragments into parts. It keeps no state between calls that would change a
    byte."""

    def render(self, fragment: Fragment) -> Part: ...


class Frame(Renders, Protocol):
    """A prepared plan. `notes`: whether its parts have any. A part that isn't empty begins with
    `between`, which parts it from what is before it: the first one's stays out of the file."""

    notes: ClassVar[bool] = False
    between: ClassVar[bytes] = b""

    def of(self, sheet: int) -> Renders:
        """For the rows of one of a plan's datasets; 0 is the first."""
        return self

    def assemble(
        self, made: Sequence[Made], read: Read, totals: Totals
    ) -> Iterator[bytes | Verbatim]:
        """The whole file in one pass and in bounded memory, from the parts in their order. A format
        whose file isn't made of its parts as they are reads them instead."""
        ...


class TextFrame(Frame, Protocol):
    """One whose file is a head, the parts, and a tail."""

    def head(self) -> bytes: ...

    def tail(self, totals: Totals) -> bytes: ...

    def assemble(
        self, made: Sequence[Made], read: Read, totals: Totals
    ) -> Iterator[bytes | Verbatim]:
        yield self.head()
        yield Verbatim(first=0, last=len(made))
        yield self.tail(totals)


class CodecMismatch(Exception):
    """This worker would write other bytes than the plan says. Give all workers the same release, or
    retry the export so that it is planned anew."""
