"""From the request to the finished, sealed, hashed and signed file over HTTP, beside what
`psql \\copy` needs for the same rows in the same run, and what others need for them."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from tests.bench import sizes
from tests.bench.measured import ALONE, SERVERS, costs, use_of
from tests.bench.measuring import in_seconds, in_turn, met, ratio
from tests.bench.orders import FIELDS, copy_raw, wanted
from tests.bench.processes import Use
from tests.bench.racing import RIVALS, race, told
from tests.bench.tables import Report, Table
from tests.stacks import Client

TARGETS = {"csv": 2.0, "ndjson": 1.2}
FORMATS: dict[str, tuple[str, Any]] = {
    "csv": ("csv", "csv"),
    "ndjson": ("ndjson", "ndjson"),
    "csv.gz": ("csv", {"format": "csv", "compression": "gzip"}),
    "csv.zst": ("csv", {"format": "csv", "compression": "zstd"}),
}
"""The format of a request, and whose limit it is compared with."""


def test_bench(
    embedded: Client, without_kernel: Client, source_url: str, report: Report, tmp_path: Path
) -> None:
    formats = {**FORMATS, **{f"{kind}{ALONE}": FORMATS[kind] for kind in TARGETS}}
    uses: dict[str, list[Use]] = {name: [] for name in formats}
    actions: dict[str, Callable[[], Any]] = {}
    for kind in ("csv", "ndjson"):
        actions[f"\\copy {kind}"] = partial(copy_raw, source_url, kind, tmp_path / "raw")
        for name, (limit, format_) in formats.items():
            if limit == kind:
                client = without_kernel if name.endswith(ALONE) else embedded
                actions[name] = partial(_export, client, source_url, format_, uses[name])
    for client in (embedded, without_kernel):
        client.completed("orders", "csv", **wanted(limit=1_000))  # wakes everybody up
    seconds = in_turn(sizes.RUNS, actions)
    limits = {name: limit for name, (limit, _) in formats.items()}
    report.tell("exports", _speeds(seconds, uses, limits), costs(uses))
    report.tell("rivals", told(race(RIVALS, source_url, tmp_path)))


def _export(client: Client, source_url: str, format_: Any, uses: list[Use]) -> None:
    with use_of(client, source_url) as use:
        client.completed("orders", format_, **wanted())
    uses.append(use)


def _speeds(
    seconds: dict[str, list[float]], uses: dict[str, list[Use]], whose: dict[str, str]
) -> Table:
    rows = []
    for name, limit in whose.items():
        took, limits = statistics.median(seconds[name]), seconds[f"\\copy {limit}"]
        times = ratio(seconds[name], limits)
        target = TARGETS.get(name)
        rows.append(
            (
                name,
                in_seconds(took),
                in_seconds(statistics.median(limits)),
                f"{times:.2f}",
                "" if target is None else f"{target} {met(times <= target)}",
                f"{sizes.ORDERS / took:,.0f}",
                f"{max(use.peak(*SERVERS) for use in uses[name]):.0f}",
            )
        )
    return Table(
        title=f"{sizes.ORDERS:,} orders × {len(FIELDS)} columns, median of {sizes.RUNS}",
        headings=("format", "export s", "\\copy s", "ratio", "target", "rows/s", "peak MB"),
        rows=rows,
    )
