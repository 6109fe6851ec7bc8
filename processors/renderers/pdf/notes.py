"""What is known of a part's strips before it is read: how many lines each has, so that pages can be
counted, and which glyphs they use, so that the fonts can be written first."""

from __future__ import annotations

import json
import sys
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from zlib_ng import zlib_ng

from processors.renderers.pdf.embedding import merged
from processors.renderers.pdf.faces import Glyph
from processors.renderers.pdf.marks import Key
from processors.renderers.pdf.objects import deflate


@dataclass(frozen=True, slots=True)
class Note:
    """`lines` are the strips' heights, with `GOES_ON`, or the entries of `marks`; `glyphs` are by
    face, then number. `first` and `last` stand for the values of the first and the last group."""

    lines: array[int]
    glyphs: dict[int, dict[int, str]]
    first: Stamp = ()
    last: Stamp = ()


Stamp = tuple[str | None, ...]
"""Equal to another if the groups' values are: a value may be long, and notes are small."""


def stamp(key: Key) -> Stamp:
    return tuple(
        None if value is None else sha256(value.encode()).hexdigest()[:32] for value in key
    )


def write_note(
    lines: array[int], glyphs: Iterable[Glyph], ends: tuple[Key, Key] | None = None
) -> bytes:
    """`ends` are the first and the last group's values where there are groups or totals."""
    used: dict[int, dict[int, str]] = {}
    merged(glyphs, used)
    listed: list[object] = [
        [face, *([glyph, text] for glyph, text in sorted(texts.items()))]
        for face, texts in sorted(used.items())
    ]
    if ends is not None:
        listed.append({"first": stamp(ends[0]), "last": stamp(ends[1])})
    return deflate(json.dumps(listed).encode() + b"\n" + _little_endian(lines).tobytes())


def read_note(note: bytes) -> Note:
    listed, _, heights = zlib_ng.decompress(note).partition(b"\n")
    lines = array("I")
    lines.frombytes(heights)
    known = json.loads(listed)
    ends = known.pop() if known and isinstance(known[-1], dict) else {}
    glyphs = {face: dict(texts) for face, *texts in known}
    stamps = {name: tuple(values) for name, values in ends.items()}
    return Note(_little_endian(lines), glyphs, **stamps)


def _little_endian(lines: array[int]) -> array[int]:
    if sys.byteorder == "little":
        return lines
    swapped = array("I", lines)
    swapped.byteswap()
    return swapped
