"""What is known of a part's strips before it is read: how many lines each has, so that pages can be
counted, and which glyphs they use, so that the fonts can be written first."""

from __future__ import annotations

import json
import sys
from array import array
from collections.abc import Iterable
from dataclasses import dataclass

from zlib_ng import zlib_ng

from processors.renderers.pdf.embedding import merged
from processors.renderers.pdf.faces import Glyph
from processors.renderers.pdf.objects import deflate


@dataclass(frozen=True, slots=True)
class Note:
    """`lines` are the strips' heights, with `GOES_ON`; `glyphs` are by face, then number."""

    lines: array[int]
    glyphs: dict[int, dict[int, str]]


def write_note(lines: array[int], glyphs: Iterable[Glyph]) -> bytes:
    used: dict[int, dict[int, str]] = {}
    merged(glyphs, used)
    listed = [
        [face, *([glyph, text] for glyph, text in sorted(texts.items()))]
        for face, texts in sorted(used.items())
    ]
    return deflate(json.dumps(listed).encode() + b"\n" + _little_endian(lines).tobytes())


def read_note(note: bytes) -> Note:
    listed, _, heights = zlib_ng.decompress(note).partition(b"\n")
    lines = array("I")
    lines.frombytes(heights)
    glyphs = {face: dict(texts) for face, *texts in json.loads(listed)}
    return Note(_little_endian(lines), glyphs)


def _little_endian(lines: array[int]) -> array[int]:
    if sys.byteorder == "little":
        return lines
    swapped = array("I", lines)
    swapped.byteswap()
    return swapped
