"""The AsyncAPI document is valid, says what the code does, and holds for what is sent."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from jsonschema import Draft7Validator

from api import asyncapi
from domain.events import Event
from domain.ports import Recorded
from domain.streams import Kind
from infra.streams.kafka.messages import event_message
from infra.streams.kafka.topics import TOPIC_OF
from schemas.registry import EVENTS, kind_of, name_of
from schemas.topics import HEADERS
from tests.event_strategies import events
from tests.export_commands import EXPORT
from tests.fakes_api import Site
from tests.unit.api.test_live import introduce, open_socket, run, subscribe

OFFICIAL = Draft7Validator(
    json.loads((Path(__file__).parents[2] / "asyncapi" / "3.0.0.json").read_text())
)
DOCUMENT = asyncapi.document()
MESSAGES = DOCUMENT["components"]["messages"]
PAYLOADS = {name: Draft7Validator(message["payload"]) for name, message in MESSAGES.items()}
EPOCH = UUID(int=7)


def test_the_published_document_is_what_the_code_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asyncapi.main(["--check"]) == 0
    monkeypatch.setattr(asyncapi, "PUBLISHED", tmp_path / "asyncapi.json")
    assert asyncapi.main(["--check"]) == 1
    assert "python -m api.asyncapi" in capsys.readouterr().err
    assert asyncapi.main([]) == 0
    assert asyncapi.main(["--check"]) == 0


def test_the_document_is_valid_by_the_official_schema() -> None:
    assert [error.message for error in OFFICIAL.iter_errors(DOCUMENT)] == []


@pytest.mark.parametrize(
    "path",
    [
        ("asyncapi",),
        ("info", "version"),
        ("channels", "exports", "bindings", "kafka", "partitions"),
        ("operations", "publishExports", "action"),
        ("components", "messages", "export.requested.v1", "payload", "type"),
        ("components", "securitySchemes", "scram", "type"),
    ],
    ids=".".join,
)
def test_the_official_schema_notices_a_mistake(path: tuple[str, ...]) -> None:
    broken: Any = copy.deepcopy(DOCUMENT)
    place = broken
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = "wrong" if path[-1] != "version" else 1
    assert not OFFICIAL.is_valid(broken)


def test_every_reference_leads_somewhere() -> None:
    for reference in _references(DOCUMENT):
        place: Any = DOCUMENT
        for name in reference.removeprefix("#/").split("/"):
            place = place[name]
        assert place


@pytest.mark.parametrize("kind", Kind)
def test_a_kind_has_its_topic_with_every_event(kind: Kind) -> None:
    channel = DOCUMENT["channels"][f"{kind}s"]
    topic = TOPIC_OF[kind]
    assert channel["address"] == "{prefix}" + topic.name
    assert set(channel["messages"]) >= {name for name in EVENTS if kind_of(name) is kind}
    binding = channel["bindings"]["kafka"]
    assert binding["partitions"] == topic.partitions
    assert str(binding["topicConfiguration"]["retention.ms"]) == topic.configs["retention.ms"]
    assert DOCUMENT["operations"][f"publish{kind.title()}s"]["action"] == "send"


@given(event=events())
def test_what_is_published_is_as_the_document_says(event: Event) -> None:
    recorded = Recorded(position=41, aggregate_id=EXPORT, version=3, event=event)
    message = event_message(recorded, EPOCH, "here.")
    kind = kind_of(name_of(event))
    channel = DOCUMENT["channels"][f"{kind}s"]
    assert message.topic == channel["address"].replace("{prefix}", "here.")
    assert message.key == str(EXPORT).encode()
    assert {name for name, _ in message.headers} == set(HEADERS)
    PAYLOADS[name_of(event)].validate(orjson.loads(message.value))


def test_what_a_socket_says_and_hears_is_as_the_document_says(site: Site) -> None:
    export_id = site.finished()

    async def followed() -> list[dict[str, Any]]:
        async with open_socket(site) as socket:
            await introduce(socket, site.secret)
            await subscribe(socket, str(EXPORT))
            await subscribe(socket, export_id)
            found = [await socket.hear()]
            while found[-1]["type"] != "ended":
                found.append(await socket.hear())
            return found

    heard = run(site, followed())
    said: list[dict[str, Any]] = [
        {"type": "authenticate", "token": "wb_"},
        {"type": "subscribe", "exports": [{"id": export_id, "after": 3}, {"id": export_id}]},
        {"type": "unsubscribe", "exports": [export_id]},
    ]
    assert {each["type"] for each in heard} == {"problem", "event", "ended"}
    for message in heard + said:
        PAYLOADS[message["type"]].validate(message)
        assert message["type"] in DOCUMENT["channels"][asyncapi.LIVE]["messages"]


def test_the_service_shows_the_document(site: Site) -> None:
    answer = site.get("/asyncapi.json", secret=None)
    assert answer.status_code == 200
    assert answer.json() == DOCUMENT


def _references(part: Any) -> list[str]:
    match part:
        case {"$ref": str(reference)}:
            return [reference]
        case dict():
            return [found for value in part.values() for found in _references(value)]
        case list():
            return [found for value in part for found in _references(value)]
        case _:
            return []
