"""Which type a field's values have in a typed column, and how they get it: a whole column at once,
or not at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, assert_never

import pyarrow as pa
import pyarrow.compute as pc

from domain.columnar_options import ColumnarOptions, Decimals
from domain.columnar_rules import MOST_DIGITS
from domain.datasets import FieldType

Convert = Callable[[pa.Array], pa.Array]
"""From a column's plain values, as bytes, to its type. Raises `pa.ArrowInvalid` when any of them
has no place in it."""


def arrow_type(type_: FieldType, options: ColumnarOptions) -> pa.DataType:
    match type_:
        case FieldType.TEXT | FieldType.JSON | FieldType.UUID:
            return pa.string()
        case FieldType.INTEGER:
            return pa.int64()
        case FieldType.DECIMAL:
            return _decimal_type(options)
        case FieldType.FLOAT:
            return pa.float64()
        case FieldType.BOOLEAN:
            return pa.bool_()
        case FieldType.DATE:
            return pa.date32()
        case FieldType.TIME:
            return pa.time64("us")
        case FieldType.TIMESTAMP:
            return pa.timestamp("us")
        case FieldType.INSTANT:
            return pa.timestamp("us", "UTC")
        case _:
            assert_never(type_)


def converter(target: pa.DataType) -> Convert:
    if pa.types.is_boolean(target):
        return _booleans
    if pa.types.is_time(target):
        return _times
    if pa.types.is_floating(target):
        return _doubles
    if pa.types.is_decimal(target):
        return _decimals(target)
    return lambda column: column.cast(pa.string()).cast(target)


def _decimal_type(options: ColumnarOptions) -> pa.DataType:
    match options.decimals:
        case Decimals.STRINGS:
            return pa.string()
        case Decimals.DECIMALS:
            return pa.decimal128(MOST_DIGITS, options.decimal_scale)
        case Decimals.DOUBLES:
            return pa.float64()
        case _:
            assert_never(options.decimals)


def _booleans(column: pa.Array) -> pa.Array:
    true = pc.equal(column, b"t")
    if not _all(pc.or_(true, pc.equal(column, b"f"))):
        raise pa.ArrowInvalid("neither t nor f")
    return true


def _times(column: pa.Array) -> pa.Array:
    moments = pc.binary_join_element_wise("1970-01-01", column.cast(pa.string()), " ")
    return moments.cast(pa.timestamp("us")).cast(pa.time64("us"))


def _doubles(column: pa.Array) -> pa.Array:
    doubles = column.cast(pa.string()).cast(pa.float64())
    infinite = pc.is_inf(doubles)
    if pc.any(infinite).as_py() and not _all(pc.is_in(column.filter(infinite), _INFINITIES)):
        raise pa.ArrowInvalid("beyond what a double can hold")
    return doubles


def _decimals(target: pa.DataType) -> Convert:
    def convert(column: pa.Array) -> pa.Array:
        texts = column.cast(pa.string())
        try:
            return _checked(texts).cast(target)
        except pa.ArrowInvalid:
            return _checked(pc.replace_substring_regex(texts, _NEEDLESS, r"\1")).cast(target)

    return convert


def _checked(texts: pa.Array) -> pa.Array:
    """With more digits than fit, the cast may give another number without a word."""
    if (pc.max(pc.binary_length(texts)).as_py() or 0) > MOST_DIGITS:
        digits = pc.binary_length(pc.replace_substring_regex(texts, _NO_DIGITS, ""))
        if pc.max(digits).as_py() > MOST_DIGITS:
            raise pa.ArrowInvalid("too many digits")
    return texts


_NEEDLESS: Final = r"(\.[0-9]*?)0+$"
_NO_DIGITS: Final = r"^-?0\.|[-.]"
_INFINITIES: Final = pa.array([b"Infinity", b"-Infinity"])


def _all(truths: pa.Array) -> bool:
    """Of those that aren't null."""
    return pc.all(truths).as_py() is not False
