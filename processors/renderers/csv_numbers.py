"""Numbers as the CSV options want them: exact, from text to text, never through a float."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal

from domain.datasets import FieldType
from domain.format_options import CsvOptions
from processors.renderers.csv_cells import Dialect, odd_value
from processors.renderers.values import Cells, Writer, around_nulls


def number_writer(options: CsvOptions, type_: FieldType, dialect: Dialect) -> Writer | None:
    """None when the options leave numbers of this type alone."""
    places = None if type_ is FieldType.INTEGER else options.decimal_places
    if (options.decimal_separator, options.thousands_separator, places) == (".", "", None):
        return None
    form = _form(options, places)

    def number(cell: bytes) -> bytes:
        found = _NUMBER.fullmatch(cell)
        return odd_value(dialect, cell) if found is None else dialect.value(form(found))

    def write(column: Cells) -> Cells:
        return around_nulls(column, dialect.null, lambda present: list(map(number, present)))

    return write


_NUMBER = re.compile(rb"(-?)([0-9]+)(?:\.([0-9]+))?([eE][+-]?[0-9]+)?")
_THOUSANDS = re.compile(rb"(?<=[0-9])(?=(?:[0-9]{3})+$)")
# PostgreSQL's numeric has up to 131,072 digits before the point and 16,383 after it.
_CONTEXT = Context(prec=200_000, rounding=ROUND_HALF_UP)


def _form(options: CsvOptions, places: int | None) -> Callable[[re.Match[bytes]], bytes]:
    decimal = options.decimal_separator.encode()
    thousands = options.thousands_separator.encode()
    step = None if places is None else Decimal(1).scaleb(-places)

    def form(found: re.Match[bytes]) -> bytes:
        sign, whole, fraction, exponent = found.groups(b"")
        if step is not None and (exponent or len(fraction) != places):
            sign, whole, fraction = _rounded(found[0], step)
            exponent = b""
        if thousands and len(whole) > 3:
            whole = _THOUSANDS.sub(thousands, whole)
        return sign + whole + (decimal + fraction if fraction else b"") + exponent

    return form


def _rounded(text: bytes, step: Decimal) -> tuple[bytes, bytes, bytes]:
    rounded = Decimal(text.decode()).quantize(step, context=_CONTEXT)
    whole, _, fraction = f"{abs(rounded):f}".encode().partition(b".")
    # -0.004 rounds to 0.00: a zero has no sign.
    return b"-" if rounded < 0 else b"", whole, fraction
