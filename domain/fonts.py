"""Fonts that an operator adds to those that PDFs are drawn with."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FontFile:
    """`index` is the font's in a collection, 0 where a file is one font; `sha256` is the file's."""

    path: str
    index: int
    sha256: str


Fonts = tuple[FontFile, ...]
"""The first that has a character draws it, so that two orders give two files."""


def fonts_digest(fonts: Fonts) -> str:
    """Tells fonts and their order apart, wherever the files lie."""
    listed = "".join(f"{each.sha256}#{each.index}\n" for each in fonts)
    return hashlib.sha256(listed.encode()).hexdigest()[:12]
