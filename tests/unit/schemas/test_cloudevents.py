"""Envelopes as CloudEvents, and back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.events import Event
from domain.exports.decide import decide
from domain.ports import Recorded
from domain.streams import Envelope
from schemas.cloudevents import NotACloudEvent, from_cloudevent, to_cloudevent
from schemas.public import to_envelope
from tests.event_strategies import events
from tests.export_commands import EXPORT, SOMEBODY, request

EPOCH = UUID("0a0b0c0d-0e0f-4a0b-8c0d-0e0f0a0b0c0d")


def envelope(event: Event, position: int = 41, version: int = 3) -> Envelope:
    recorded = Recorded(position=position, aggregate_id=EXPORT, version=version, event=event)
    return to_envelope(recorded, EPOCH)


(REQUESTED,) = decide(request(), None)
MESSAGE = to_cloudevent(envelope(REQUESTED))


def test_a_message_has_the_attributes_of_a_cloudevent() -> None:
    assert {
        "specversion": "1.0",
        "id": f"{EPOCH}:41",
        "source": "/waybill/exports",
        "type": "waybill.export.requested.v2",
        "subject": str(EXPORT),
        "time": "2026-03-01T12:00:00.000250Z",
        "datacontenttype": "application/json",
        "dataschema": "urn:waybill:data:export.requested.v2",
        "sequence": "0000000003",
        "position": "41",
        "epoch": str(EPOCH),
        "data": {
            "workspace": "main",
            "dataset": "orders",
            "requested_by": str(SOMEBODY),
            "files": ["csv", "ndjson.gz"],
            "priority": "normal",
            "retention_days": 7,
        },
    } == MESSAGE


@given(event=events(), position=st.integers(1, 2**63), version=st.integers(1, 2**40))
def test_every_envelope_comes_back_the_same(event: Event, position: int, version: int) -> None:
    sent = envelope(event, position, version)
    message = to_cloudevent(sent)
    assert from_cloudevent(message) == sent
    assert from_cloudevent(orjson.dumps(message)) == sent


@given(first=st.integers(1, 10**10 - 1), second=st.integers(1, 10**10 - 1))
def test_sequences_sort_as_texts_like_the_numbers_do(first: int, second: int) -> None:
    """https://github.com/cloudevents/spec, extensions/sequence.md."""
    texts = [to_cloudevent(envelope(REQUESTED, version=number))["sequence"]
             for number in (first, second)]  # fmt: skip
    assert (texts[0] < texts[1]) == (first < second)


def test_attribute_names_are_what_cloudevents_allows() -> None:
    for name in MESSAGE:
        assert name.isascii()
        assert name.isalnum()
        assert name == name.lower()
        assert len(name) <= 20


def test_extensions_of_others_are_let_through() -> None:
    assert from_cloudevent(MESSAGE | {"traceparent": "00-1-2-01"}) == envelope(REQUESTED)


def test_an_event_of_a_newer_release_is_let_through() -> None:
    newer = MESSAGE | {"type": "waybill.export.requested.v2", "data": {"new": True}}
    assert from_cloudevent(newer).type == "export.requested.v2"


@pytest.mark.parametrize(
    "change",
    [
        {"specversion": "0.3"},
        {"source": "/elsewhere"},
        {"source": "/waybill/downloads"},
        {"type": "com.example.export.requested.v1"},
        {"type": "waybill.download.started.v1"},
        {"subject": "me"},
        {"time": "2026-03-01T12:00:00"},
        {"time": 12},
        {"datacontenttype": "text/xml"},
        {"sequence": 3},
        {"sequence": "-1"},
        {"sequence": "3x"},
        {"position": 41},
        {"position": ""},
        {"epoch": "first"},
        {"data": None},
        {"data": []},
    ],
    ids=str,
)
def test_a_message_that_is_not_ours_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(NotACloudEvent, match="not a CloudEvent"):
        from_cloudevent(MESSAGE | change)


@pytest.mark.parametrize("missing", MESSAGE)
def test_every_attribute_is_needed(missing: str) -> None:
    message = {name: value for name, value in MESSAGE.items() if name != missing}
    with pytest.raises(NotACloudEvent, match=missing):
        from_cloudevent(message)


@pytest.mark.parametrize("text", [b"", b"{", b"null", b"[1]", b"\xff", b'"text"'])
def test_what_is_no_json_object_is_refused(text: bytes) -> None:
    with pytest.raises(NotACloudEvent):
        from_cloudevent(text)
