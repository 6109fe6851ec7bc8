"""Pages with groups and totals counted, by what the notes of all parts say, before any part is
read."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import Final

from processors.renderers.pdf.layout import Layout
from processors.renderers.pdf.marks import (
    KIND_SHIFT,
    LINES,
    Kind,
    entry,
    in_common,
    kind_of,
    level_of,
    lines_of,
    open_groups,
)
from processors.renderers.pdf.notes import Note, Stamp


def sequence(notes: Iterable[Note], depth: int, total_lines: int) -> array[int]:
    """The entries of the whole file, in the order of the parts' data with the totals between;
    `total_lines` is 0 where there are none."""
    entries = array("I")
    before: Stamp | None = None
    for note in notes:
        common = 0 if before is None else in_common(before, note.first)
        _join(entries, _beginning(note.lines, common, depth), depth, total_lines)
        before = note.last
    entries.extend(_totals(depth if before is not None else 0, 0, total_lines))
    return entries


def _beginning(lines: array[int], common: int, depth: int) -> array[int]:
    """A part's entries once it is known which groups began before it."""
    lines[0] = entry(Kind.BEGIN, common)
    number = 1
    while kind_of(lines[number]) == Kind.HEADER:
        if level_of(lines[number]) <= common:
            lines[number] = entry(Kind.REPEATED, level_of(lines[number]))
        number += 1
    return lines


def _join(entries: array[int], lines: array[int], depth: int, total_lines: int) -> None:
    """With the totals of what ends where something begins."""
    if not total_lines:
        entries += lines
        return
    done = 0
    begin = int(Kind.BEGIN)
    for number, each in enumerate(lines):
        if each >> KIND_SHIFT & 0xF == begin and (entries or number):
            entries += lines[done:number]
            entries.extend(_totals(depth, level_of(each) + 1, total_lines))
            done = number
    entries += lines[done:]


def _totals(innermost: int, outermost: int, total_lines: int) -> Iterable[int]:
    if total_lines:
        for level in range(innermost, outermost - 1, -1):
            yield entry(Kind.TOTAL, level, total_lines)


def filled_pages(entries: array[int], layout: Layout, depth: int) -> array[int]:
    """The first entry of each page, and the end of the last. A header is on a page with the first
    row below it, if they fit on one."""
    filling = _Filling(entries, layout, depth)
    starts = array("Q", [0, *filling.breaks()])
    starts.append(len(entries))
    return starts


class _Filling:
    def __init__(self, entries: array[int], layout: Layout, depth: int) -> None:
        self._entries, self._depth = entries, depth
        self._room, self._continued = layout.top - layout.bottom, layout.continued
        counts = {each & LINES for each in entries}
        self._height = {count: layout.row_height(count) if count else 0 for count in counts}

    def breaks(self) -> Iterable[int]:
        left, below = self._room, self._room - self._continued
        height, row, begin = self._height, int(Kind.ROW), int(Kind.BEGIN)
        for number, each in enumerate(self._entries):
            kind = each >> KIND_SHIFT & 0xF
            needed = height[each & LINES]
            if kind == begin:
                if level_of(each) < self._depth and self._together(number) > left < self._room:
                    yield number
                    left = below if level_of(each) else self._room
            elif needed > left:
                yield number
                left = below if kind == row or open_groups(each, self._depth) else self._room
            left -= needed

    def _together(self, number: int) -> int:
        """The height of a group's headers and its first row; none if no page holds them."""
        height = 0
        for each in self._entries[number + 1 : number + _LOOKED_AHEAD]:
            height += self._height[lines_of(each)]
            if kind_of(each) == Kind.ROW:
                break
        return height if height <= self._room - self._continued else 0


_LOOKED_AHEAD: Final = 12
"""Entries: as many as the deepest groups' headers take."""
