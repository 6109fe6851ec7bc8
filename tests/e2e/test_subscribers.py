"""A subscriber that knows nothing but Kafka and the published schemas can follow an export."""

from __future__ import annotations

import asyncio
import json
import time
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
from aiokafka import AIOKafkaConsumer

from tests.stacks import Client

_SECONDS = 30.0


@pytest.fixture
def events(client: Client) -> list[dict[str, Any]]:
    """What `waybill.exports.v1` says about an export and a download, to the last event."""
    if client.stack.env.get("WAYBILL_TRANSPORT") != "kafka":
        return _from_the_api(client, _an_export(client))
    export_id = _an_export(client)
    return asyncio.run(_subscribed(client, "waybill.exports.v1", export_id, "completed.v1"))


def test_the_story_of_an_export_is_complete_and_in_order(events: list[dict[str, Any]]) -> None:
    assert [int(event["sequence"]) for event in events] == list(range(1, len(events) + 1))
    names = [event["type"].removeprefix("waybill.") for event in events]
    assert names[0] == "export.requested.v2"
    assert names[-1] == "export.completed.v1"


def test_the_events_hold_no_personal_data(events: list[dict[str, Any]]) -> None:
    assert "Zoë" not in json.dumps(events, ensure_ascii=False)
    assert "because of Zo" not in json.dumps(events, ensure_ascii=False)


def test_every_event_on_kafka_is_valid_against_its_published_schema(client: Client) -> None:
    if client.stack.env.get("WAYBILL_TRANSPORT") != "kafka":
        assert "WAYBILL_KAFKA_BOOTSTRAP" not in client.stack.env
        return
    export_id = _an_export(client)
    client.file(export_id)
    exports = asyncio.run(_subscribed(client, "waybill.exports.v1", export_id, "completed.v1"))
    downloads = asyncio.run(_subscribed(client, "waybill.downloads.v1", None, "ended.v1"))
    for event in [*exports, *downloads]:
        name = event["type"].removeprefix("waybill.")
        schema = files("schemas").joinpath("json", "cloudevents", f"{name}.json").read_text()
        jsonschema.validate(event, json.loads(schema), format_checker=jsonschema.FormatChecker())
    assert {event["type"] for event in downloads} >= {
        "waybill.download.granted.v1",
        "waybill.download.started.v1",
        "waybill.download.ended.v1",
    }


def _an_export(client: Client) -> str:
    export = client.completed(
        "sales",
        "csv",
        filter={"field": "customer", "op": "starts_with", "value": "Zoë"},
        purpose="because of Zoë",
        limit=100,
    )
    return str(export["id"])


def _from_the_api(client: Client, export_id: str) -> list[dict[str, Any]]:
    """Without Kafka the same numbers come over HTTP."""
    answer = client.http.get(f"/v1/exports/{export_id}/events").raise_for_status()
    return [
        {**event, "sequence": str(event["sequence"]), "type": f"waybill.{event['type']}"}
        for event in answer.json()["items"]
    ]


async def _subscribed(
    client: Client, topic: str, subject: str | None, last: str
) -> list[dict[str, Any]]:
    """All events up to one whose type ends with `last`."""
    env = client.stack.env
    consumer = AIOKafkaConsumer(
        env["WAYBILL_KAFKA_PREFIX"] + topic,
        bootstrap_servers=env["WAYBILL_KAFKA_BOOTSTRAP"],
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        found: list[dict[str, Any]] = []
        deadline = time.monotonic() + _SECONDS
        while time.monotonic() < deadline:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                events = [json.loads(record.value) for record in records]
                found.extend(event for event in events if subject in (None, event["subject"]))
            if any(event["type"].endswith(last) for event in found):
                return found
        raise AssertionError(f"no {last} came: {[event['type'] for event in found]}")
    finally:
        await consumer.stop()
