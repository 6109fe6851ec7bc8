"""Faces with no more glyphs than a file uses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import uharfbuzz

from processors.renderers.pdf.face import Face


def subset(face: Face, glyphs: Iterable[int], text: Iterable[str] = ()) -> bytes:
    """These glyphs and those of the text, to be found by what a PDF calls them: a TrueType font, or
    bare outlines in the Compact Font Format."""
    wanted = uharfbuzz.SubsetInput()
    wanted.flags = (
        uharfbuzz.SubsetFlags.NO_HINTING
        | uharfbuzz.SubsetFlags.NOTDEF_OUTLINE
        | uharfbuzz.SubsetFlags.NO_LAYOUT_CLOSURE
    )
    if face.collection is None:  # otherwise glyphs keep their numbers wherever they come to stand
        wanted.flags |= uharfbuzz.SubsetFlags.RETAIN_GIDS
    wanted.glyph_set.update(glyphs)
    wanted.unicode_set.update(map(ord, text))
    wanted.drop_table_tag_set.update(map(_tag, _TABLES_LEFT_OUT))
    found = uharfbuzz.subset(face.font.face, wanted)
    return _data(found.reference_table("CFF ") if face.compact else found.blob)


_TABLES_LEFT_OUT: Final = (
    *("GSUB", "GPOS", "GDEF", "STAT", "name", "OS/2", "post", "meta", "gasp"),
    *("BASE", "VORG", "vhea", "vmtx"),
)


def _tag(name: str) -> int:
    return int.from_bytes(name.ljust(4).encode())


def _data(blob: Any) -> bytes:
    data: bytes = blob.data
    return data
