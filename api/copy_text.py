"""The few rows of a preview, from PostgreSQL's COPY text to JSON values."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from domain.datasets import Field, FieldType

_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_NAMED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_NULL = r"\N"
_EXACT = 2**53


def rows(data: bytes, fields: Sequence[Field]) -> list[list[object]]:
    """A row per line; bytes that are no UTF-8 are shown as U+FFFD."""
    lines = data.decode(errors="replace").split("\n")[:-1]
    return [
        [_value(text, field) for text, field in zip(line.split("\t"), fields, strict=True)]
        for line in lines
    ]


def _value(text: str, field: Field) -> object:
    if text == _NULL:
        return None
    plain = _ESCAPE.sub(lambda found: _NAMED.get(found[1], found[1]), text)
    match field.type:
        case FieldType.INTEGER if abs(int(plain)) <= _EXACT:
            return int(plain)
        case FieldType.BOOLEAN:
            return plain == "t"
        case FieldType.JSON:
            return json.loads(plain, parse_float=str, parse_int=_integer, parse_constant=str)
        case _:
            return plain


def _integer(text: str) -> int | str:
    return int(text) if len(text) <= 15 else text
