"""Nested JSON through the whole service: the same million orders, in their customers or with them,
beside `row_to_json` of the orders alone and of the same nesting, written by hand."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from tests.bench import sizes
from tests.bench.measured import SERVERS, use_of
from tests.bench.measuring import in_seconds, in_turn, met, ratio
from tests.bench.orders import FIELDS, copy_raw
from tests.bench.processes import Use
from tests.bench.tables import Report, Table
from tests.stacks import Client

TIMES: Final = 3.0
_CUSTOMER: Final = ("name", "city", "country")
_FLAT: Final = "row_to_json, orders alone"
_ORDERS: Final = ", ".join(f"o.{name}" for name in FIELDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Nesting:
    """`query` gives the same values as the request, one row of `row_to_json` each."""

    dataset: str
    fields: tuple[Any, ...]
    query: str


NESTINGS: Mapping[str, Nesting] = {
    "each order with its customer": Nesting(
        dataset="orders",
        fields=(*FIELDS, {"name": "customer", "fields": _CUSTOMER}),
        query=f"SELECT {_ORDERS}, (SELECT row_to_json(c) FROM (SELECT c.name, c.city, c.country"
        " FROM demo.customers c WHERE c.id = o.customer_id) c) AS customer"
        " FROM demo.orders o ORDER BY o.id",
    ),
    "each customer with their orders": Nesting(
        dataset="customers",
        fields=("id", *_CUSTOMER, {"name": "orders", "fields": FIELDS}),
        query="SELECT c.id, c.name, c.city, c.country, coalesce((SELECT json_agg(o ORDER BY o.id)"
        f" FROM (SELECT {_ORDERS} FROM demo.orders o WHERE o.customer_id = c.id) o), '[]')"
        " AS orders FROM demo.customers c ORDER BY c.id",
    ),
}


def test_bench(embedded: Client, source_url: str, report: Report, tmp_path: Path) -> None:
    uses: dict[str, list[Use]] = {name: [] for name in NESTINGS}
    raw = partial(copy_raw, source_url, "ndjson", tmp_path / "raw")
    actions: dict[str, Callable[[], Any]] = {_FLAT: raw}
    for name, nesting in NESTINGS.items():
        actions[_by_hand(name)] = partial(raw, query=nesting.query)
        actions[name] = partial(_export, embedded, source_url, nesting, uses[name])
    embedded.completed("orders", "ndjson", fields=FIELDS, limit=1_000)  # wakes everybody up
    report.tell("nested", _speeds(in_turn(sizes.RUNS, actions), uses))


def _export(client: Client, source_url: str, nesting: Nesting, uses: list[Use]) -> None:
    with use_of(client, source_url) as use:
        client.completed(nesting.dataset, "ndjson", fields=nesting.fields)
    uses.append(use)


def _speeds(seconds: Mapping[str, list[float]], uses: Mapping[str, list[Use]]) -> Table:
    rows = []
    for name, measured in uses.items():
        flat, nested = seconds[_FLAT], seconds[_by_hand(name)]
        times = ratio(seconds[name], flat)
        rows.append(
            (
                name,
                *map(in_seconds, map(statistics.median, (seconds[name], flat, nested))),
                f"{times:.2f}",
                f"{TIMES:g} {met(times <= TIMES)}",
                f"{ratio(seconds[name], nested):.2f}",
                f"{max(use.peak(*SERVERS) for use in measured):.0f}",
            )
        )
    return Table(
        title=f"{sizes.ORDERS:,} orders as nested NDJSON, median of {sizes.RUNS}",
        headings=(
            "", "s", "orders alone s", "nested by hand s",
            "× orders alone", "target", "× by hand", "peak MB",
        ),
        rows=rows,
    )  # fmt: skip


def _by_hand(name: str) -> str:
    return f"row_to_json, {name}"
