"""Many small exports at once, and how soon the API answers while they and a large one run."""

from __future__ import annotations

import itertools
import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import httpx

from tests.bench import sizes
from tests.bench.measuring import in_milliseconds, in_seconds, percentile, timed
from tests.bench.orders import wanted
from tests.bench.tables import Report, Table
from tests.stacks import Client

_AT_ONCE = 10
"""Connections that request; what they request runs together."""
_READ_EVERY = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """`times` from each request to its file, `reads` of the API's answers, all in seconds."""

    seconds: float
    times: list[float]
    reads: dict[str, list[float]]


def test_bench(embedded: Client, report: Report) -> None:
    _crowd(embedded, 3)
    alone = [_round(embedded) for _ in range(sizes.RUNS)]
    beside = [_beside_a_large_one(embedded) for _ in range(sizes.RUNS)]
    rounds = {"alone": alone, f"while {sizes.ORDERS:,} rows are exported": beside}
    table = Table(
        title=f"{sizes.CROWD} exports of 1,000 rows at once, embedded, median of {sizes.RUNS}",
        headings=("", "all s", "exports/s", "p50 s", "p95 s", "list p95 ms", "show p95 ms"),
        rows=[_row(name, found) for name, found in rounds.items()],
    )
    report.tell("crowd", table)


def _beside_a_large_one(client: Client) -> Round:
    large = client.request("orders", "csv", **wanted())
    client.stack.eventually(lambda: client.show(large["id"])["started_at"])
    found = _round(client)
    assert client.ended(large["id"], patience=600)["status"] == "completed"
    return found


def _round(client: Client) -> Round:
    with _reads(client) as reads:
        began = time.time()
        times, ended = _crowd(client, sizes.CROWD)
    return Round(seconds=ended - began, times=times, reads=reads)


def _crowd(client: Client, size: int) -> tuple[list[float], float]:
    """Seconds from each request to its file, and when the last one was ready."""

    def request(_: int) -> tuple[str, float]:
        asked_at = time.time()
        return client.request("orders", "csv", **wanted(limit=1_000))["id"], asked_at

    with ThreadPoolExecutor(_AT_ONCE) as threads:
        asked = dict(threads.map(request, range(size)))
    ready = {export: _ended_at(client, export) for export in asked}
    return [ready[export] - asked[export] for export in asked], max(ready.values())


def _ended_at(client: Client, export: str) -> float:
    """By the service's own clock, which is this machine's: asking 100 exports all the time how
    far they are would be the larger load."""
    found = client.ended(export)
    assert found["status"] == "completed", found
    return datetime.fromisoformat(found["ended_at"]).timestamp()


@contextmanager
def _reads(client: Client) -> Iterator[dict[str, list[float]]]:
    """How long the API takes to list exports and to show one, asked in turn meanwhile."""
    newest = client.http.get("/v1/exports", params={"limit": 1}).json()["items"][0]["id"]
    paths = {"list": "/v1/exports", "show": f"/v1/exports/{newest}"}
    found: dict[str, list[float]] = {name: [] for name in paths}
    ended = threading.Event()

    def ask() -> None:
        with httpx.Client(
            base_url=client.stack.url, headers={"Authorization": f"Bearer {client.key}"}, timeout=30
        ) as http:
            for name, path in itertools.cycle(paths.items()):
                if ended.wait(_READ_EVERY):
                    return
                found[name].append(timed(partial(_get, http, path)))

    with ThreadPoolExecutor(1) as thread:
        asking = thread.submit(ask)
        try:
            yield found
        finally:
            ended.set()
            asking.result()


def _get(http: httpx.Client, path: str) -> None:
    http.get(path).raise_for_status()


def _row(name: str, rounds: list[Round]) -> tuple[str, ...]:
    def median(share: float) -> float:
        return statistics.median(percentile(found.times, share) for found in rounds)

    reads = {
        kind: [seconds for found in rounds for seconds in found.reads[kind]]
        for kind in rounds[0].reads
    }
    whole = statistics.median(found.seconds for found in rounds)
    return (
        name,
        in_seconds(whole),
        f"{sizes.CROWD / whole:.1f}",
        in_seconds(median(0.5)),
        in_seconds(median(0.95)),
        *(in_milliseconds(percentile(seconds, 0.95)) for seconds in reads.values()),
    )
