"""The files that are read: of the demo's orders and of the nasty values, made by a whole Waybill,
and what PostgreSQL itself says of the same rows."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg

from domain.datasets import FieldType
from domain.formats import Format, parse_format
from infra.database import open_pool
from infra.demo.orders import load_orders
from processors.renderers import Reason
from tests.contract.nasty_values import NASTY, Nasty
from tests.stacks import Client

ORDERS: Final = int(os.environ.get("READERS_ORDERS", "100000"))
Row = Sequence[str | None]

NASTY_FIELDS: Final = tuple(FieldType)
_POSTGRESQL: Final = {
    FieldType.TEXT: "text",
    FieldType.INTEGER: "bigint",
    FieldType.DECIMAL: "numeric",
    FieldType.FLOAT: "float8",
    FieldType.BOOLEAN: "boolean",
    FieldType.DATE: "date",
    FieldType.TIME: "time",
    FieldType.TIMESTAMP: "timestamp",
    FieldType.INSTANT: "timestamptz",
    FieldType.UUID: "uuid",
    FieldType.JSON: "json",
}
STORED: Final = tuple(each for each in NASTY if "\0" not in (each.value or ""))
"""PostgreSQL has no NUL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`fields` with their types; `rows` as PostgreSQL writes them; `files` by their extension.
    `nasty` says what becomes of each row, where that isn't the same for all."""

    name: str
    fields: Sequence[tuple[str, FieldType]]
    rows: Sequence[Row]
    files: dict[str, Path]
    nasty: Sequence[Nasty] = ()

    def written(self, kind: str) -> list[tuple[Row, Nasty | None]]:
        """The rows that a file of this kind has."""
        nasty: Sequence[Nasty | None] = self.nasty or [None] * len(self.rows)
        return [
            (row, each)
            for row, each in zip(self.rows, nasty, strict=True)
            if each is None or not isinstance(getattr(each, kind), Reason)
        ]


ORDER_FIELDS: Final = (
    ("id", FieldType.INTEGER),
    ("reference", FieldType.UUID),
    ("customer_id", FieldType.INTEGER),
    ("email", FieldType.TEXT),
    ("amount", FieldType.DECIMAL),
    ("paid", FieldType.BOOLEAN),
    ("ordered_on", FieldType.DATE),
    ("created_at", FieldType.INSTANT),
    ("status", FieldType.TEXT),
    ("postcode", FieldType.TEXT),
    ("details", FieldType.JSON),
    ("note", FieldType.TEXT),
)
_PLAIN: Final = [{"format": name.value} for name in Format]
_COMPRESSED: Final = [
    {"format": name, "compression": how}
    for name in ("csv", "ndjson", "json")
    for how in ("gzip", "zstd")
]


def load(url: str) -> None:
    """The orders and the nasty values."""
    pool = open_pool(url, size=1)
    load_orders(pool, ORDERS, lambda _share, _words: None)
    pool.close()
    columns = ", ".join(f'"{type_}" {_POSTGRESQL[type_]}' for type_ in NASTY_FIELDS)
    with psycopg.connect(url) as connection:
        connection.execute(f"CREATE TABLE nasty (id bigint PRIMARY KEY, {columns})".encode())
        for number, each in enumerate(STORED):
            statement = (
                f'INSERT INTO nasty (id, "{each.type}") VALUES (%s, %s::{_POSTGRESQL[each.type]})'
            )
            connection.execute(statement.encode(), [number, each.value])


def declaration() -> str:
    """The dataset of nasty values."""
    fields = "".join(f"      - {{name: {t}, type: {t}}}\n" for t in NASTY_FIELDS)
    return (
        'sources:\n  nasty: {kind: postgresql, dsn: "${WAYBILL_DATABASE}"}\n'
        "datasets:\n  - id: nasty\n    label: Nasty\n    source: nasty\n    table: nasty\n"
        f"    key: [id]\n    fields:\n      - {{name: id, type: integer}}\n{fields}"
    )


def asked(client: Client, folder: Path) -> Iterator[Asked]:
    """Exports both and keeps the files in the folder."""
    url = client.stack.database_url
    yield Asked(
        name="orders",
        fields=ORDER_FIELDS,
        rows=_said(url, "demo.orders", [name for name, _ in ORDER_FIELDS]),
        files=_exported(client, "orders", [name for name, _ in ORDER_FIELDS], folder),
    )
    names = ["id", *(type_.value for type_ in NASTY_FIELDS)]
    yield Asked(
        name="nasty",
        fields=(("id", FieldType.INTEGER), *((type_.value, type_) for type_ in NASTY_FIELDS)),
        rows=_said(url, "nasty", names),
        files=_exported(client, "nasty", names, folder),
        nasty=STORED,
    )


def _exported(client: Client, dataset: str, fields: list[str], folder: Path) -> dict[str, Path]:
    files = {}
    for formats in (_PLAIN, _COMPRESSED):
        export = client.request(dataset, *formats, fields=fields)
        ended = client.ended(export["id"], patience=1800)
        assert ended["status"] == "completed", ended
        for name in (parse_format(each).extension for each in formats):
            files[name] = folder / f"{dataset}.{name}"
            files[name].write_bytes(client.file(export["id"], name))
    return files


def _said(url: str, table: str, names: list[str]) -> Sequence[Row]:
    """PostgreSQL's own text of every value."""
    columns = ", ".join(f'"{name}"::text' for name in names)
    with psycopg.connect(url) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET DateStyle = 'ISO'")
        found = connection.execute(f"SELECT {columns} FROM {table} ORDER BY {table}.id".encode())
        return found.fetchall()
