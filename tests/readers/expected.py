"""What a reader should find for what PostgreSQL said, by the formats' documentation. None of it is
made with Waybill's own code."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from domain.datasets import FieldType
from tests.contract.nasty_values import Fate, Nasty, Reads

Cell = Any
"""None, or kind and text, as `programs/cells.py` writes them."""

_NUMBERS = (FieldType.INTEGER, FieldType.DECIMAL, FieldType.FLOAT)
_MOMENTS = (FieldType.DATE, FieldType.TIME, FieldType.TIMESTAMP, FieldType.INSTANT)


def expected(kind: str, type_: FieldType, said: str | None, nasty: Nasty | None) -> Cell:
    """`said` is PostgreSQL's text of a value, `nasty` what is written down of it, if it is."""
    if said is None:
        return None
    match nasty and getattr(nasty, kind):
        case Fate.TEXT:
            return ["text", said]
        case Reads(text):
            return ["moment" if kind == "xlsx" else "text", text]
        case Fate.KEPT:
            return _own(kind, type_, said)
        case _:
            return _own(kind, type_, _guarded(said) if (kind, type_) == ("csv", _TEXT) else said)


def same(wanted: Cell, found: Cell, *, texts: bool, blind: bool, coarse: bool) -> bool:
    """`texts`: the reader takes all values as texts. `blind`: it tells no null from an empty text.
    `coarse`: its times are in whole seconds, and its numbers in 15 digits."""
    if wanted is None or found is None:
        return wanted is found or (blind and bool((wanted or found)[1] == ""))
    (kind, text), (found_kind, found_text) = wanted, found
    if not texts and found_kind != kind:
        return False
    match kind:
        case "number":
            return _same_number(text, found_text, coarse)
        case "boolean":
            return bool(found_text[0].lower() == text[0])
        case "moment":
            return _same_moment(text, found_text, coarse)
        case "json":
            return _same_json(text, found_text)
        case _:
            return bool(text == found_text)


_TEXT = FieldType.TEXT


def _own(kind: str, type_: FieldType, said: str) -> Cell:
    match kind:
        case "csv":
            return ["text", said]
        case "json":
            return _in_json(type_, said)
        case "xlsx":
            return _in_xlsx(type_, said)
        case _:
            return _in_columns(type_, said)


def _in_json(type_: FieldType, said: str) -> Cell:
    match type_:
        case FieldType.INTEGER | FieldType.DECIMAL | FieldType.FLOAT:
            return ["number", said]
        case FieldType.BOOLEAN:
            return ["boolean", said]
        case FieldType.JSON:
            return _value(json.loads(said), said)
        case FieldType.TIMESTAMP | FieldType.INSTANT:
            return ["text", said.replace(" ", "T").replace("+00", "Z")]
        case _:
            return ["text", said]


def _value(value: Any, said: str) -> Cell:
    return None if value is None else ["json", said]


def _in_xlsx(type_: FieldType, said: str) -> Cell:
    match type_:
        case FieldType.BOOLEAN:
            return ["boolean", said]
        case _ if type_ in _NUMBERS:
            return ["number", said]
        case _ if type_ in _MOMENTS:
            return ["moment", said.removesuffix("+00")]
        case _:
            return ["text", said]


def _in_columns(type_: FieldType, said: str) -> Cell:
    match type_:
        case FieldType.INTEGER | FieldType.FLOAT:
            return ["number", said]
        case FieldType.BOOLEAN:
            return ["boolean", said]
        case _ if type_ in _MOMENTS:
            return ["moment", said]
        case _:
            return ["text", said]


def _guarded(text: str) -> str:
    """As far as the orders' texts need it."""
    return f"'{text}" if text[:1] in ("=", "-") else text


def _same_json(wanted: str, found: str) -> bool:
    """JavaScript's numbers are doubles; polars loses backslashes of nested values that it is asked
    for as texts."""
    try:
        ours, theirs = (json.loads(text, parse_int=float) for text in (wanted, found))
    except ValueError:
        return wanted.replace("\\", "") == found.replace("\\", "")
    return bool(ours == theirs)


def _same_number(wanted: str, found: str, coarse: bool) -> bool:
    if wanted == found:
        return True
    try:
        return float(wanted) == float(found) or (
            coarse and abs(Decimal(wanted) - Decimal(found)) <= abs(Decimal(wanted)) / 10**9
        )
    except (ValueError, ArithmeticError):
        return False


def _same_moment(wanted: str, found: str, coarse: bool) -> bool:
    ours, theirs = _moment(wanted), _moment(found)
    if ours is None or theirs is None:
        return wanted == found
    return abs(ours - theirs) < timedelta(seconds=1 if coarse else 0, milliseconds=1)


def _moment(text: str) -> datetime | None:
    """A day is its midnight, and a time is one of the year 2000."""
    text = re.sub(r"\+00(:00)?$", "", text)
    if text.endswith("M"):  # LibreOffice's clock by the locale of nobody
        return datetime.strptime(f"2000-01-01 {text}", "%Y-%m-%d %I:%M:%S %p")  # noqa: DTZ007
    if text.startswith("24:"):
        text = "1900-01-01 00:00:00"  # a whole day
    clock = re.fullmatch(r"\d\d:\d\d:\d\d(\.\d+)?", text)
    try:
        return datetime.fromisoformat(f"2000-01-01 {text}" if clock else text)
    except ValueError:
        return None
