"""Small exports, one after another: how soon a thousand rows are ready."""

from __future__ import annotations

from functools import partial

import pytest

from tests.bench import sizes
from tests.bench.measured import installed
from tests.bench.measuring import in_milliseconds, met, percentile, timed
from tests.bench.orders import wanted
from tests.bench.tables import Report, Table
from tests.stacks import Client

TARGETS = {"embedded": 0.5, "kafka": 1.0}
_NAMES = {"embedded": "embedded", "kafka": "Kafka and S3, two workers"}
_WARM_UP = 3


def test_bench(
    request: pytest.FixtureRequest,
    source_url: str,
    report: Report,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    rows = []
    for transport in TARGETS:
        home = tmp_path_factory.mktemp(transport)
        with installed(request, transport, source_url, home, {}) as client:
            rows.append(_row(transport, _times(client)))
    table = Table(
        title=f"1,000 rows as CSV, request to ready, {sizes.SMALL_RUNS} one after another",
        headings=("installation", "p50 ms", "p95 ms", "slowest ms", "target p95"),
        rows=rows,
    )
    report.tell("small", table)


def _times(client: Client) -> list[float]:
    export = partial(client.completed, "orders", "csv", **wanted(limit=1_000))
    for _ in range(_WARM_UP):
        export()
    return [timed(export) for _ in range(sizes.SMALL_RUNS)]


def _row(transport: str, times: list[float]) -> tuple[str, ...]:
    p95, target = percentile(times, 0.95), TARGETS[transport]
    return (
        _NAMES[transport],
        in_milliseconds(percentile(times, 0.5)),
        in_milliseconds(p95),
        in_milliseconds(max(times)),
        f"{in_milliseconds(target)} {met(p95 <= target)}",
    )
