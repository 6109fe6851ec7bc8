"""What lies on the topics."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from domain.ports import Recorded
from domain.streams import Kind, Tick
from infra.streams.failures import Failure
from infra.streams.kafka.messages import (
    dead_letter,
    event_message,
    job_message,
    read_job,
    read_tick,
    tick_message,
    unreadable,
)
from infra.streams.kafka.topics import TOPIC_OF
from schemas.cloudevents import from_cloudevent
from schemas.public import to_envelope
from schemas.traces import traceparent
from tests.contract.transport_contract import PAUSED, job_of
from tests.export_commands import AT

EPOCH = UUID("6f6e6d6c-6b6a-4968-a766-656463626160")
RECORDED = Recorded(position=7, aggregate_id=uuid4(), version=2, event=PAUSED)
FAILURE = Failure(type="ValueError", place="processors.plan_exports:40")


def test_every_kind_has_a_topic() -> None:
    assert set(TOPIC_OF) == set(Kind)


def test_an_event_goes_to_its_kinds_topic_under_its_aggregates_key() -> None:
    message = event_message(RECORDED, EPOCH, "here.")
    assert message.topic == "here.waybill.exports.v1"
    assert message.key == str(RECORDED.aggregate_id).encode()
    assert message.at == int(AT.timestamp() * 1000)
    assert from_cloudevent(message.value) == to_envelope(RECORDED, EPOCH)
    assert dict(message.headers) == {
        "content-type": b"application/cloudevents+json",
        "traceparent": traceparent(RECORDED.aggregate_id).encode(),
        "waybill-position": b"7",
        "waybill-epoch": str(EPOCH).encode(),
    }


def test_a_dead_letter_is_the_event_with_who_gave_it_up_and_where() -> None:
    envelope = to_envelope(RECORDED, EPOCH)
    message = dead_letter("plan_exports", envelope, FAILURE, "")
    assert message.topic == "waybill.dead-letters.v1"
    assert from_cloudevent(message.value) == envelope
    assert dict(message.headers)["waybill-subscription"] == b"plan_exports"
    assert dict(message.headers)["waybill-error"] == b"ValueError"
    assert dict(message.headers)["waybill-error-place"] == b"processors.plan_exports:40"


def test_what_nobody_can_read_becomes_a_dead_letter_as_it_came() -> None:
    message = unreadable("plan_exports", "t-3@14", b"k", b"\xff{", FAILURE, "")
    assert (message.key, message.value) == (b"k", b"\xff{")
    assert dict(message.headers)["waybill-place"] == b"t-3@14"


def test_a_job_comes_back_as_it_was() -> None:
    job = job_of(attempt=2)
    message = job_message(job, "here.")
    assert message.topic == "here.waybill.chunk-jobs.v1"
    assert message.key != job_message(job, "p.").key  # it may meet another worker next time
    assert read_job(message.value) == job


def test_a_tick_comes_back_as_it_was() -> None:
    tick = Tick(export_id=uuid4(), attempt=1, rows=5, size=99, at=AT)
    assert read_tick(tick_message(tick, "").value) == tick


@pytest.mark.parametrize("value", [b"", b"{", b"[]", b"{}", b'"x"', b'{"id": 1}', b"\xff"])
def test_what_is_no_job_and_no_tick_is_refused(value: bytes) -> None:
    for read in (read_job, read_tick):
        with pytest.raises((ValueError, KeyError, TypeError)):
            read(value)
