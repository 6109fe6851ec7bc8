"""Two workers on Kafka against one, where rendering is what takes the time."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from typing import Any

import pytest

from tests.bench import sizes
from tests.bench.measured import SERVERS, installed, use_of
from tests.bench.measuring import in_seconds, in_turn, met, ratio
from tests.bench.orders import wanted
from tests.bench.processes import Use
from tests.bench.tables import Report, Table
from tests.stacks import Client

TARGET = 1.7
HEAVY = {
    "format": "csv",
    "compression": "gzip",
    "options": {
        "delimiter": ";",
        "decimal_separator": ",",
        "thousands_separator": ".",
        "date_format": "DD/MM/YYYY",
        "instant_format": "DD/MM/YYYY HH:mm:ss",
        "zone": "Europe/Madrid",
        "encoding": "windows-1252",
        "on_unencodable": "replace",
    },
}
WORK: Mapping[str, tuple[str, Any]] = {
    "workers": ("European CSV in windows-1252, gzip", HEAVY),
    "workers-xlsx": ("a workbook", "xlsx"),
}
"""What is exported, by the name of its table."""
_PARTS = ("extract", "render", "assemble")


def test_bench(
    request: pytest.FixtureRequest,
    source_url: str,
    report: Report,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Two installations side by side, so that one and two workers meet the same noise."""
    with ExitStack() as stack:
        clients = {
            workers: stack.enter_context(
                installed(
                    request,
                    "kafka",
                    source_url,
                    tmp_path_factory.mktemp(f"workers-{workers}"),
                    {"WAYBILL_RENDER_PROCESSES": "1"},
                    workers=workers,
                )
            )
            for workers in (1, 2)
        }
        for name, (title, format_) in WORK.items():
            report.tell(name, _raced(clients, source_url, title, format_))


def _raced(clients: Mapping[int, Client], source_url: str, title: str, format_: Any) -> Table:
    for client in clients.values():
        client.completed("orders", format_, **wanted(limit=1_000))
    uses: dict[int, list[Use]] = {workers: [] for workers in clients}
    actions = {
        str(workers): partial(_export, client, source_url, format_, uses[workers])
        for workers, client in clients.items()
    }
    return _table(title, in_turn(sizes.RUNS, actions), uses)


def _export(client: Client, source_url: str, format_: Any, uses: list[Use]) -> None:
    with use_of(client, source_url) as use:
        client.completed("orders", format_, **wanted())
    uses.append(use)


def _table(title: str, seconds: dict[str, list[float]], uses: dict[int, list[Use]]) -> Table:
    faster = ratio(seconds["1"], seconds["2"])
    rows = []
    for workers, measured in uses.items():
        took = statistics.median(seconds[str(workers)])
        of = [statistics.median(use.seconds.get(part, 0.0) for use in measured) for part in _PARTS]
        cpu = statistics.median(use.cpu for use in measured)
        servers = statistics.median(
            sum(use.seconds.get(name, 0.0) for name in SERVERS) for use in measured
        )
        rows.append(
            (
                str(workers),
                in_seconds(took),
                *map(in_seconds, of),
                in_seconds(servers),
                in_seconds(cpu),
                f"{cpu / took:.2f}",
            )
        )
    return Table(
        title=f"{sizes.ORDERS:,} orders as {title}; one render process a worker, median of "
        f"{sizes.RUNS}",
        headings=("workers", "s", *_PARTS, "all servers", "all CPU s", "cores busy"),
        rows=rows,
        notes=[
            f"Two workers are {faster:.2f} times as fast: target {TARGET} {met(faster >= TARGET)}."
        ],
    )
