"""A first definition of a dataset, read from a table: to be pasted, then edited."""

from __future__ import annotations

import re
from typing import Final

import psycopg
from psycopg import sql

from infra.rows.failures import source_failures
from infra.rows.types import field_type_of

_KEY: Final = """
SELECT a.attname FROM pg_catalog.pg_index i
CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY k (attnum, position)
JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
WHERE i.indrelid = %s::regclass AND i.indisprimary ORDER BY k.position
"""


def describe(dsn: str, table: str) -> str:
    """The YAML of a dataset with all the table's columns. `table` may be `schema.table`.

    Raises `RowsUnavailable`, `RowsRefused`."""
    named = sql.Identifier(*table.split("."))
    with source_failures(), psycopg.connect(dsn, connect_timeout=10) as connection:
        connection.read_only = True
        shape = connection.execute(sql.SQL("SELECT * FROM {} LIMIT 0").format(named))
        key = connection.execute(_KEY, (named.as_string(connection),)).fetchall()
        columns = [(column.name, column.type_code) for column in shape.description or ()]
        return "\n".join(_lines(table, [name for (name,) in key], columns)) + "\n"


def _lines(table: str, key: list[str], columns: list[tuple[str, int]]) -> list[str]:
    names = _names([column for column, _ in columns])
    keys = ", ".join(names[column] for column in key)
    return [
        f"- id: {_name(table.rpartition('.')[2])}",
        f"  label: {_title(_name(table.rpartition('.')[2]))}",
        "  source: # the name of its source",
        f"  table: {_quoted(table)}",
        f"  key: [{keys}]" + ("" if keys else " # fields that no two rows share"),
        "  fields:",
        *(_field(names[column], column, oid) for column, oid in columns),
    ]


def _field(name: str, column: str, oid: int) -> str:
    from_column = "" if column == name else f", column: {_quoted(column)}"
    kind = field_type_of(oid).value
    return f"    - {{name: {name}, type: {kind}, label: {_title(name)}{from_column}}}"


def _names(columns: list[str]) -> dict[str, str]:
    names: dict[str, str] = {}
    for column in columns:
        name, number = _name(column), 2
        while name in names.values():
            name, number = f"{_name(column)[:60]}_{number}", number + 1
        names[column] = name
    return names


def _name(text: str) -> str:
    name = re.sub(r"[^a-z0-9_]+", "_", text.lower()).strip("_")
    return (name if name[:1].isalpha() else f"c_{name}")[:63].rstrip("_")


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _quoted(text: str) -> str:
    """Single-quoted YAML, in which only the quote itself is doubled."""
    return "'" + text.replace("'", "''") + "'"
