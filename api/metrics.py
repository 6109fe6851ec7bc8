"""What Prometheus is told about HTTP: durations by route template, never by address, so that no
id becomes a label."""

from __future__ import annotations

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram


class HttpMetrics:
    """One set per app: several apps in one process, as in tests, need registries of their own."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        self.registry = registry
        self.duration = Histogram(
            "waybill_http_request_seconds",
            "Seconds until the answer's last byte.",
            ("method", "route", "status"),
            registry=registry,
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600),
        )
        self.in_flight = Gauge(
            "waybill_http_in_flight", "Requests being answered.", registry=registry
        )
        self.ready = Gauge(
            "waybill_ready", "1 when the part can be used.", ("part",), registry=registry
        )
        self.sent = Counter(
            "waybill_download_bytes", "Bytes of files sent to clients.", registry=registry
        )
        self.refusals = Counter(
            "waybill_refusals",
            "Commands refused to callers that are known: recorded, omitted as too many, or lost.",
            ("act", "outcome"),
            registry=registry,
        )
        self.unauthenticated = Counter(
            "waybill_unauthenticated_requests",
            "Requests refused to callers that are not known.",
            registry=registry,
        )
