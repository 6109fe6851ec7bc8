"""Small images, made by hand."""

from __future__ import annotations

import zlib
from base64 import b64decode
from collections.abc import Callable
from typing import Final

_COLOURS: Final = {1: 0, 2: 4, 3: 2, 4: 6}
SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"


def chunk(name: bytes, content: bytes) -> bytes:
    check = zlib.crc32(name + content).to_bytes(4)
    return len(content).to_bytes(4) + name + content + check


def header(width: int, height: int, depth: int = 8, colours: int = 2, interlaced: int = 0) -> bytes:
    shape = bytes([depth, colours, 0, 0, interlaced])
    return chunk(b"IHDR", width.to_bytes(4) + height.to_bytes(4) + shape)


def png(width: int, height: int, channels: int, rows: bytes, packed: bytes | None = None) -> bytes:
    """Of rows behind their filters."""
    pixels = chunk(b"IDAT", zlib.compress(rows) if packed is None else packed)
    head = header(width, height, colours=_COLOURS[channels])
    return SIGNATURE + head + chunk(b"tEXt", b"any") + pixels + chunk(b"IEND", b"")


def png_row(kind: int, row: bytes, above: bytes, step: int) -> bytes:
    """A row as the filter has it (PNG specification, 9.2)."""
    left, corner = bytes(step) + row, bytes(step) + above
    guesses: dict[int, Callable[[int], int]] = {
        0: lambda at: 0,
        1: lambda at: left[at],
        2: lambda at: above[at],
        3: lambda at: (left[at] + above[at]) // 2,
        4: lambda at: min(
            (left[at], above[at], corner[at]),
            key=lambda guess: abs(left[at] + above[at] - corner[at] - guess),
        ),
    }
    return bytes([kind, *((one - guesses[kind](at)) % 256 for at, one in enumerate(row))])


JPEG: Final = b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmB"
    "anGQc1tdhbWGkJ6jq62rZ4C8ybqmx5moq6T/wAALCAABAAIBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAAP/E"
    "ABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AP//Z"
)
"""Two pixels, grey."""
