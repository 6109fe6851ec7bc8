"""What lies on the topics: CloudEvents on the public ones, small JSON of our own on the others."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import orjson

from domain.ports import Recorded
from domain.streams import Envelope, JobKind, JobMessage, Tick
from infra.streams.failures import Failure
from infra.streams.kafka.producer import Message
from infra.streams.kafka.topics import CHUNK_JOBS, DEAD_LETTERS, PROGRESS, TOPIC_OF
from schemas.cloudevents import CONTENT_TYPE, to_cloudevent, traced
from schemas.public import to_envelope
from schemas.traces import traceparent

_JSON = ("content-type", b"application/json")
_CLOUDEVENT = ("content-type", CONTENT_TYPE.encode())


def event_message(recorded: Recorded, epoch: UUID, prefix: str) -> Message:
    """A recorded event for its public topic; the key is its aggregate's id."""
    envelope = to_envelope(recorded, epoch)
    return Message(
        topic=prefix + TOPIC_OF[envelope.kind].name,
        key=str(envelope.aggregate_id).encode(),
        value=orjson.dumps(traced(to_cloudevent(envelope))),
        headers=(
            _CLOUDEVENT,
            _traceparent(envelope.aggregate_id),
            ("waybill-position", str(envelope.position).encode()),
            ("waybill-epoch", str(epoch).encode()),
        ),
        at=int(envelope.at.timestamp() * 1000),
    )


def dead_letter(subscription: str, envelope: Envelope, failure: Failure, prefix: str) -> Message:
    """An event that a subscription gave up on, as it came."""
    return Message(
        topic=prefix + DEAD_LETTERS.name,
        key=str(envelope.aggregate_id).encode(),
        value=orjson.dumps(traced(to_cloudevent(envelope))),
        headers=(
            _CLOUDEVENT,
            _traceparent(envelope.aggregate_id),
            *_reason(subscription, failure),
        ),
    )


def unreadable(
    subscription: str, place: str, key: bytes, value: bytes, failure: Failure, prefix: str
) -> Message:
    """A message that nobody could decode, as it came; `place` is its topic, partition, offset."""
    return Message(
        topic=prefix + DEAD_LETTERS.name,
        key=key,
        value=value,
        headers=(("waybill-place", place.encode()), *_reason(subscription, failure)),
    )


def job_message(job: JobMessage, prefix: str) -> Message:
    """The key is another one each time: jobs spread over the partitions, and one that is released
    again needn't meet the same worker again."""
    text = {
        "id": job.id,
        "export_id": str(job.export_id),
        "kind": job.kind.value,
        "attempt": job.attempt,
        "index": job.index,
        "file": job.file,
    }
    return Message(
        topic=prefix + CHUNK_JOBS.name,
        key=secrets.token_bytes(8),
        value=orjson.dumps(text),
        headers=(_JSON, _traceparent(job.export_id)),
    )


def read_job(value: bytes) -> JobMessage:
    """Raises ValueError, KeyError or TypeError for what is no job."""
    text: Mapping[str, str | int] = orjson.loads(value)
    return JobMessage(
        id=str(text["id"]),
        export_id=UUID(str(text["export_id"])),
        kind=JobKind(str(text["kind"])),
        attempt=int(text["attempt"]),
        index=int(text["index"]),
        file=str(text["file"]),
    )


def tick_message(tick: Tick, prefix: str) -> Message:
    text = {
        "export_id": str(tick.export_id),
        "attempt": tick.attempt,
        "rows": tick.rows,
        "size": tick.size,
        "at": tick.at.isoformat(),
    }
    return Message(
        topic=prefix + PROGRESS.name,
        key=str(tick.export_id).encode(),
        value=orjson.dumps(text),
        headers=(_JSON,),
    )


def read_tick(value: bytes) -> Tick:
    """Raises ValueError, KeyError or TypeError for what is no tick."""
    text: Mapping[str, str | int] = orjson.loads(value)
    return Tick(
        export_id=UUID(str(text["export_id"])),
        attempt=int(text["attempt"]),
        rows=int(text["rows"]),
        size=int(text["size"]),
        at=datetime.fromisoformat(str(text["at"])),
    )


def _traceparent(aggregate_id: UUID) -> tuple[str, bytes]:
    """W3C Trace Context over Kafka, for consumers with tracing of their own."""
    return ("traceparent", traceparent(aggregate_id).encode())


def _reason(subscription: str, failure: Failure) -> tuple[tuple[str, bytes], ...]:
    return (
        ("waybill-subscription", subscription.encode()),
        ("waybill-error", failure.type.encode()),
        ("waybill-error-place", failure.place.encode()),
    )
