"""Which writer a JSON member gets: by its type and the options, decided once a plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, assert_never

from domain.datasets import FieldType
from domain.date_patterns import Literal
from domain.format_options import NdjsonOptions, Nulls, Numbers
from domain.nested_values import Rewrite
from processors.renderers.compiled import Compilable, copied, moments
from processors.renderers.copy_text import TAB
from processors.renderers.frames import Column
from processors.renderers.json_cells import (
    JsonWriter,
    inner_text,
    is_big,
    number_writer,
    plain_writer,
    rewriting_writer,
    write_boolean,
    write_json,
    write_text,
)
from processors.renderers.moment_forms import INTERNET, Form
from processors.renderers.moments import instant_writer, ordinary
from processors.renderers.nested_json import (
    concerns,
    instant_rewriter,
    nested_writer,
    number_as_string,
)
from processors.renderers.values import ALPHABETS, Cells, Writer
from processors.renderers.zones import zone_rules


def column_writer(column: Column, options: NdjsonOptions) -> JsonWriter:
    """The writer of a column. A nested value comes as the default options have it, so that only
    others cost something."""
    if column.members is None:
        return json_writer(column.type, options)
    return nested_writer(column.members, _rewriters(options))


def _rewriters(options: NdjsonOptions) -> dict[FieldType, Rewrite]:
    return {type_: write for type_ in FieldType if (write := _rewriter(type_, options))}


def _rewriter(type_: FieldType, options: NdjsonOptions) -> Rewrite | None:
    """From a value within a nested one to what the options make of it; None if they make nothing
    of the type."""
    match type_:
        case FieldType.INTEGER if options.big_integers is Numbers.STRINGS:
            return number_as_string(is_big)
        case FieldType.DECIMAL if options.decimals is Numbers.STRINGS:
            return number_as_string(_always)
        case FieldType.INSTANT if options.zone != "UTC":
            return instant_rewriter(_zoned(options.zone))
        case _:
            return None


def json_writer(type_: FieldType, options: NdjsonOptions) -> JsonWriter:
    """The writer of a column's cells; it gets COPY text and gives JSON."""
    match type_:
        case FieldType.TEXT:
            return write_text
        case FieldType.JSON:
            return write_json
        case FieldType.BOOLEAN:
            return write_boolean
        case FieldType.INTEGER:
            strings = options.big_integers is Numbers.STRINGS
            return number_writer(ALPHABETS[type_], is_big if strings else _never)
        case FieldType.DECIMAL:
            strings = options.decimals is Numbers.STRINGS
            return number_writer(ALPHABETS[type_], _always if strings else _never)
        case FieldType.FLOAT:
            return number_writer(ALPHABETS[type_], _never)
        case FieldType.DATE | FieldType.TIME | FieldType.UUID:
            return plain_writer(ALPHABETS[type_])
        case FieldType.TIMESTAMP:
            return rewriting_writer(_with_t)
        case FieldType.INSTANT:
            return rewriting_writer(_with_z if options.zone == "UTC" else _zoned(options.zone))
        case _:
            assert_never(type_)


def compilable(column: Column, options: NdjsonOptions, key: bytes) -> Compilable | None:
    """The same for compiled code, with the member's name; None where that can't write all that the
    options make of the type."""
    kind_of = _kind(column, options)
    if kind_of is None:
        return None
    kind, more, quoted = kind_of
    quote = b'"' if quoted else b""
    null = None if options.nulls is Nulls.OMIT else key + b"null"
    return Compilable(kind=kind, before=key + quote, after=quote, null=null, more=more)


def _kind(column: Column, options: NdjsonOptions) -> tuple[str, Mapping[str, Any], bool] | None:
    """The kind, what it needs, and whether quotes are around its values."""
    type_ = column.type
    alphabet = ALPHABETS.get(type_, b"")
    if column.members is not None:
        rewritten = concerns(column.members, _rewriters(options))
        return None if rewritten else ("json-document", {}, False)
    match type_:
        case FieldType.TEXT:
            return "json-text", {}, True
        case FieldType.JSON:
            return "json-document", {}, False
        case FieldType.BOOLEAN:
            return "words", {"yes": b"true", "no": b"false"}, False
        case FieldType.DECIMAL if options.decimals is Numbers.STRINGS:
            return *copied(alphabet), True
        case FieldType.INTEGER | FieldType.DECIMAL | FieldType.FLOAT:
            big = type_ is FieldType.INTEGER and options.big_integers is Numbers.STRINGS
            return "json-number", {"alphabet": alphabet, "big_as_text": big}, False
        case FieldType.DATE | FieldType.TIME | FieldType.UUID:
            return *copied(alphabet), True
        case FieldType.TIMESTAMP:
            return *moments(_LOCAL, suffix=b""), True
        case FieldType.INSTANT if options.zone == "UTC":
            return *moments((*_LOCAL, Literal("Z")), suffix=b"+00"), True
        case FieldType.INSTANT:
            return *moments(INTERNET, suffix=b"+00", zone=options.zone), True
        case _:
            assert_never(type_)


_LOCAL = INTERNET[:-1]
"""Without an offset."""


def _never(_: bytes) -> bool:
    return False


def _always(_: bytes) -> bool:
    return True


def _with_t(column: Cells) -> Cells:
    """2013-01-01T05:00:00"""
    if ordinary(column, b""):
        return TAB.join(column).replace(b" ", b"T").split(TAB)
    return [
        cell.replace(b" ", b"T") if ordinary([cell], b"") else inner_text(cell) for cell in column
    ]


def _with_z(column: Cells) -> Cells:
    """2013-01-01T05:00:00Z (RFC 3339)"""
    if ordinary(column, b"+00"):
        joined = TAB.join(column).replace(b" ", b"T") + TAB
        return joined.replace(b"+00\t", b"Z\t").split(TAB)[:-1]
    return [_with_z([cell])[0] if ordinary([cell], b"+00") else inner_text(cell) for cell in column]


def _zoned(zone: str) -> Writer:
    """2013-01-01T00:00:00-05:00 (RFC 3339)"""
    return instant_writer(Form(INTERNET, suffix=3), zone_rules(zone), inner_text)
