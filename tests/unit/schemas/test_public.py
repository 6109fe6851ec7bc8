"""What subscribers see, and what they never see."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.events import Event
from domain.exports.decide import decide
from domain.exports.events import ExportRequested
from domain.exports.state import fold
from domain.ports import Recorded
from domain.streams import Envelope, Kind
from schemas.cloudevents import to_cloudevent
from schemas.public import PUBLIC, public_model, public_payload, to_envelope
from schemas.registry import EVENTS
from tests.event_strategies import events
from tests.export_commands import AT, EXPORT, SOMEBODY, fail, plan, request

EPOCH = UUID(int=7)
SECRET = "secret-0c5a"
SECRET_REFERENCE = UUID("5ec2e75e-c2e7-45ec-a2e7-5ec2e75ec2e7")


def recorded(event: Event) -> Recorded:
    return Recorded(position=41, aggregate_id=EXPORT, version=3, event=event)


def test_an_envelope_says_where_its_event_stands_and_what_happened() -> None:
    (event,) = decide(request(), None)
    assert to_envelope(recorded(event), EPOCH) == Envelope(
        position=41,
        epoch=EPOCH,
        kind=Kind.EXPORT,
        aggregate_id=EXPORT,
        version=3,
        type="export.requested.v2",
        at=AT,
        data={
            "workspace": "main",
            "dataset": "orders",
            "requested_by": str(SOMEBODY),
            "files": ["csv", "ndjson.gz"],
            "priority": "normal",
            "retention_days": 7,
        },
    )


@given(event=events(), version=st.integers(1, 2**40), position=st.integers(1, 2**60))
def test_every_public_payload_is_json_and_of_its_model(
    event: Event, version: int, position: int
) -> None:
    one = Recorded(position=position, aggregate_id=EXPORT, version=version, event=event)
    envelope = to_envelope(one, EPOCH)
    assert orjson.loads(orjson.dumps(envelope.data)) == envelope.data
    public_model(type(event)).model_validate_json(orjson.dumps(envelope.data), strict=True)


def test_every_event_has_a_list_of_what_is_public() -> None:
    assert set(PUBLIC) == set(EVENTS.values())


def test_nothing_of_the_request_that_could_be_personal_gets_out() -> None:
    asked = request(
        purpose=SECRET_REFERENCE,
        fields=(replace(request().fields[0], name=SECRET, label=SECRET),),
        filter={"op": "=", "value": SECRET},
        order=(replace(request().order[0], field=SECRET),),
        request_digest=SECRET,
    )
    _refuse_secrets(*decide(asked, None))


def test_nothing_of_the_plan_that_could_be_personal_gets_out() -> None:
    column = replace(plan().columns[0], name=SECRET, label=SECRET)
    planned = plan(sentence=SECRET, dataset_label=SECRET, columns=(column,))
    _refuse_secrets(*decide(planned, fold(decide(request(), None))))


def test_the_text_of_a_failure_is_not_even_referred_to() -> None:
    failed = replace(fail(), detail=SECRET_REFERENCE)
    _refuse_secrets(*decide(failed, fold(decide(request(), None))))


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
def test_digests_of_chunks_stay_inside_as_few_rows_can_be_guessed(event: type[Event]) -> None:
    shown = PUBLIC[event]
    if "sha256" in shown:
        assert "index" not in shown
    assert not {"content_sha256", "waybill_sha256", "request_digest"} & set(shown)


def test_files_are_shown_by_name() -> None:
    (event,) = decide(request(files=()), None)
    assert isinstance(event, ExportRequested)
    assert public_payload(event)["files"] == []


def _refuse_secrets(event: Event) -> None:
    published = orjson.dumps(to_cloudevent(to_envelope(recorded(event), EPOCH))).decode()
    assert SECRET not in published
    assert str(SECRET_REFERENCE) not in published
