"""Masks laid over the rows that come from a source, column by column of each block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Protocol, TypeAlias

from domain.copy_text import LARGEST_COMPILED, TAB, FragmentMalformed, blocks, end_of_odd
from domain.field_types import FieldType
from domain.masks.columns import Column, column
from domain.masks.nested import nested_column, rewriting
from domain.masks.spec import Mask
from domain.nested_values import Step
from domain.ports import Fragment


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskedColumn:
    """`index` counts the columns of a row from 0; `key`, secret, is for a token."""

    index: int
    mask: Mask
    type: FieldType
    key: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskedMember:
    """One of a nested value's objects. `mask` is None where it stays as it is; `members` if it is
    nested itself."""

    name: str
    type: FieldType
    mask: Mask | None = None
    key: bytes | None = field(default=None, repr=False)
    members: tuple[MaskedMember, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskedNested:
    """A column of nested values. What is masked in them came as the text of its value, whatever
    its type."""

    index: int
    members: tuple[MaskedMember, ...]


Masked: TypeAlias = MaskedColumn | MaskedNested


class CompiledMasks(Protocol):
    """How whole rows are masked by compiled code."""

    def write(self, block: bytes, start: int) -> tuple[bytes, int]:
        """Masks a block's rows from `start` on, up to the first that isn't ordinary. Returns them,
        and where in the block they end."""


class Masking:
    """What to do with rows of `width` columns. It remembers values that it has met, so it is for
    one thread at a time. `compiled` masks the same plain columns, sooner."""

    def __init__(
        self, width: int, masked: Sequence[Masked], compiled: CompiledMasks | None = None
    ) -> None:
        self._compiled = compiled
        self._plain: _Columns = []
        self._nested: _Columns = []
        for each in masked:
            if isinstance(each, MaskedNested):
                self._nested.append((each.index, nested_column(_steps(each.members))))
            else:
                self._plain.append((each.index, column(each.mask, each.type, each.key)))
        last = max((each.index for each in masked), default=-1)
        if last >= width:
            raise FragmentMalformed(f"there is no column {last} among {width}")

    def fragment(self, fragment: Fragment) -> Fragment:
        """The same rows, masked. Raises `FragmentMalformed`."""
        if not self._plain and not self._nested:
            return fragment
        data = b"".join([self._block(block) for block in blocks(fragment.data)])
        return Fragment(rows=fragment.rows, data=data)

    def _block(self, block: bytes) -> bytes:
        if self._compiled is None or len(block) > LARGEST_COMPILED:
            return _laid([*self._plain, *self._nested], block)
        masked, start = self._compiled.write(block, 0)
        pieces, odd_rows = [masked], 0
        while start < len(block):
            odd_rows += 1
            end = end_of_odd(block, start, odd_rows)
            pieces.append(_laid(self._plain, block[start:end]))
            masked, start = self._compiled.write(block, end)
            pieces.append(masked)
        return _laid(self._nested, b"".join(pieces))


_Columns: TypeAlias = list[tuple[int, Column]]


def _laid(columns: _Columns, block: bytes) -> bytes:
    """Rows are cut no further than behind the last column with a mask."""
    if not columns:
        return block
    cuts = 1 + max(index for index, _ in columns)
    rows = list(map(bytes.split, block.split(b"\n")[:-1], repeat(TAB), repeat(cuts)))
    if min(map(len, rows)) < cuts:
        raise FragmentMalformed(f"some rows don't have {cuts} columns")
    for index, mask in columns:
        for row, cell in zip(rows, mask([row[index] for row in rows]), strict=True):
            row[index] = cell
    return b"\n".join(map(TAB.join, rows)) + b"\n"


def _steps(members: tuple[MaskedMember, ...]) -> tuple[Step, ...]:
    return tuple(
        Step(
            name=each.name,
            rewrite=None
            if each.mask is None
            else rewriting(column(each.mask, each.type, each.key)),
            free=each.type is FieldType.JSON and each.mask is None,
            steps=None if each.members is None else _steps(each.members),
        )
        for each in members
    )
