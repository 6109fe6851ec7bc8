"""Fonts that an operator adds to those that PDFs are drawn with."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FontFile:
    """`index` is the font's in a collection, 0 where a file is one font; `sha256` is the file's.
    `language`, a language tag (BCP 47), is the one whose shapes it has; empty where nobody said."""

    path: str
    index: int
    sha256: str
    language: str = ""


Fonts = tuple[FontFile, ...]
"""The first that has a character draws it, so that two orders give two files."""


def fonts_first_in(language: str, fonts: Fonts) -> Fonts:
    """Those of the language first, each as before among its like."""
    return tuple(sorted(fonts, key=lambda each: not is_in(language, each)))


def is_in(language: str, font: FontFile) -> bool:
    """Tags are the same in either case (RFC 5646, 2.1.1)."""
    return font.language.lower() == language.lower()


def fonts_digest(fonts: Fonts) -> str:
    """Tells fonts and their order apart, wherever the files lie."""
    listed = "".join(f"{each.sha256}#{each.index}\n" for each in fonts)
    return hashlib.sha256(listed.encode()).hexdigest()[:12]
