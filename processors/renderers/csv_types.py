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
from processors.renderers.compiled import Compilable, copied, days, moments
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


def compilable(type_: FieldType, options: CsvOptions, dialect: Dialect) -> Compilable | None:
    """The same for compiled code; None where that can't write all that the options make of the
    type."""
    measures = {
        "delimiter": dialect.delimiter,
        "null": dialect.null,
        "quote_all": dialect.quote_all,
    }
    match type_:
        case FieldType.TEXT | FieldType.JSON:
            guard = dialect.guard and type_ is FieldType.TEXT
            text = {**measures, "guard": guard}
            return Compilable(kind="csv-text", null=dialect.null, more=text)
        case FieldType.BOOLEAN:
            yes, no = (word.encode() for word in (options.true_text, options.false_text))
            words = {"yes": dialect.value(yes), "no": dialect.value(no)}
            return Compilable(kind="words", null=dialect.null, more=words)
        case FieldType.INTEGER | FieldType.DECIMAL | FieldType.FLOAT:
            if number_writer(options, type_, dialect) is None:
                return _copied(type_, dialect)
            places = None if type_ is FieldType.INTEGER else options.decimal_places
            form = {
                "decimal": options.decimal_separator.encode(),
                "thousands": options.thousands_separator.encode(),
                "places": places,
            }
            return Compilable(kind="csv-number", null=dialect.null, more={**form, **measures})
        case FieldType.DATE | FieldType.TIMESTAMP | FieldType.INSTANT:
            if (pieces := _pieces(type_, options, dialect)) is None:
                return _copied(type_, dialect)
            if type_ is FieldType.DATE:
                kind, more = days(pieces)
            elif type_ is FieldType.TIMESTAMP:
                kind, more = moments(pieces, suffix=b"")
            else:
                kind, more = moments(pieces, suffix=b"+00", zone=options.zone)
            return Compilable(kind=kind, null=dialect.null, more=more)
        case FieldType.TIME | FieldType.UUID:
            return _copied(type_, dialect)
        case _:
            assert_never(type_)


def _copied(type_: FieldType, dialect: Dialect) -> Compilable | None:
    """Quotes are around all such values or around none."""
    alphabet = ALPHABETS[type_]
    quoted = dialect.quotes(alphabet)
    if quoted and not dialect.quote_all:
        return None
    quote = b'"' if quoted else b""
    kind, more = copied(alphabet)
    return Compilable(kind=kind, before=quote, after=quote, null=dialect.null, more=more)


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
    pieces = _pieces(type_, options, dialect)
    if pieces is None:
        return None
    odd = partial(odd_value, dialect)
    match type_:
        case FieldType.DATE:
            writer = date_writer(Form(pieces), odd)
        case FieldType.TIMESTAMP:
            writer = timestamp_writer(Form(pieces), odd)
        case _:
            writer = instant_writer(Form(pieces, suffix=3), zone_rules(options.zone), odd)
    return lambda column: around_nulls(column, dialect.null, writer)


def _pieces(type_: FieldType, options: CsvOptions, dialect: Dialect) -> Pieces | None:
    """Of which dates and times are made, with the quotes around them; None when the source's own
    form is wanted."""
    match type_:
        case FieldType.DATE if options.date_format is not None:
            return _of_pattern(date_pattern(options.date_format), dialect)
        case FieldType.TIMESTAMP if options.timestamp_format is not None:
            return _of_pattern(timestamp_pattern(options.timestamp_format), dialect)
        case FieldType.INSTANT if options.instant_format is not None:
            return _of_pattern(instant_pattern(options.instant_format), dialect)
        case FieldType.INSTANT if options.zone != "UTC":
            return _quoted(POSTGRESQL, ALPHABETS[type_], dialect)
        case _:
            return None


def _of_pattern(pattern: tuple[Piece, ...], dialect: Dialect) -> Pieces:
    return _quoted(pattern, b"0123456789AMP" + literals(pattern).encode(), dialect)


def _quoted(pieces: Pieces, alphabet: bytes, dialect: Dialect) -> Pieces:
    return (Literal('"'), *pieces, Literal('"')) if dialect.quotes(alphabet) else pieces
