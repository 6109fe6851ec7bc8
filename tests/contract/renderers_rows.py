"""Rows for the renderers' contract: of every type, as plain values, and as the COPY text in which
a source delivers them."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

from hypothesis import strategies as st

from domain.datasets import FieldType
from domain.ports import Fragment
from processors.renderers import Column

Value = str | None
Row = Sequence[Value]

COLUMNS = tuple(
    Column(name=type_.value, label=f"The {type_.value}", type=type_) for type_ in FieldType
)


def fragment(rows: Sequence[Row]) -> Fragment:
    """Rows as PostgreSQL writes them."""
    lines = ["\t".join(map(_cell, row)) + "\n" for row in rows]
    return Fragment(rows=len(rows), data="".join(lines).encode())


def _cell(value: Value) -> str:
    return r"\N" if value is None else value.translate(_ESCAPES)


_ESCAPES = str.maketrans(
    {
        "\\": r"\\",
        "\b": r"\b",
        "\f": r"\f",
        "\n": r"\n",
        "\r": r"\r",
        "\t": r"\t",
        "\v": r"\v",
    }
)

_SNIPPETS = st.sampled_from(
    [
        "", " ", ",", ";", '"', '""', "'", "\\", "\\N", "\\.", "\n", "\r", "\r\n", "\t", "\v", "\b",
        "\f", "\x01", "\x1f", "\x7f", "\x85", "\u2028", "\ufeff", "\ufffe", "NULL", "null", "true",
        "=1+1", "+34 600 000", "-5", "@SUM(A1)", "＝1", "{", "[", ",\n{,", "é", "李", "𝔘", "مح",
    ]
)  # fmt: skip
_ANY_TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
_TEXT = st.lists(_SNIPPETS | _ANY_TEXT, max_size=4).map("".join)


def _float_text(number: float) -> str:
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    return "NaN" if math.isnan(number) else repr(number).removesuffix(".0")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=5,
)
_MOMENTS = st.datetimes().map(lambda moment: moment.isoformat(" "))
_NEVER = ["infinity", "-infinity"]

VALUES: dict[FieldType, st.SearchStrategy[str]] = {
    FieldType.TEXT: _TEXT,
    FieldType.INTEGER: st.integers(-(2**63), 2**63 - 1).map(str)
    | st.sampled_from(["0", "9007199254740992", "9007199254740993", "-9007199254740993"]),
    FieldType.DECIMAL: st.decimals(allow_nan=False, allow_infinity=False).map(
        lambda number: f"{number:f}"
    )
    | st.sampled_from(["NaN", "Infinity", "-Infinity", "-0.10", "1" * 400]),
    FieldType.FLOAT: st.floats().map(_float_text),
    FieldType.BOOLEAN: st.sampled_from(["t", "f"]),
    FieldType.DATE: st.dates().map(str)
    | st.sampled_from([*_NEVER, "0044-03-15 BC", "12013-01-01"]),
    FieldType.TIME: st.times().map(str),
    FieldType.TIMESTAMP: _MOMENTS
    | st.sampled_from([*_NEVER, "0044-03-15 12:00:00 BC", "12013-01-01 00:00:00"]),
    FieldType.INSTANT: _MOMENTS.map(lambda moment: moment + "+00")
    | st.sampled_from([*_NEVER, "0044-03-15 12:00:00+00 BC", "12013-01-01 00:00:00.5+00"]),
    FieldType.UUID: st.uuids().map(str),
    FieldType.JSON: st.builds(
        json.dumps, _JSON, ensure_ascii=st.booleans(), indent=st.sampled_from([None, 1, "\t"])
    ),
}

ROWS: st.SearchStrategy[list[tuple[Value, ...]]] = st.lists(
    st.tuples(*(st.none() | VALUES[column.type] for column in COLUMNS)), max_size=8
)


def ordinary_rows(count: int) -> list[tuple[Value, ...]]:
    """Rows that differ, of every type, with some nulls and some texts that need care."""
    return [_ordinary_row(number) for number in range(count)]


def _ordinary_row(number: int) -> tuple[Value, ...]:
    day = f"20{number % 30:02}-0{1 + number % 9}-{1 + number % 28:02}"
    by_type: dict[FieldType, Value] = {
        FieldType.TEXT: (None, "plain", "Smith, John", 'say "é"', "two\nlines", "=1+1")[number % 6],
        FieldType.INTEGER: str(number * 7919 - 50),
        FieldType.DECIMAL: f"{number / 7:.2f}",
        FieldType.FLOAT: repr(number / 3),
        FieldType.BOOLEAN: "tf"[number % 2],
        FieldType.DATE: day,
        FieldType.TIME: f"{number % 24:02}:{number % 60:02}:00",
        FieldType.TIMESTAMP: f"{day} {number % 24:02}:00:00.25",
        FieldType.INSTANT: None
        if number % 5 == 0
        else f"{day} {number % 24:02}:{number % 60:02}:01+00",
        FieldType.UUID: f"00000000-0000-4000-8000-{number:012x}",
        FieldType.JSON: json.dumps({"n": number, "quote": '"\\', "list": [None, True]}),
    }
    return tuple(by_type[column.type] for column in COLUMNS)
