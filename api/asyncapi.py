"""The AsyncAPI document, made from the events, topics and models themselves: `python -m
api.asyncapi` writes it, `--check` says whether the code has drifted from it."""

from __future__ import annotations

import json
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import BaseModel

from api.models.live import (
    Authenticate,
    Authenticated,
    EndTold,
    EventTold,
    ProblemTold,
    Subscribe,
    TickTold,
    Unsubscribe,
)
from domain.streams import Kind
from schemas.cloudevents import CONTENT_TYPE, type_of
from schemas.generate import published
from schemas.registry import kind_of
from schemas.topics import HEADERS, PARTITIONS, RETENTION_MS, topic_of

Document: TypeAlias = dict[str, Any]

PUBLISHED = Path(__file__).parent.parent / "docs" / "asyncapi.json"
LIVE = "live"

_KAFKA_BINDING = "0.5.0"
_SOCKET_BINDING = "0.1.0"
_SAID: tuple[type[BaseModel], ...] = (Authenticate, Subscribe, Unsubscribe)
_TOLD: tuple[type[BaseModel], ...] = (Authenticated, EventTold, TickTold, EndTold, ProblemTold)


@cache
def document() -> Document:
    """AsyncAPI 3.0. Schemas are of JSON Schema's draft 7, which every tool for AsyncAPI knows."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Waybill",
            "version": version("waybill"),
            "description": "Events of exports for subscribers: CloudEvents on Kafka, and live "
            "progress over a WebSocket. Delivery is at least once and in order per subject; "
            "`sequence` is the same number everywhere. See docs/subscribers.md.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {"kafka": _kafka_server(), "api": _api_server()},
        "channels": {**{f"{kind}s": _topic(kind) for kind in Kind}, LIVE: _live()},
        "operations": _operations(),
        "components": {
            "messages": {**_events(), **{_key(model): _spoken(model) for model in _SAID + _TOLD}},
            "securitySchemes": {
                "scram": {
                    "type": "scramSha512",
                    "description": "A principal that may read the public topics and nothing else.",
                }
            },
        },
    }


def text() -> str:
    """As it is to stand in the file."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    if arguments == ["--check"]:
        if PUBLISHED.exists() and PUBLISHED.read_text(encoding="utf-8") == text():
            return 0
        sys.stderr.write("docs/asyncapi.json is out of date: run `python -m api.asyncapi`\n")
        return 1
    PUBLISHED.write_text(text(), encoding="utf-8")
    return 0


def _kafka_server() -> Document:
    return {
        "host": "{host}:{port}",
        "protocol": "kafka-secure",
        "description": "The installation's Kafka, WAYBILL_KAFKA_BOOTSTRAP.",
        "variables": {"host": {"default": "localhost"}, "port": {"default": "9092"}},
        "security": [_ref("components", "securitySchemes", "scram")],
    }


def _api_server() -> Document:
    return {
        "host": "{host}:{port}",
        "protocol": "wss",
        "description": "The HTTP API, WAYBILL_PUBLIC_URL (`ws` where that is `http`). An API key "
        "goes into the first message, never into the address.",
        "variables": {"host": {"default": "localhost"}, "port": {"default": "8210"}},
    }


def _topic(kind: Kind) -> Document:
    return {
        "address": f"{{prefix}}{topic_of(kind)}",
        "title": topic_of(kind),
        "description": f"Every event of every {kind}, from the first on.",
        "servers": [_ref("servers", "kafka")],
        "parameters": {
            "prefix": {
                "description": "The installation's WAYBILL_KAFKA_PREFIX; empty by default.",
                "default": "",
            }
        },
        "messages": {name: _ref("components", "messages", name) for name in _names(kind)},
        "bindings": {
            "kafka": {
                "partitions": PARTITIONS,
                "topicConfiguration": {
                    "cleanup.policy": ["delete"],
                    "retention.ms": RETENTION_MS,
                },
                "bindingVersion": _KAFKA_BINDING,
            }
        },
    }


def _live() -> Document:
    return {
        "address": "/v1/live",
        "title": "Live progress",
        "description": "Authenticate first, within 10 seconds; then subscribe to up to 100 exports "
        "from the last sequence number that is known of each.",
        "servers": [_ref("servers", "api")],
        "messages": {
            _key(model): _ref("components", "messages", _key(model)) for model in _SAID + _TOLD
        },
        "bindings": {"ws": {"method": "GET", "bindingVersion": _SOCKET_BINDING}},
    }


def _operations() -> Document:
    published = {
        f"publish{kind.title()}s": _operation("send", f"{kind}s", _names(kind)) for kind in Kind
    }
    return {
        **published,
        "hear": _operation("receive", LIVE, map(_key, _SAID)),
        "tell": _operation("send", LIVE, map(_key, _TOLD)),
    }


def _operation(action: str, channel: str, messages: Any) -> Document:
    return {
        "action": action,
        "channel": _ref("channels", channel),
        "messages": [_ref("channels", channel, "messages", name) for name in messages],
    }


def _events() -> Document:
    return {name: _event(name, schema) for name, schema in published().items()}


def _event(name: str, schema: Document) -> Document:
    return {
        "name": type_of(name),
        "title": name,
        "contentType": CONTENT_TYPE,
        "headers": {
            "type": "object",
            "properties": {
                header: {"type": "string", "description": words}
                for header, words in HEADERS.items()
            },
            "required": list(HEADERS),
        },
        "payload": draft_7(schema),
        "bindings": {
            "kafka": {
                "key": {
                    "type": "string",
                    "format": "uuid",
                    "description": "The subject: an aggregate's events share a partition.",
                },
                "bindingVersion": _KAFKA_BINDING,
            }
        },
    }


def _spoken(model: type[BaseModel]) -> Document:
    mode = "validation" if model in _SAID else "serialization"
    schema = model.model_json_schema(mode=mode)  # type: ignore[arg-type] # one of two literals
    return {"name": _key(model), "title": _key(model), "payload": draft_7(schema)}


def _names(kind: Kind) -> list[str]:
    return [name for name in published() if kind_of(name) is kind]


def _key(model: type[BaseModel]) -> str:
    return str(model.model_fields["type"].annotation.__args__[0])  # type: ignore[union-attr] # a Literal


def _ref(*path: str) -> Document:
    return {"$ref": "#/" + "/".join(path)}


def draft_7(schema: Document) -> Document:
    """Without identifiers and with definitions put where they are referred to: a reference would
    be looked up from the head of the whole document."""
    found = _inlined(schema, {})
    assert isinstance(found, dict)  # noqa: S101 - a schema of ours is an object
    return found


def _inlined(schema: Any, definitions: Document) -> Any:
    if isinstance(schema, list):
        return [_inlined(each, definitions) for each in schema]
    if not isinstance(schema, dict):
        return schema
    definitions = schema.get("$defs", definitions)
    kept = {
        name: _inlined(value, definitions)
        for name, value in schema.items()
        if name not in ("$schema", "$id", "$defs", "$ref")
    }
    if "$ref" not in schema:
        return kept
    return {**_inlined(definitions[schema["$ref"].removeprefix("#/$defs/")], definitions), **kept}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
