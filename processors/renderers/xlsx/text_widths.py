"""How wide texts are, in characters."""

from __future__ import annotations

from itertools import islice
from typing import Final
from unicodedata import east_asian_width

from processors.renderers.copy_text import NULL, unescape


def width(text: str) -> int:
    """Of the widest line, in characters; those of East Asia take two."""
    return max(map(_line_width, text.splitlines() or [""]))


def cell_width(cell: bytes) -> int:
    """Of a cell as COPY text; nothing for null."""
    if cell == NULL:
        return 0
    if cell.isascii() and b"\\" not in cell:
        return len(cell)
    return width(unescape(cell[:_LONG]).decode(errors="replace"))


_LONG: Final = 1000


def _line_width(line: str) -> int:
    if line.isascii():
        return len(line)
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in islice(line, _LONG))
