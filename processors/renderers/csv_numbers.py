"""Numbers as the CSV options want them: exact, from text to text, never through a float."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from functools import partial

from domain.datasets import FieldType
from domain.format_options import CsvOptions
from processors.renderers.copy_text import TAB
from processors.renderers.csv_cells import Dialect, odd_value
from processors.renderers.values import ALPHABETS, Cells, Writer, around_nulls


def number_writer(options: CsvOptions, type_: FieldType, dialect: Dialect) -> Writer | None:
    """None when the options leave numbers of this type alone."""
    places = None if type_ is FieldType.INTEGER else options.decimal_places
    if (options.decimal_separator, options.thousands_separator, places) == (".", "", None):
        return None
    form = _form(options, places)
    alphabet = form_alphabet(options)
    if dialect.quotes(alphabet):
        form = _then(form, dialect.value)
    write = partial(_present, form, partial(odd_value, dialect), places is not None)
    return lambda column: around_nulls(column, dialect.null, write)


def form_alphabet(options: CsvOptions) -> bytes:
    """The bytes that a number may have in the file."""
    separators = options.decimal_separator + options.thousands_separator
    return ALPHABETS[FieldType.FLOAT] + separators.encode()


_Form = Callable[[bytes], bytes]
_EXPONENTIAL = re.compile(rb"(-?[0-9]+(?:\.[0-9]+)?)(e[+-]?[0-9]+)")
_PLAIN = re.compile(rb"-?[0-9]+(?:\.[0-9]+)?")
_ALL_PLAIN = re.compile(rb"(?:%b\t)*+%b" % (_PLAIN.pattern, _PLAIN.pattern))


def _then(form: _Form, value: _Form) -> _Form:
    return lambda cell: value(form(cell))


def _present(form: _Form, odd: _Form, rounds: bool, column: Cells) -> Cells:
    if _ALL_PLAIN.fullmatch(TAB.join(column)):
        return list(map(form, column))
    return [_one(form, odd, rounds, cell) for cell in column]


def _one(form: _Form, odd: _Form, rounds: bool, cell: bytes) -> bytes:
    if _PLAIN.fullmatch(cell):
        return form(cell)
    exponential = _EXPONENTIAL.fullmatch(cell)
    if exponential is None:
        return odd(cell)
    if rounds:
        return form(f"{Decimal(cell.decode()):f}".encode())
    return form(exponential[1]) + exponential[2]


def _form(options: CsvOptions, places: int | None) -> _Form:
    decimal = options.decimal_separator.encode()
    thousands = options.thousands_separator.encode()

    def form(cell: bytes) -> bytes:
        whole, _, fraction = cell.partition(b".")
        if places is not None and len(fraction) != places:
            whole, fraction = _rounded(whole, fraction, places)
        if thousands and len(whole) > 3:
            whole = _grouped(whole, thousands)
        return whole + decimal + fraction if fraction else whole

    return form


def _rounded(whole: bytes, fraction: bytes, places: int) -> tuple[bytes, bytes]:
    """Half away from zero, as PostgreSQL rounds numeric; a zero has no sign."""
    sign, digits = (b"-", whole[1:]) if whole[:1] == b"-" else (b"", whole)
    digits += fraction[:places].ljust(places, b"0")
    if fraction[places : places + 1] >= b"5":
        digits = _one_more(digits)
    if not digits.strip(b"0"):
        sign = b""
    point = len(digits) - places
    return sign + digits[:point], digits[point:]


def _one_more(digits: bytes) -> bytes:
    kept = digits.rstrip(b"9")
    zeros = b"0" * (len(digits) - len(kept))
    return kept[:-1] + b"%d" % (int(kept[-1:]) + 1) + zeros if kept else b"1" + zeros


def _grouped(whole: bytes, separator: bytes) -> bytes:
    sign, digits = (b"-", whole[1:]) if whole[:1] == b"-" else (b"", whole)
    first = len(digits) % 3 or 3
    rest = [digits[start : start + 3] for start in range(first, len(digits), 3)]
    return sign + separator.join([digits[:first], *rest])
