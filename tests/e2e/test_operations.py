"""One trace tells of an export from its request to its download, over all processes; a worker that
stops in the middle renders nothing twice; and each role tells how it is."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest

from infra.free_ports import free_ports_below
from schemas import traces
from tests import stack_data
from tests.collectors import Collector, collecting
from tests.installations import on_kafka, start_all
from tests.servers import fresh_database
from tests.stacks import Client, copied, running

FORMATS = [
    stack_data.LIKE_COPY,
    {**stack_data.LIKE_COPY, "compression": "gzip"},
    {**stack_data.LIKE_COPY, "compression": "zstd"},
    "ndjson",
]


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as found:
        yield found


@pytest.fixture
def client(
    request: pytest.FixtureRequest, postgres_url: str, tmp_path: Path, collector: Collector
) -> Iterator[Client]:
    with fresh_database(postgres_url) as url:
        stack_data.load(url)
        stack = on_kafka(request, tmp_path, url, {"WAYBILL_OTLP_ENDPOINT": collector.url})
        for name, port in zip([*stack.workers, "relay"], free_ports_below(32_000, 3), strict=True):
            stack.own[name] = {"WAYBILL_OPERATIONS_PORT": str(port)}
        with running(stack, start_all) as found:
            yield found


def test_a_worker_that_stops_renders_nothing_twice_and_one_trace_tells_it_all(
    client: Client, collector: Collector
) -> None:
    stack = client.stack
    stack.wait_ready()
    for name, parts in (("worker-1", "consumers"), ("relay", "relay")):
        ready = httpx.get(f"{_operations(client, name)}/readyz").raise_for_status().json()
        assert {"events", "files", "keys", "epoch", "kafka", parts} == ready["parts"].keys()
    caller = traces.root(uuid4())
    client.http.headers["traceparent"] = caller.traceparent
    export_id = client.request("sales", *FORMATS)["id"]
    stack.eventually(lambda: collector.named("extract") and collector.named("render chunk"))
    leaving = stack.processes.pop("worker-1")
    leaving.send_signal(signal.SIGTERM)
    assert leaving.wait(timeout=40) == 0, stack.logs()
    export = client.ended(export_id)
    assert export["status"] == "completed", stack.logs()
    assert client.file(export_id) == copied(stack, stack_data.QUERY)
    names = {"download", "relay batch", "assemble file", "plan", "request export", "stage chunk"}
    stack.eventually(lambda: all(map(collector.named, names)), 20)
    _check_renders(client, collector, export_id)
    _check_trace(collector, export_id, f"{caller.trace_id:032x}")
    text = httpx.get(f"{_operations(client, 'worker-2')}/metrics").text
    assert "waybill_kafka_group_lag_messages{group=" in text
    assert 'waybill_consumer_lag_seconds{consumer="history"}' in text
    assert export_id not in text


def _operations(client: Client, name: str) -> str:
    return f"http://127.0.0.1:{client.stack.own[name]['WAYBILL_OPERATIONS_PORT']}"


def _check_renders(client: Client, collector: Collector, export_id: str) -> None:
    """Real renders, as the children that did them told, and what was recorded of them."""
    rendered = Counter(
        (span.attributes["file"], span.attributes["index"])
        for span in collector.named("render chunk")
    )
    page = client.http.get(f"/v1/exports/{export_id}/events", params={"limit": 200})
    recorded = Counter(
        (event["data"]["file"], event["data"]["index"])
        for event in page.raise_for_status().json()["items"]
        if event["type"].startswith("export.chunk-rendered")
    )
    chunks = -(-stack_data.ROWS // 16_384)
    assert len(recorded) == len(rendered) == chunks * len(FORMATS)
    assert set(recorded.values()) == set(rendered.values()) == {1}
    assert not [span for span in collector.named("render") if span.failed]


def _check_trace(collector: Collector, export_id: str, caller: str) -> None:
    trace, root = UUID(export_id).hex, traces.root(UUID(export_id))
    mine = [span for span in list(collector.spans) if span.trace == trace]
    services = {"waybill-api", "waybill-relay", "waybill-worker"}
    assert {span.service for span in mine} == services
    consumers = {"plan_exports", "queue_work", "history"}
    handled = [span for span in mine if span.name.startswith("handle export.")]
    assert all(any(name in str(s.attributes["consumer"]) for s in handled) for name in consumers)
    (first,) = [span for span in mine if not span.parent]
    assert (first.name, first.span) == ("request export", f"{root.span_id:016x}")
    assert caller in first.links
    known = {span.span for span in mine}
    assert all(span.parent in known for span in mine if span is not first)
