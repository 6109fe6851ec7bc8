"""The fast way for texts in PDF's own Latin encoding, which most values are: a byte a character,
measured by its table. Widths here are in 250ths of the font size and rounded up: so each fits in a
byte, and a line is never wider than its column."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from typing import Final

from processors.renderers.pdf.faces import ELLIPSIS, shipped_faces

PLAIN: Final = bytes(byte for byte in range(32, 127) if byte not in b"()\\")
"""What stands for itself in a string of a PDF, in ASCII."""


def latin(cell: bytes) -> bytes | None:
    """The UTF-8 cell in WinAnsi; None if it has anything else, or that needs care there."""
    if not cell.translate(None, PLAIN):
        return cell
    if cell.isascii():
        return None
    text = cell.decode()
    return text.encode("cp1252") if _tables().latin.fullmatch(text) else None


def widths(text: bytes) -> bytes:
    """The width of each character, as a byte."""
    return text.translate(_tables().widths)


def cut_latin(text: bytes, room: int) -> bytes:
    """As much of a text that is too wide as fits, with an ellipsis."""
    ends = list(accumulate(widths(text[: room // _NARROWEST])))
    end = bisect_right(ends, room - widths(_ELLIPSIS)[0])
    return text[:end].rstrip(b" ") + _ELLIPSIS


def wrapped_latin(text: bytes, room: int) -> list[bytes]:
    """The text in lines, broken after spaces and hyphens where it can be."""
    ends = list(accumulate(widths(text), initial=0))
    lines: list[bytes] = []
    start = 0
    while True:
        end = bisect_right(ends, ends[start] + room, start) - 1
        if end >= len(text):
            lines.append(text[start:])
            return lines
        after = max(text.rfind(b" ", start, end + 1), text.rfind(b"-", start, end)) + 1
        end = after if after > start else max(end, start + 1)
        lines.append(text[start:end])
        start = end


COARSER: Final = 4
"""How many of the other widths go into one of these."""


@dataclass(frozen=True, slots=True)
class _Tables:
    widths: bytes
    latin: re.Pattern[str]


@cache
def _tables() -> _Tables:
    """Of the characters that can be measured so; `‰` is too wide."""
    decoded = {byte: bytes([byte]).decode("cp1252", "ignore") for byte in range(32, 256)}
    printed = {byte: each for byte, each in decoded.items() if each and each.isprintable()}
    width = {byte: -(-shipped_faces().width[each] // COARSER) for byte, each in printed.items()}
    known = {byte: each for byte, each in width.items() if each < 256}
    plain = bytes(known).translate(None, b"()\\").decode("cp1252")
    return _Tables(
        bytes(known.get(byte, 0) for byte in range(256)), re.compile(f"[{re.escape(plain)}]*")
    )


_ELLIPSIS: Final = ELLIPSIS.encode("cp1252")
_NARROWEST: Final = 50
"""Of the characters that show."""
