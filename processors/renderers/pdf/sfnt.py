"""Font files as far as they must be understood before they are used: which fonts are in one, and
where their tables lie. (OpenType 1.9, "Organization of an OpenType font")"""

from __future__ import annotations

from struct import Struct
from typing import Final

Tables = dict[str, memoryview]


class FontDamaged(Exception):
    """The file says of itself what isn't so."""


def is_font(data: bytes) -> bool:
    return data[:4] in _VERSIONS or is_collection(data)


def is_collection(data: bytes) -> bool:
    return data[:4] == b"ttcf"


def is_web_font(data: bytes) -> bool:
    return data[:4] in {b"wOFF", b"wOF2"}


def count(data: bytes) -> int:
    """How many fonts are in the file."""
    return number_at(memoryview(data), 8, _LONG) if is_collection(data) else 1


def tables(data: bytes, index: int) -> Tables:
    """A font's by their names. Raises `FontDamaged`."""
    view = memoryview(data)
    start = number_at(view, 12 + 4 * index, _LONG) if is_collection(data) else 0
    if bytes(view[start : start + 4]) not in _VERSIONS:
        raise FontDamaged("it has no table of contents")
    found: Tables = {}
    for number in range(number_at(view, start + 4, _SHORT)):
        entry = start + 12 + 16 * number
        offset, length = number_at(view, entry + 8, _LONG), number_at(view, entry + 12, _LONG)
        if offset + length > len(view):
            raise FontDamaged("it ends in the middle of a table")
        found[bytes(view[entry : entry + 4]).decode("latin-1")] = view[offset : offset + length]
    return found


def licence_bits(tables: Tables) -> int:
    """OS/2's fsType; 0, which permits everything, where there is none."""
    table = tables.get("OS/2")
    return 0 if table is None else number_at(table, 8, _SHORT)


def number_at(view: memoryview, place: int, kind: Struct) -> int:
    if not 0 <= place <= len(view) - kind.size:
        raise FontDamaged("it ends too early")
    (number,) = kind.unpack_from(view, place)
    return int(number)


_VERSIONS: Final = {b"\0\1\0\0", b"OTTO", b"true"}
_SHORT: Final = Struct(">H")
_LONG: Final = Struct(">I")
