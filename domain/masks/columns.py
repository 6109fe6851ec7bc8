"""One column of a block under a mask: from cells of COPY text to such cells.

What a mask makes never holds a tab, a line feed or a backslash that isn't escaped. A byte that is
no UTF-8 counts as a character: it is hidden, or stays and is rejected by whoever renders it."""

from __future__ import annotations

from binascii import hexlify
from collections.abc import Callable
from dataclasses import replace
from decimal import Context, Decimal
from hashlib import blake2b
from math import floor
from typing import AnyStr, Final, TypeAlias, assert_never

from domain.copy_text import BACKSLASH, NULL, escape, unescape
from domain.field_types import FieldType
from domain.masks.spec import (
    ByPeriod,
    ByPrefix,
    ByWidth,
    Constant,
    Keep,
    Mask,
    Null,
    Pattern,
    Period,
    Shape,
    Token,
)

Cell: TypeAlias = Callable[[bytes], bytes]
Column: TypeAlias = Callable[[list[bytes]], list[bytes]]

PERSON: Final = b"waybill token 1"
"""What keeps tokens apart from all else that BLAKE2b is used for under a key (RFC 7693, 2.8)."""
_REMEMBERED: Final = 16_384
"""Values of a column, so that those that repeat cost a look-up."""
_LONGEST_REMEMBERED: Final = 128
_DIGITS_AT_ONCE: Final = 4_000
"""Python refuses to make a whole number of more than 4,300 digits, which `numeric` may have."""


def column(mask: Mask, of: FieldType, key: bytes | None) -> Column:
    """`key` is for a token, which nobody can make or try out without it."""
    match mask:
        case Keep():
            return lambda cells: cells
        case Null():
            return lambda cells: [NULL] * len(cells)
        case Constant(text=text):
            told = escape(text.encode())
            return lambda cells: [told] * len(cells)
        case Pattern():
            return _remembered(_pattern(mask))
        case ByPeriod(to=to):
            return _by_day(_PERIODS[to])
        case ByWidth(width=width):
            return _remembered(_interval(width, of))
        case ByPrefix(prefix=prefix):
            return _remembered(_prefix(prefix))
        case Token(length=length):
            assert key is not None  # noqa: S101 - who asks for tokens has obtained it
            return _remembered(_token(length, key))
        case _:
            assert_never(mask)


def _remembered(cell: Cell) -> Column:
    found = _Found(cell)
    return lambda cells: list(map(found.__getitem__, cells))


class _Found(dict[bytes, bytes]):
    """What a cell becomes; null stays null."""

    def __init__(self, cell: Cell) -> None:
        super().__init__({NULL: NULL})
        self._cell = cell

    def __missing__(self, plain: bytes) -> bytes:
        made = self._cell(plain)
        if len(self) < _REMEMBERED and len(plain) <= _LONGEST_REMEMBERED:
            self[plain] = made
        return made


def _token(length: int, key: bytes) -> Cell:
    copied = blake2b(key=key, person=PERSON, digest_size=length // 2).copy

    def token(plain: bytes) -> bytes:
        state = copied()
        state.update(unescape(plain) if BACKSLASH in plain else plain)
        return hexlify(state.digest())

    return token


def _pattern(mask: Pattern) -> Cell:
    character = escape(mask.character.encode())
    if mask.shape is Shape.TEXT:
        return _on_text(_covered(mask, character), _covered(mask, mask.character))
    return _on_text(_address(mask, character, b"@"), _address(mask, mask.character, "@"))


def _covered(mask: Pattern, character: AnyStr) -> Callable[[AnyStr], AnyStr]:
    first, last = mask.first, mask.last
    always = None if mask.hidden is None else character * mask.hidden

    def covered(text: AnyStr) -> AnyStr:
        between = len(text) - first - last
        if between <= 0:
            return always or character * len(text)
        return text[:first] + (always or character * between) + text[len(text) - last :]

    return covered


def _address(mask: Pattern, character: AnyStr, sign: AnyStr) -> Callable[[AnyStr], AnyStr]:
    """What is no address is hidden as a whole: nobody knows which part of it tells nothing."""
    local = _covered(mask, character)
    whole = _covered(replace(mask, first=0, last=0), character)

    def covered(text: AnyStr) -> AnyStr:
        before, at, after = text.rpartition(sign)
        return local(before) + at + after if at else whole(text)

    return covered


def _prefix(length: int) -> Cell:
    return _on_text(lambda plain: plain[:length], lambda text: text[:length])


def _on_text(of_ascii: Cell, of_any: Callable[[str], str]) -> Cell:
    """Characters are bytes in a cell of ASCII that holds no escape."""

    def changed(plain: bytes) -> bytes:
        if plain.isascii() and BACKSLASH not in plain:
            return of_ascii(plain)
        text = of_any(unescape(plain).decode(errors="surrogateescape"))
        return escape(text.encode(errors="surrogateescape"))

    return changed


def _by_day(period: Cell) -> Column:
    """Values of one month, of which there are few, are looked up together."""
    found = _Found(period)

    def periods(cells: list[bytes]) -> list[bytes]:
        months = [c[:7] if c[4:5] == b"-" and c[-1:] != b"C" else c for c in cells]
        return list(map(found.__getitem__, months))

    return periods


def _year(plain: bytes) -> bytes:
    year, dash, _ = _parted(plain)
    return year + _era(plain) if dash else plain


def _quarter(plain: bytes) -> bytes:
    year, dash, rest = _parted(plain)
    return b"%b-Q%d%b" % (year, (int(rest[:2]) + 2) // 3, _era(plain)) if dash else plain


def _month(plain: bytes) -> bytes:
    year, dash, rest = _parted(plain)
    return b"%b-%b%b" % (year, rest[:2], _era(plain)) if dash else plain


def _parted(plain: bytes) -> tuple[bytes, bytes, bytes]:
    """The year and the rest; infinity, which says nothing about anybody, has none."""
    return (b"", b"", b"") if plain.endswith(b"infinity") else plain.partition(b"-")


def _era(plain: bytes) -> bytes:
    return b" BC" if plain.endswith(b"BC") else b""


_PERIODS: Final = {Period.YEAR: _year, Period.QUARTER: _quarter, Period.MONTH: _month}


def _interval(width: int, of: FieldType) -> Cell:
    whole = int if of is FieldType.INTEGER else _floor
    known: dict[int, bytes] = {}

    def interval(plain: bytes) -> bytes:
        if plain.endswith((b"NaN", b"nfinity")):
            return plain
        if len(plain) > _DIGITS_AT_ONCE:
            return _interval_of_many_digits(plain, width)
        low = whole(plain) // width * width
        return known.get(low) or _kept(known, low, b"[%d,%d)" % (low, low + width))

    return interval


def _kept(known: dict[int, bytes], low: int, made: bytes) -> bytes:
    if len(known) < _REMEMBERED:
        known[low] = made
    return made


def _floor(plain: bytes) -> int:
    """Of a number in PostgreSQL's text; a float may have an exponent."""
    whole, _, fraction = plain.partition(b".")
    if b"e" in plain:
        return floor(Decimal(plain.decode()))
    below = plain.startswith(b"-") and fraction.strip(b"0")
    return int(whole) - 1 if below else int(whole)


def _interval_of_many_digits(plain: bytes, width: int) -> bytes:
    exactly = Context(prec=len(plain) + len(str(width)) + 2)
    value, step = Decimal(plain.decode()), Decimal(width)
    low = exactly.multiply(exactly.divide_int(value, step), step)
    if low > value:
        low = exactly.subtract(low, step)
    return f"[{low:f},{exactly.add(low, step):f})".encode()
