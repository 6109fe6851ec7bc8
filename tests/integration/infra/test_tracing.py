"""Spans reach a real collector, and one that is dead holds nobody up."""

from __future__ import annotations

import time
from pathlib import Path
from uuid import uuid4

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult

from infra import tracing
from infra.free_ports import free_port
from infra.settings import Settings
from infra.tracing import Outbox, start_tracing
from schemas import traces
from tests.collectors import collecting


@pytest.fixture
def anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    return Settings(data_dir=tmp_path)


def test_spans_are_sent_before_the_process_ends(anywhere: Settings) -> None:
    export_id = uuid4()
    with collecting() as collector:
        stop = start_tracing(anywhere.model_copy(update={"otlp_endpoint": collector.url}), "worker")
        with pytest.raises(KeyError), traces.span("plan", export_id, rows=3):
            raise KeyError("a name")
        stop()
        (span,) = collector.spans
    assert (span.service, span.name, span.trace) == ("waybill-worker", "plan", export_id.hex)
    assert span.parent == f"{traces.root(export_id).span_id:016x}"
    assert span.failed
    assert "a name" not in str(span)
    assert "KeyError" in span.attributes["error.type"]
    assert not traces.wanted()


def test_the_standard_variable_names_a_collector_too(
    anywhere: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        stop = start_tracing(anywhere, "api")
        traces.note("download", uuid4(), time.time_ns())
        stop()
        assert [span.name for span in collector.spans] == ["download"]


def test_without_a_collector_nothing_is_made(anywhere: Settings) -> None:
    start_tracing(anywhere, "api")()
    assert not traces.wanted()


def test_a_dead_collector_holds_nobody_up_and_what_is_dropped_is_counted(
    anywhere: Settings,
) -> None:
    before = _dropped()
    url = f"http://127.0.0.1:{free_port()}"
    stop = start_tracing(anywhere.model_copy(update={"otlp_endpoint": url}), "worker")
    began = time.monotonic()
    for _ in range(20_000):
        traces.note("render", uuid4(), 1)
    told = time.monotonic() - began
    stop()
    assert told < tracing._SEND_SECONDS  # who waits for a collector waits so long, and 20,000 times
    assert time.monotonic() - began < told + 2 * tracing._FLUSH_SECONDS + 1
    assert _dropped() - before == 20_000


def test_an_exporter_that_breaks_ends_nothing() -> None:
    class Broken:
        calls = 0

        def export(self, spans: list[ReadableSpan]) -> SpanExportResult:
            self.calls += 1
            if self.calls == 1:
                raise ValueError
            return SpanExportResult.SUCCESS

        def shutdown(self) -> None:
            self.calls += 100

    broken, sent = Broken(), tracing.sent._value.get()
    outbox = Outbox(broken, "test")
    outbox.start()
    traces.note("one", uuid4(), 1)
    deadline = time.monotonic() + 10
    while not broken.calls and time.monotonic() < deadline:
        time.sleep(0.01)
    traces.note("two", uuid4(), 1)
    outbox.stop()
    assert broken.calls == 102
    assert tracing.sent._value.get() == sent + 1


def _dropped() -> float:
    (metric,) = tracing.dropped.collect()
    return sum(sample.value for sample in metric.samples if sample.name.endswith("_total"))
