"""Characters that some Python that we run on knows and another doesn't: 3.11 has Unicode 14, 3.13
has 15.1. Drawn by one and not by the other, or in another direction, they would make other bytes.
"""

from __future__ import annotations

from typing import Final
from unicodedata import category


def is_newer(character: str) -> bool:
    """Whether Unicode 14 doesn't know it. Of ideographs, which are all alike, any is known."""
    if character in _newer_characters:
        return True
    return category(character) == "Cn" and ord(character) not in _IDEOGRAPHS


_RANGES: Final = (
    (0x0CF3, 0x0CF3),
    (0x0ECE, 0x0ECE),
    (0x2FFC, 0x2FFF),
    (0x31EF, 0x31EF),
    (0x10EFD, 0x10EFF),
    (0x1123F, 0x11241),
    (0x11B00, 0x11B09),
    (0x11F00, 0x11F10),
    (0x11F12, 0x11F3A),
    (0x11F3E, 0x11F59),
    (0x1342F, 0x1342F),
    (0x13439, 0x13455),
    (0x1B132, 0x1B132),
    (0x1B155, 0x1B155),
    (0x1D2C0, 0x1D2D3),
    (0x1DF25, 0x1DF2A),
    (0x1E030, 0x1E06D),
    (0x1E08F, 0x1E08F),
    (0x1E4D0, 0x1E4F9),
    (0x1F6D8, 0x1F6D9),
    (0x1F6DC, 0x1F6DC),
    (0x1F774, 0x1F776),
    (0x1F77B, 0x1F77F),
    (0x1F7D9, 0x1F7D9),
    (0x1FA75, 0x1FA77),
    (0x1FA87, 0x1FA8F),
    (0x1FAAD, 0x1FAAF),
    (0x1FABB, 0x1FABF),
    (0x1FAC6, 0x1FAC6),
    (0x1FAC8, 0x1FAC8),
    (0x1FACC, 0x1FACF),
    (0x1FADA, 0x1FADD),
    (0x1FADF, 0x1FADF),
    (0x1FAE8, 0x1FAEB),
    (0x1FAEF, 0x1FAEF),
    (0x1FAF7, 0x1FAFA),
)
_newer_characters: Final = frozenset(
    chr(point) for first, last in _RANGES for point in range(first, last + 1)
)
_IDEOGRAPHS: Final = range(0x20000, 0x3FFFE)
