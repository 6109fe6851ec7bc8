"""Which writer a CSV column gets: by its type and the options, decided once a plan."""

from __future__ import annotations

from functools import partial
from typing import assert_never

from domain.datasets import FieldType
from domain.date_patterns import (
    Literal,
    Piece,
    date_pattern,
    instant_pattern,
    literals,
    timestamp_pattern,
)
from domain.format_options import CsvOptions
from processors.renderers.copy_text import NULL
from processors.renderers.csv_cells import Dialect, odd_value, plain_writer, text_writer
from processors.renderers.csv_numbers import number_writer
from processors.renderers.moment_forms import POSTGRESQL, Form, Pieces
from processors.renderers.moments import date_writer, instant_writer, timestamp_writer
from processors.renderers.values import ALPHABETS, Cells, Writer, around_nulls
from processors.renderers.zones import zone_rules


def csv_writer(type_: FieldType, options: CsvOptions, dialect: Dialect) -> Writer:
    """The writer of a column's cells; it gets COPY text and gives what stands in the file."""
    match type_:
        case FieldType.TEXT:
            return text_writer(dialect, guard=dialect.guard)
        case FieldType.JSON:
            return text_writer(dialect, guard=False)  # no JSON text begins as a formula does
        case FieldType.BOOLEAN:
            return _boolean_writer(options, dialect)
        case FieldType.INTEGER | FieldType.DECIMAL | FieldType.FLOAT:
            writer = number_writer(options, type_, dialect)
        case FieldType.DATE | FieldType.TIMESTAMP | FieldType.INSTANT:
            writer = _calendar_writer(type_, options, dialect)
        case FieldType.TIME | FieldType.UUID:
            writer = None
        case _:
            assert_never(type_)
    return writer or plain_writer(dialect, ALPHABETS[type_])


def _boolean_writer(options: CsvOptions, dialect: Dialect) -> Writer:
    words = {
        b"t": dialect.value(options.true_text.encode()),
        b"f": dialect.value(options.false_text.encode()),
        NULL: dialect.null,
    }

    def write(column: Cells) -> Cells:
        return [words[cell] if cell in words else odd_value(dialect, cell) for cell in column]

    return write


def _calendar_writer(type_: FieldType, options: CsvOptions, dialect: Dialect) -> Writer | None:
    """None when the source's own form is wanted."""
    odd = partial(odd_value, dialect)
    match type_:
        case FieldType.DATE if options.date_format is not None:
            form = Form(_pieces(date_pattern(options.date_format), dialect))
            return _nullable(date_writer(form, odd), dialect)
        case FieldType.TIMESTAMP if options.timestamp_format is not None:
            form = Form(_pieces(timestamp_pattern(options.timestamp_format), dialect))
            return _nullable(timestamp_writer(form, odd), dialect)
        case FieldType.INSTANT if options.instant_format is not None or options.zone != "UTC":
            form = Form(_instant_pieces(options, dialect), suffix=3)
            return _nullable(instant_writer(form, zone_rules(options.zone), odd), dialect)
        case _:
            return None


def _instant_pieces(options: CsvOptions, dialect: Dialect) -> Pieces:
    if options.instant_format is not None:
        return _pieces(instant_pattern(options.instant_format), dialect)
    return _quoted(POSTGRESQL, ALPHABETS[FieldType.INSTANT], dialect)


def _pieces(pattern: tuple[Piece, ...], dialect: Dialect) -> Pieces:
    return _quoted(pattern, b"0123456789AMP" + literals(pattern).encode(), dialect)


def _quoted(pieces: Pieces, alphabet: bytes, dialect: Dialect) -> Pieces:
    return (Literal('"'), *pieces, Literal('"')) if dialect.quotes(alphabet) else pieces


def _nullable(writer: Writer, dialect: Dialect) -> Writer:
    return lambda column: around_nulls(column, dialect.null, writer)
