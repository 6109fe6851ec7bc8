"""Outlines in the Compact Font Format, as far as a PDF must know of them: whether their glyphs have
numbers of their own (CIDs), by which a PDF then calls them. (Adobe Technical Note 5176)"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from itertools import islice
from struct import Struct
from typing import Final

from processors.renderers.pdf.sfnt import FontDamaged, number_at


@dataclass(frozen=True, slots=True)
class Collection:
    """What the numbers of glyphs mean, and each glyph's."""

    registry: bytes
    ordering: bytes
    supplement: int
    numbers: array[int]


def collection(table: memoryview) -> Collection | None:
    """None where glyphs have names, and a PDF calls them by their places. Raises `FontDamaged`."""
    header = number_at(table, 2, _BYTE)
    _, names_end = _index(table, header)
    tops, tops_end = _index(table, names_end)
    strings, _ = _index(table, tops_end)
    if len(tops) != 1:
        raise FontDamaged("its outlines are not those of one font")
    top = _dictionary(tops[0])
    if _ROS not in top:
        return None
    registry, ordering, supplement = _operands(top, _ROS, 3)
    (glyphs,) = _operands(top, _CHAR_STRINGS, 1)
    (names,) = _operands(top, _CHARSET, 1)
    return Collection(
        _string(strings, registry),
        _string(strings, ordering),
        supplement,
        _numbers(table, names, number_at(table, glyphs, _SHORT)),
    )


_BYTE: Final = Struct(">B")
_SHORT: Final = Struct(">H")
_SIGNED: Final = Struct(">h")
_LONG: Final = Struct(">i")
_CHARSET: Final = 15
_CHAR_STRINGS: Final = 17
_ESCAPE: Final = 12
_ROS: Final = _ESCAPE << 8 | 30
_STANDARD_STRINGS: Final = 391
_PREDEFINED: Final = 2
"""The last of the character sets that are not in the font."""


def _index(table: memoryview, start: int) -> tuple[list[memoryview], int]:
    """What is in an INDEX, and where it ends."""
    count = number_at(table, start, _SHORT)
    if not count:
        return [], start + 2
    width = number_at(table, start + 2, _BYTE)
    first = start + 3
    data = first + (count + 1) * width - 1
    edges = [
        data + int.from_bytes(table[first + each * width : first + (each + 1) * width])
        for each in range(count + 1)
    ]
    if edges != sorted(edges) or edges[-1] > len(table):
        raise FontDamaged("a list in its outlines is longer than they are")
    return [table[a:b] for a, b in zip(edges, islice(edges, 1, None), strict=False)], edges[-1]


def _dictionary(data: memoryview) -> dict[int, list[int]]:
    """Operands by operator; real numbers, which nothing here asks for, count as 0."""
    found: dict[int, list[int]] = {}
    operands: list[int] = []
    place = 0
    while place < len(data):
        first = data[place]
        if first <= 21:
            operator = first
            if first == _ESCAPE:
                place += 1
                operator = _ESCAPE << 8 | number_at(data, place, _BYTE)
            found[operator], operands = operands, []
            place += 1
        else:
            number, place = _operand(data, place)
            operands.append(number)
    return found


def _operand(data: memoryview, place: int) -> tuple[int, int]:
    """A number, and where the next one begins."""
    first = data[place]
    match first:
        case 28:
            return number_at(data, place + 1, _SIGNED), place + 3
        case 29:
            return number_at(data, place + 1, _LONG), place + 5
        case 30:
            while number_at(data, place + 1, _BYTE) & 0xF != 0xF:
                place += 1
            return 0, place + 2
        case _ if first <= 246:
            return first - 139, place + 1
        case _ if first <= 250:
            return (first - 247) * 256 + number_at(data, place + 1, _BYTE) + 108, place + 2
        case _:
            return -(first - 251) * 256 - number_at(data, place + 1, _BYTE) - 108, place + 2


def _operands(top: dict[int, list[int]], operator: int, count: int) -> list[int]:
    operands = top.get(operator, [])
    if len(operands) != count:
        raise FontDamaged("its outlines lack what they are found by")
    return operands


def _string(strings: list[memoryview], number: int) -> bytes:
    place = number - _STANDARD_STRINGS
    if not 0 <= place < len(strings):
        raise FontDamaged("it doesn't say what its glyphs' numbers mean")
    return bytes(strings[place])


def _numbers(table: memoryview, start: int, glyphs: int) -> array[int]:
    if start <= _PREDEFINED:
        return array("H", range(glyphs))
    numbers = array("H", [0])
    form = number_at(table, start, _BYTE)
    place = start + 1
    while len(numbers) < glyphs:
        first = number_at(table, place, _SHORT)
        left = 0 if form == 0 else number_at(table, place + 2, _BYTE if form == 1 else _SHORT)
        last = min(first + left, first + glyphs - len(numbers) - 1)
        if last > 0xFFFF:
            raise FontDamaged("a glyph's number is too large")
        numbers.extend(range(first, last + 1))
        place += 2 + form
    return numbers
