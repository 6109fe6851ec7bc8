"""Envelopes as CloudEvents 1.0.2 in structured JSON: what lies on the public topics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from domain.streams import Envelope, Kind
from schemas.payloads import moment
from schemas.traces import traceparent

CONTENT_TYPE = "application/cloudevents+json"
"""Of a message that holds one event."""

_TYPE_PREFIX = "waybill."
_DIGITS = 10

Number = Annotated[str, Field(pattern=r"^[0-9]+$")]


class NotACloudEvent(ValueError):
    """This message is not a CloudEvent of Waybill's."""


class CloudEvent(BaseModel):
    """Attributes by CloudEvents 1.0.2. `subject` is the aggregate's id. `sequence` (the extension
    of that name) is the event's number within its subject, padded with zeros so that texts sort
    as the numbers do. `position` in the whole log is a text, as a CloudEvents integer has 32 bits;
    `epoch` changes when the store was restored from a backup."""

    model_config = ConfigDict(strict=True)  # extensions of others, such as a trace, may be there

    specversion: Literal["1.0"]
    id: str
    source: str
    type: str
    subject: UUID
    time: AwareDatetime
    datacontenttype: Literal["application/json"]
    dataschema: str
    sequence: Number
    position: Number
    epoch: UUID
    data: dict[str, Any]


def to_cloudevent(envelope: Envelope) -> dict[str, Any]:
    """JSON values only. `id` is unique for its `source`, as CloudEvents asks."""
    return {
        "specversion": "1.0",
        "id": f"{envelope.epoch}:{envelope.position}",
        "source": source_of(envelope.kind),
        "type": type_of(envelope.type),
        "subject": str(envelope.aggregate_id),
        "time": moment(envelope.at),
        "datacontenttype": "application/json",
        "dataschema": data_schema_of(envelope.type),
        "sequence": str(envelope.version).zfill(_DIGITS),
        "position": str(envelope.position),
        "epoch": str(envelope.epoch),
        "data": dict(envelope.data),
    }


def traced(message: Mapping[str, Any]) -> dict[str, Any]:
    """With the distributed tracing extension, which belongs to the way of the message: an event
    that is kept has none, and no schema asks for it."""
    return {**message, "traceparent": traceparent(UUID(message["subject"]))}


def from_cloudevent(message: Mapping[str, Any] | bytes) -> Envelope:
    """The envelope again. An event of a newer release is let through: its reader decides. Raises
    `NotACloudEvent`."""
    text = message if isinstance(message, bytes) else orjson.dumps(dict(message))
    try:
        event = CloudEvent.model_validate_json(text)
        kind = _kind(event.source)
    except ValidationError as error:
        raise NotACloudEvent(f"{NotACloudEvent.__doc__} ({_said(error)})") from error
    if not event.type.startswith(f"{_TYPE_PREFIX}{kind}."):
        raise NotACloudEvent(f"{NotACloudEvent.__doc__} ({event.type} from {event.source})")
    return Envelope(
        position=int(event.position),
        epoch=event.epoch,
        kind=kind,
        aggregate_id=event.subject,
        version=int(event.sequence),
        type=event.type.removeprefix(_TYPE_PREFIX),
        at=event.time,
        data=event.data,
    )


def source_of(kind: Kind) -> str:
    return f"/waybill/{kind}s"


def type_of(name: str) -> str:
    return f"{_TYPE_PREFIX}{name}"


def schema_of(name: str) -> str:
    """The id of the published JSON Schema of the whole message."""
    return f"urn:waybill:cloudevent:{name}"


def data_schema_of(name: str) -> str:
    """The id of the schema of `data`, which stands in the message's schema."""
    return f"urn:waybill:data:{name}"


_KINDS = {source_of(kind): kind for kind in Kind}


def _kind(source: str) -> Kind:
    try:
        return _KINDS[source]
    except KeyError:
        raise NotACloudEvent(f"{NotACloudEvent.__doc__} (it is from {source})") from None


def _said(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
