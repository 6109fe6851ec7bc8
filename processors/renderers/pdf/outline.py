"""The outline of a file: its groups, each with where it begins. (ISO 32000-1, 12.3.3)"""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from processors.renderers.pdf.marks import Kind, kind_of, level_of
from processors.renderers.pdf.objects import Objects, text_string

MOST: Final = 5_000
"""Of the outermost levels as many as have no more groups together: a reader loads them all."""


def outlined_levels(entries: array[int]) -> int:
    """How many levels of groups are in the outline."""
    counts = Counter(level_of(each) for each in entries if kind_of(each) == Kind.HEADER)
    together = levels = 0
    for level in sorted(counts):
        together += counts[level]
        if together > MOST:
            break
        levels = level
    return levels


@dataclass(slots=True)
class _Item:
    title: str
    page: int
    height: int
    number: int
    kids: list[_Item] = field(default_factory=list)


class Outline:
    """Takes groups as they come."""

    def __init__(self, objects: Objects, levels: int) -> None:
        self._objects, self._levels = objects, levels
        self._path: list[_Item] = []
        self._top: list[_Item] = []

    def add(self, level: int, title: str, page: int, height: int) -> None:
        """A group of this level that begins so high on the page, which is an object's number."""
        if level > self._levels:
            return
        item = _Item(_short(title), page, height, self._objects.reserve())
        del self._path[level - 1 :]
        (self._path[-1].kids if self._path else self._top).append(item)
        self._path.append(item)

    def finish(self) -> int | None:
        """The number of the outline's object; None if it is empty."""
        if not self._top:
            return None
        root = self._objects.reserve()
        self._write_all(self._top, root)
        self._objects.write(
            root,
            b"<</Type/Outlines/First %d 0 R/Last %d 0 R/Count %d>>"
            % (self._top[0].number, self._top[-1].number, len(self._top)),
        )
        return root

    def _write_all(self, items: list[_Item], parent: int) -> None:
        for at, item in enumerate(items):
            beside = b"/Prev %d 0 R" % items[at - 1].number if at else b""
            if at + 1 < len(items):
                beside += b"/Next %d 0 R" % items[at + 1].number
            self._objects.write(
                item.number,
                b"<</Title%b/Parent %d 0 R/Dest[%d 0 R/XYZ null %d null]%b%b>>"
                % (text_string(item.title), parent, item.page, item.height, beside, _kids(item)),
            )
            self._write_all(item.kids, item.number)


def _kids(item: _Item) -> bytes:
    """Closed at first, which the negative count says."""
    if not item.kids:
        return b""
    first, last = item.kids[0].number, item.kids[-1].number
    return b"/First %d 0 R/Last %d 0 R/Count -%d" % (first, last, len(item.kids))


_LONGEST: Final = 100


def _short(title: str) -> str:
    return title if len(title) <= _LONGEST else title[: _LONGEST - 1] + "…"
