"""What the transports say to Prometheus about themselves."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

positions_behind = Gauge(
    "waybill_consumer_lag_positions",
    "Positions of the event log that this consumer has not handled yet.",
    ["consumer"],
)
blocked = Gauge(
    "waybill_consumer_blocked",
    "1 while this consumer can't go on and tries again, else 0.",
    ["consumer"],
)
parked = Counter(
    "waybill_consumer_parked_total",
    "Events after which an aggregate was parked for this consumer.",
    ["consumer"],
)
ticks_dropped = Counter(
    "waybill_ticks_dropped_total",
    "Progress ticks that were dropped because Kafka was slow.",
)
