"""Masks laid over the rows that come from a source, column by column of each block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Protocol

from domain.copy_text import LARGEST_COMPILED, TAB, FragmentMalformed, blocks, end_of_odd
from domain.field_types import FieldType
from domain.masks.columns import column
from domain.masks.spec import Mask
from domain.ports import Fragment


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskedColumn:
    """`index` counts the columns of a row from 0; `key`, secret, is for a token."""

    index: int
    mask: Mask
    type: FieldType
    key: bytes | None = field(default=None, repr=False)


class CompiledMasks(Protocol):
    """How whole rows are masked by compiled code."""

    def write(self, block: bytes, start: int) -> tuple[bytes, int]:
        """Masks a block's rows from `start` on, up to the first that isn't ordinary. Returns them,
        and where in the block they end."""


class Masking:
    """What to do with rows of `width` columns. It remembers values that it has met, so it is for
    one thread at a time. `compiled` masks the same columns, sooner."""

    def __init__(
        self, width: int, masked: Sequence[MaskedColumn], compiled: CompiledMasks | None = None
    ) -> None:
        self._compiled = compiled
        self._columns = [(each.index, column(each.mask, each.type, each.key)) for each in masked]
        self._last = max((each.index for each in masked), default=-1)
        if self._last >= width:
            raise FragmentMalformed(f"there is no column {self._last} among {width}")

    def fragment(self, fragment: Fragment) -> Fragment:
        """The same rows, masked. Raises `FragmentMalformed`."""
        if not self._columns:
            return fragment
        data = b"".join([self._block(block) for block in blocks(fragment.data)])
        return Fragment(rows=fragment.rows, data=data)

    def _block(self, block: bytes) -> bytes:
        if self._compiled is None or len(block) > LARGEST_COMPILED:
            return self._by_python(block)
        masked, start = self._compiled.write(block, 0)
        pieces, odd_rows = [masked], 0
        while start < len(block):
            odd_rows += 1
            end = end_of_odd(block, start, odd_rows)
            pieces.append(self._by_python(block[start:end]))
            masked, start = self._compiled.write(block, end)
            pieces.append(masked)
        return b"".join(pieces)

    def _by_python(self, block: bytes) -> bytes:
        """Rows are cut no further than behind the last column with a mask."""
        cuts = self._last + 1
        rows = list(map(bytes.split, block.split(b"\n")[:-1], repeat(TAB), repeat(cuts)))
        if min(map(len, rows)) < cuts:
            raise FragmentMalformed(f"some rows don't have {cuts} columns")
        for index, mask in self._columns:
            for row, cell in zip(rows, mask([row[index] for row in rows]), strict=True):
                row[index] = cell
        return b"\n".join(map(TAB.join, rows)) + b"\n"
