"""What the transports say to Prometheus about themselves."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

positions_behind = Gauge(
    "waybill_consumer_lag_positions",
    "Positions of the event log that this consumer has not handled yet.",
    ["consumer"],
)
seconds_behind = Gauge(
    "waybill_consumer_lag_seconds",
    "Age of the oldest event that this consumer has not handled yet, 0 when there is none.",
    ["consumer"],
)
group_messages = Gauge(
    "waybill_kafka_group_lag_messages",
    "Messages between a Kafka group's committed offsets and the ends of its partitions.",
    ["group"],
)
silent = Gauge(
    "waybill_consumer_silent_seconds",
    "Seconds that this consumer has shown no sign of life though it has work.",
    ["consumer"],
)
restarts = Counter(
    "waybill_consumer_restarts_total",
    "Times that the watchdog replaced this consumer, as it hung.",
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
