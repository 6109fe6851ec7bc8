"""The values that groups are told apart by, and the headers that show them. A group is a run of
rows whose values are written the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import compress, count, islice
from operator import ne
from typing import NamedTuple

from domain.formats import PdfOptions
from processors.renderers.copy_text import NULL
from processors.renderers.frames import Column
from processors.renderers.pdf.banners import Banners, Strip
from processors.renderers.pdf.columns import written_values
from processors.renderers.pdf.faces import Faces
from processors.renderers.pdf.marks import Key
from processors.renderers.pdf.texts import drawable
from processors.renderers.pdf.titles import people_title
from processors.renderers.values import Cells


class Run(NamedTuple):
    """Rows of one group within a block, from the first one's number on."""

    first: int
    key: Key


class GroupPens:
    """Made once a plan."""

    def __init__(
        self, columns: tuple[Column, ...], banners: Banners, options: PdfOptions, faces: Faces
    ) -> None:
        known = {column.name: number for number, column in enumerate(columns)}
        self.numbers = [known[name] for name in options.group_by]
        self._width = len(columns)
        self._options = options
        self._banners = banners
        self._faces = faces
        fields = [columns[number] for number in self.numbers]
        self.titles = [people_title(field, options, faces) for field in fields]
        self._written = [written_values(field.type, options) for field in fields]

    @property
    def depth(self) -> int:
        return len(self.numbers)

    def runs(self, flat: Cells) -> list[Run]:
        """Raises `UnicodeDecodeError` and `CellRefused`."""
        columns = [
            _values(flat[number :: self._width], written)
            for number, written in zip(self.numbers, self._written, strict=True)
        ]
        starts = {0} if flat else set()
        for column in columns:
            starts.update(compress(count(1), map(ne, column, islice(column, 1, None))))
        runs: list[Run] = []
        for first in sorted(starts):
            key = tuple(self._shown(column[first]) for column in columns)
            if not runs or key != runs[-1].key:
                runs.append(Run(first, key))
        return runs

    def try_cell(self, column: int, cell: bytes) -> None:
        written = self._written[self.numbers.index(column)]
        self._shown(_values([cell], written)[0])

    def headers(self, key: Key, common: int) -> Iterable[tuple[int, Strip]]:
        """With their levels; those of the first levels are shown already."""
        for level in range(common + 1, self.depth + 1):
            for strip in self._banners.header(self.said(level, key[level - 1]), level):
                yield level, strip

    def said(self, level: int, value: str | None) -> str:
        """The group as people read it."""
        return f"{self.titles[level - 1]}: {self.value(value)}"

    def value(self, value: str | None) -> str:
        return (self._options.null_text or "(none)") if value is None else value

    def _shown(self, value: bytes | None) -> str | None:
        if value is None:
            return None
        text = drawable(value.decode(), self._options.on_missing_glyph, self._faces)
        return text.replace("\n", " ")


def _values(cells: Cells, written: Callable[[Cells], Cells]) -> list[bytes | None]:
    values = written(cells)
    if NULL not in cells:
        return list(values)
    return [None if cell == NULL else value for cell, value in zip(cells, values, strict=True)]
