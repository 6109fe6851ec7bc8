"""Rows for rivals that take them one by one: with headings, and without types that they lack."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import psycopg

ROWS_AT_ONCE = 10_000


def rows_of(url: str, query: str) -> Iterator[list[Any]]:
    """The headings, then every row; spreadsheets know no time zones."""
    with psycopg.connect(url) as connection, connection.cursor("rows") as cursor:
        cursor.itersize = ROWS_AT_ONCE
        cursor.execute(query.encode())
        for number, row in enumerate(cursor):
            if number == 0:
                yield [column.name for column in cursor.description or ()]
            yield [_plain(value) for value in row]


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return value.replace(tzinfo=None)
        case None | str() | int() | float() | Decimal():
            return value
        case _:
            return value if hasattr(value, "isoformat") else str(value)
