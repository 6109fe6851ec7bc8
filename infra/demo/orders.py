"""Generated customers and orders with personal data, of any size and always the same."""

from __future__ import annotations

from collections.abc import Iterator

from infra.database import Pool
from infra.demo.loads import Here, Report, loading, run_script
from infra.queries import load_queries

DEFAULT = 10_000
PER_CUSTOMER = 4
_VERSION = 2
_BATCH = 25_000
_SQL = load_queries("infra", "demo/sql/orders_queries.sql")


def load_orders(pool: Pool, orders: int | None, report: Report) -> bool:
    """So many orders, or any number when it is None and there are some. False when they are there
    already."""
    wanted = DEFAULT if orders is None else orders
    content = f"{wanted} orders, tables {_VERSION}"
    with loading(pool, "orders", content, keep_any=orders is None) as connection:
        if connection is None:
            return False
        for rows in _generate(connection, wanted):
            report(rows / wanted, f"{rows:,} orders")
    return True


def _generate(connection: Here, orders: int) -> Iterator[int]:
    run_script(connection, "orders.sql")
    customers = max(1, orders // PER_CUSTOMER)
    for first, last in _batches(customers):
        connection.execute(_SQL["customers"], {"first": first, "last": last})
    for first, last in _batches(orders):
        values = {"first": first, "last": last, "customers": customers}
        connection.execute(_SQL["orders"], values)
        yield last
    for table in ("customers", "orders"):
        connection.execute(f"ALTER TABLE demo.{table} ADD PRIMARY KEY (id)".encode())
    connection.execute("CREATE INDEX ON demo.orders (customer_id)")
    connection.execute("ANALYZE demo.orders, demo.customers")


def _batches(count: int) -> Iterator[tuple[int, int]]:
    for first in range(1, count + 1, _BATCH):
        yield first, min(first + _BATCH - 1, count)
