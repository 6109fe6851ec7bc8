"""Ten times the rows: whether an export stays as fast and as lean. It takes minutes and 6 GB of
disk, so it runs with BENCH_LARGE=1 only."""

from __future__ import annotations

import statistics

import pytest

from tests.bench import sizes
from tests.bench.measured import CHILDREN, MAIN, SERVERS, installed, use_of
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
"""How much larger a process may be with many rows than with few and still be called flat."""
_PARTS = (*CHILDREN.values(), MAIN)


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
        with use_of(client, url) as by_few:
            few = [
                timed(lambda: client.completed("orders", "csv", **wanted(limit=sizes.ORDERS)))
                for _ in range(TIMES)  # as long in all, so that memory is looked at as often
            ]
        with use_of(client, url) as by_many:
            many = timed(lambda: _export_all(client))
    report.tell("large", _speed(statistics.median(few), many, by_many))
    report.tell("large-memory", _memory(by_few, by_many))


def _export_all(client: Client) -> None:
    export = client.ended(client.request("orders", "csv", **wanted())["id"], patience=3600)
    assert export["status"] == "completed", export


def _speed(few: float, many: float, use: Use) -> Table:
    speeds = sizes.ORDERS / few, TIMES * sizes.ORDERS / many
    peak = use.peak(*SERVERS)
    steady = speeds[1] / speeds[0]
    return Table(
        title=f"{TIMES * sizes.ORDERS:,} orders × {len(FIELDS)} columns as CSV",
        headings=("", "found", "target"),
        rows=[
            (f"rows/s of {sizes.ORDERS:,} rows", f"{speeds[0]:,.0f}", ""),
            (f"rows/s of {TIMES * sizes.ORDERS:,} rows", f"{speeds[1]:,.0f}", ""),
            ("ratio of the two", f"{steady:.2f}", f"{STEADY} {met(steady >= STEADY)}"),
            ("largest process, MB", f"{peak:.0f}", f"{MOST_MB:.0f} {met(peak < MOST_MB)}"),
        ],
    )


def _memory(by_few: Use, by_many: Use) -> Table:
    rows = []
    for part in _PARTS:
        few, many = (use.peak_of(part) for use in (by_few, by_many))
        flat = met(many <= _ROOM * few)
        rows.append((part, f"{few:.0f}", f"{many:.0f}", f"{many / few:.2f}", f"{_ROOM} {flat}"))
    return Table(
        title="The most that a process of each kind holds",
        headings=(
            "",
            f"{sizes.ORDERS:,} rows, MB",
            f"{TIMES * sizes.ORDERS:,} rows, MB",
            "ratio",
            "at most",
        ),
        rows=rows,
    )
