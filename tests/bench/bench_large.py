"""Ten times the rows: whether an export stays as fast and as lean. It takes minutes and 6 GB of
disk, so it runs with BENCH_LARGE=1 only."""

from __future__ import annotations

import statistics

import pytest

from tests.bench import sizes
from tests.bench.measured import SERVERS, installed, use_of
from tests.bench.measuring import met, timed
from tests.bench.orders import FIELDS, source, wanted
from tests.bench.processes import Use
from tests.bench.tables import Report, Table
from tests.stacks import Client

TIMES = 10
MOST_MB = 300.0
STEADY = 0.9
"""Rows per second of the many over those of the few."""
_ROOM = 1.1
"""How much larger memory may be in the last third than in the first and still be called flat."""


@pytest.mark.skipif(not sizes.LARGE, reason="BENCH_LARGE=1 runs it")
def test_bench(
    request: pytest.FixtureRequest,
    postgres_url: str,
    report: Report,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    home = tmp_path_factory.mktemp("large")
    orders = TIMES * sizes.ORDERS
    with (
        source(postgres_url, orders) as url,
        installed(request, "embedded", url, home, {}) as client,
    ):
        few = [
            timed(lambda: client.completed("orders", "csv", **wanted(limit=sizes.ORDERS)))
            for _ in range(sizes.RUNS)
        ]
        with use_of(client, url) as use:
            many = timed(lambda: _export_all(client))
    report.tell("large", _table(statistics.median(few), many, use))


def _export_all(client: Client) -> None:
    export = client.ended(client.request("orders", "csv", **wanted())["id"], patience=3600)
    assert export["status"] == "completed", export


def _table(few: float, many: float, use: Use) -> Table:
    speeds = sizes.ORDERS / few, TIMES * sizes.ORDERS / many
    first, last = use.peak(*SERVERS, until=1 / 3), use.peak(*SERVERS, since=2 / 3)
    peak = use.peak(*SERVERS)
    steady, flat = speeds[1] / speeds[0], last <= _ROOM * first
    return Table(
        title=f"{TIMES * sizes.ORDERS:,} orders × {len(FIELDS)} columns as CSV",
        headings=("", "found", "target"),
        rows=[
            (f"rows/s of {sizes.ORDERS:,} rows", f"{speeds[0]:,.0f}", ""),
            (f"rows/s of {TIMES * sizes.ORDERS:,} rows", f"{speeds[1]:,.0f}", ""),
            ("ratio of the two", f"{steady:.2f}", f"{STEADY} {met(steady >= STEADY)}"),
            ("largest process in the first third, MB", f"{first:.0f}", ""),
            ("largest process in the last third, MB", f"{last:.0f}", f"flat {met(flat)}"),
            ("largest process, MB", f"{peak:.0f}", f"{MOST_MB:.0f} {met(peak < MOST_MB)}"),
        ],
    )
