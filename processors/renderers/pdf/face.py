"""One font: its glyphs are known by their numbers, from 0 up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import uharfbuzz

from processors.renderers.pdf.cff import Collection


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Face:
    """`font` is HarfBuzz's, scaled to thousandths. `compact` says that the outlines are in the
    Compact Font Format, with `collection` where their glyphs have numbers of their own. `meanings`
    are the characters that glyphs stand for, by number, 0 for none; empty where nobody asks."""

    name: str
    font: Any
    compact: bool = False
    collection: Collection | None = None
    meanings: Sequence[int] = ()

    def code(self, glyph: int) -> int:
        """What a PDF calls the glyph."""
        return glyph if self.collection is None else self.collection.numbers[glyph]

    def meaning(self, glyph: int) -> str:
        """The character that the glyph stands for; empty where that isn't known."""
        point = self.meanings[glyph] if glyph < len(self.meanings) else 0
        return chr(point) if point else ""

    def advance(self, glyph: int) -> int:
        width: int = self.font.get_glyph_h_advance(glyph)
        return width


def scaled(face: Any) -> Any:
    """HarfBuzz's font of a face of its own."""
    font = uharfbuzz.Font(face)
    font.scale = (1000, 1000)
    return font
