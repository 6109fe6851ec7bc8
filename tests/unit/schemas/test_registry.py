"""Events become bytes and come back the same."""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any, get_args

import orjson
import pytest
from hypothesis import given

from domain.events import Event
from domain.exports.decide import decide
from domain.exports.events import ExportExpired, ExportRequested
from domain.streams import Kind
from schemas.registry import (
    EVENTS,
    NotAnEvent,
    UnknownEvent,
    decode,
    encode,
    kind_of,
    name_of,
)
from tests.event_strategies import events
from tests.export_commands import AT, request

EXPIRED = ExportExpired(at=AT)


def requested(**changes: Any) -> ExportRequested:
    (event,) = decide(request(**changes), None)
    assert isinstance(event, ExportRequested)
    return event


@given(event=events())
def test_every_event_comes_back_the_same(event: Event) -> None:
    name, payload = encode(event)
    again = decode(name, payload)
    assert again == event
    assert type(again) is type(event)
    assert encode(again) == (name, payload)


@given(event=events())
def test_the_bytes_are_canonical(event: Event) -> None:
    _, payload = encode(event)
    assert orjson.dumps(orjson.loads(payload), option=orjson.OPT_SORT_KEYS) == payload


def test_the_same_event_gives_the_same_bytes_however_its_filter_was_built() -> None:
    first = requested(filter={"a": 1, "b": {"d": 2, "c": 3}})
    second = requested(filter=OrderedDict(b=MappingProxyType({"c": 3, "d": 2}), a=1))
    assert encode(first) == encode(second)


def test_times_are_in_utc_with_microseconds() -> None:
    zone = timezone(timedelta(hours=5, minutes=30))
    for at in (datetime(2026, 1, 1, 3, 0, tzinfo=zone), datetime(2025, 12, 31, 21, 30, tzinfo=UTC)):
        assert encode(ExportExpired(at=at))[1] == b'{"at":"2025-12-31T21:30:00.000000Z"}'


def test_a_time_without_a_zone_is_refused_both_ways() -> None:
    with pytest.raises(NotAnEvent, match="time zone"):
        encode(ExportExpired(at=datetime(2026, 1, 1)))  # noqa: DTZ001 - that is the point
    with pytest.raises(UnknownEvent, match="time zone"):
        decode("export.expired.v1", b'{"at":"2026-01-01T00:00:00"}')


@pytest.mark.parametrize(
    "value", ["\ud800", 2**64, object(), {1: 2}], ids=["surrogate", "huge", "object", "key"]
)
def test_what_json_can_not_hold_is_refused(value: object) -> None:
    with pytest.raises(NotAnEvent, match="ExportRequested"):
        encode(requested(filter={"value": value}))


def test_only_events_can_be_stored() -> None:
    with pytest.raises(NotAnEvent, match="RequestExport has no name"):
        encode(request())  # type: ignore[arg-type] # that is the point


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "Invalid JSON"),
        (b"nonsense", "Invalid JSON"),
        (b"null", "object"),
        (b"[]", "object"),
        (b"{}", "at: Field required"),
        (b'{"at":1}', "at"),
        (b'{"at":"yesterday"}', "at"),
        (b'{"at":"2026-01-01T00:00:00Z","extra":1}', "extra: Unexpected"),
        (b'{"at":"2026-01-01T00:00:00Z"}}', "Invalid JSON"),
        (b'{"at":"\xff"}', "Invalid JSON"),
    ],
)
def test_a_payload_that_is_not_understood_is_refused(payload: bytes, reason: str) -> None:
    with pytest.raises(UnknownEvent, match=reason) as raised:
        decode("export.expired.v1", payload)
    assert "export.expired.v1" in str(raised.value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("limit", "10"), ("limit", 1.5), ("limit", True), ("workspace", 5), ("files", {}),
        ("fields", [{"name": "id", "unknown": 1}]), ("priority", "urgent"), ("requested_by", "me"),
    ],
)  # fmt: skip
def test_a_value_of_another_type_is_refused(field: str, value: object) -> None:
    members = json.loads(encode(requested())[1])
    with pytest.raises(UnknownEvent, match=field):
        decode("export.requested.v2", json.dumps(members | {field: value}).encode())


@pytest.mark.parametrize("name", ["", "export", "export.expired", "export.expired.v2", "Expired"])
def test_a_name_that_nothing_has_is_refused(name: str) -> None:
    with pytest.raises(UnknownEvent, match="newer one"):
        decode(name, encode(EXPIRED)[1])


def test_every_event_of_the_domain_has_one_name() -> None:
    kinds = {event for union in get_args(Event) for event in (get_args(union) or [union])}
    assert set(EVENTS.values()) == kinds
    assert len(EVENTS) == len(kinds)


def test_a_name_tells_the_kind_of_its_aggregate() -> None:
    for name, event in EVENTS.items():
        assert event.__module__.split(".")[1] == f"{kind_of(name)}s"
        assert name_of(event) == name


def test_an_old_name_tells_its_kind_as_well() -> None:
    assert kind_of("export.something-old.v0") is Kind.EXPORT
    with pytest.raises(UnknownEvent):
        kind_of("template.revised.v1")


def test_an_event_that_was_changed_is_another_event() -> None:
    assert encode(EXPIRED) != encode(replace(EXPIRED, at=AT + timedelta(microseconds=1)))
