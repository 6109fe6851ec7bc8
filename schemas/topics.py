"""The public topics: each kind of aggregate has one, named after it. What subscribers rely on."""

from __future__ import annotations

from collections.abc import Mapping

from domain.streams import Kind

PARTITIONS = 8
"""Of each public topic, for ever: with another number an aggregate's later events would go to
another partition, beside its earlier ones."""
RETENTION_MS = -1
"""Nothing is ever dropped."""

HEADERS: Mapping[str, str] = {
    "content-type": "Always `application/cloudevents+json`.",
    "waybill-position": "The event's place in the whole log, as digits; the payload's `position`.",
    "waybill-epoch": "The life of the event store that recorded it; the payload's `epoch`.",
    "traceparent": "W3C Trace Context, for consumers with tracing of their own.",
}


def topic_of(kind: Kind) -> str:
    """Without the installation's prefix."""
    return f"waybill.{kind}s.v1"
