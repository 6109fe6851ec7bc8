"""Which numbers a cell can hold. Excel keeps a double, and shows and compares 15 digits of it: an
integer or a decimal with more would be another one, so that it stays a text."""

from __future__ import annotations

from typing import Final

from domain.datasets import FieldType
from processors.renderers.copy_text import TAB
from processors.renderers.json_cells import are_numbers
from processors.renderers.values import ALPHABETS, Cells

DIGITS: Final = 15
LEAST: Final = 2.2250738585072014e-308
MOST: Final = 9.99999999999999e307
"""What Excel keeps besides zero; beyond are texts."""


def integers(column: Cells) -> Cells | None:
    joined = TAB.join(column)
    if not are_numbers(ALPHABETS[FieldType.INTEGER], column, joined):
        return None
    return None if _TOO_MANY in joined.translate(_ZEROS, b"-") else column


def decimals(column: Cells) -> Cells | None:
    joined = TAB.join(column)
    if not are_numbers(ALPHABETS[FieldType.DECIMAL], column, joined):
        return None
    if _TOO_MANY in joined.translate(_ZEROS, b"-."):
        return column if len(column) == 1 and _is_exact(column[0]) else None
    return column


def floats(column: Cells) -> Cells | None:
    """These are doubles in the source, which come back as they were."""
    joined = TAB.join(column)
    if not are_numbers(ALPHABETS[FieldType.FLOAT], column, joined):
        return None
    if b"e" in joined and not all(map(_is_kept, column)):
        return None
    return column


_TOO_MANY: Final = b"0" * (DIGITS + 1)
_ZEROS: Final = bytes.maketrans(b"123456789", b"000000000")


def _is_exact(number: bytes) -> bool:
    whole, _, fraction = number.lstrip(b"-").partition(b".")
    digits = (whole + fraction.rstrip(b"0")).lstrip(b"0")
    return len(digits) <= DIGITS and _is_kept(number)


def _is_kept(number: bytes) -> bool:
    return LEAST <= abs(float(number)) <= MOST or not number.strip(b"-0.")
