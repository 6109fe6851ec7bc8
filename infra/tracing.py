"""Spans on their way to an OpenTelemetry collector, where one is named.

Nobody who works waits for it: spans go to a bounded queue, a thread sends them in batches, and what
finds no room or is not taken is dropped and counted. OpenTelemetry is loaded only then.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from importlib.metadata import version
from queue import Empty, Full, Queue
from typing import TYPE_CHECKING, Protocol

from prometheus_client import Counter

from infra.settings import Settings
from schemas.traces import Place, Span, send_to

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import SpanContext

log = logging.getLogger(__name__)

sent = Counter("waybill_spans_sent_total", "Spans that the collector took.")
dropped = Counter(
    "waybill_spans_dropped_total",
    "Spans that were dropped: the queue was full, the collector refused, the process stopped.",
    ["reason"],
)

_STANDARD = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_ROOM = 8_192
_BATCH = 512
_GATHER_SECONDS = 0.5
_SEND_SECONDS = 5.0
_FLUSH_SECONDS = 3.0


class Exporter(Protocol):
    """The part of OpenTelemetry's `SpanExporter` that is used."""

    def export(self, spans: list[ReadableSpan]) -> object: ...

    def shutdown(self) -> None: ...


def start_tracing(settings: Settings, role: str) -> Callable[[], None]:
    """Sends this process's spans to the collector that the settings or OpenTelemetry's own
    variables name, until what is returned is called. Without a collector nothing is begun."""
    if not settings.otlp_endpoint and not any(os.environ.get(name) for name in _STANDARD):
        return lambda: None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)  # it quotes addresses; see _send
    base = settings.otlp_endpoint.rstrip("/")
    exporter = OTLPSpanExporter(f"{base}/v1/traces" if base else None, timeout=_SEND_SECONDS)
    outbox = Outbox(exporter, role)
    outbox.start()
    return outbox.stop


class Outbox:
    """Tells an exporter of all spans that end in this process, from `start` to `stop`."""

    def __init__(self, exporter: Exporter, role: str, room: int = _ROOM) -> None:
        self._exporter = exporter
        self._waiting: Queue[Span] = Queue(room)
        self._resource = _resource(role)
        self._stopping, self._given_up = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._send_on, name="traces", daemon=True)

    def start(self) -> None:
        self._end = send_to(self._take)
        self._thread.start()

    def stop(self) -> None:
        """What waits is sent if that takes no more than some seconds."""
        self._end()
        self._stopping.set()
        self._thread.join(_FLUSH_SECONDS)
        self._given_up.set()
        self._exporter.shutdown()
        self._thread.join(_FLUSH_SECONDS)
        dropped.labels("stopped").inc(self._waiting.qsize())

    def _take(self, span: Span) -> None:
        try:
            self._waiting.put_nowait(span)
        except Full:
            dropped.labels("full").inc()

    def _send_on(self) -> None:
        while not self._ended():
            batch = self._gathered()
            if batch:
                self._send(batch)

    def _ended(self) -> bool:
        return self._given_up.is_set() or (self._stopping.is_set() and self._waiting.empty())

    def _gathered(self) -> list[Span]:
        batch: list[Span] = []
        until = time.monotonic() + _GATHER_SECONDS
        while len(batch) < _BATCH and not self._ended():
            try:
                batch.append(self._waiting.get(timeout=max(0.0, until - time.monotonic())))
            except Empty:
                break
        return batch

    def _send(self, batch: list[Span]) -> None:
        """A collector that is away costs this thread some seconds a batch, and nobody else."""
        from opentelemetry.sdk.trace.export import SpanExportResult

        try:
            taken = self._exporter.export([readable(span, self._resource) for span in batch])
        except Exception as error:  # noqa: BLE001 - whatever it is, work goes on without traces
            log.warning("spans could not be sent: %s", type(error).__name__)
            taken = SpanExportResult.FAILURE
        if taken is SpanExportResult.SUCCESS:
            sent.inc(len(batch))
        else:
            log.warning("the collector of traces did not take spans; they are dropped")
            dropped.labels("refused").inc(len(batch))


def readable(span: Span, resource: Resource) -> ReadableSpan:
    """The span as OpenTelemetry's exporters read it."""
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope
    from opentelemetry.trace import Link, SpanKind, Status, StatusCode

    error = {"error.type": span.error} if span.error else {}
    return ReadableSpan(
        name=span.name,
        context=_context(span.place),
        parent=None
        if span.parent is None
        else _context(Place(trace_id=span.place.trace_id, span_id=span.parent)),
        resource=resource,
        attributes={**span.attributes, **error},
        links=[Link(_context(link)) for link in span.links],
        kind=SpanKind[span.kind.upper()],
        status=Status(StatusCode.ERROR if span.error else StatusCode.UNSET),
        start_time=span.began,
        end_time=span.ended,
        instrumentation_scope=InstrumentationScope("waybill", version("waybill")),
    )


def _context(place: Place) -> SpanContext:
    from opentelemetry.trace import SpanContext, TraceFlags

    return SpanContext(place.trace_id, place.span_id, True, TraceFlags(TraceFlags.SAMPLED))


def _resource(role: str) -> Resource:
    """`OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` win over what is said here."""
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource

    ours = Resource({"service.name": f"waybill-{role}", "service.version": version("waybill")})
    return ours.merge(OTELResourceDetector().detect())
