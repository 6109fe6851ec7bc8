"""Writes the JSON Schemas of what is stored and of what is published.

python -m schemas.generate             writes schemas/json
python -m schemas.generate --check     says what differs, and fails if anything does
python -m schemas.generate --release   also notes the digests: from then on they never change
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from pydantic.json_schema import GenerateJsonSchema

from domain.events import Event
from schemas.cloudevents import CloudEvent, data_schema_of, schema_of, source_of, type_of
from schemas.payloads import adapter
from schemas.public import public_model
from schemas.registry import EVENTS, kind_of
from schemas.upcasters import UPCASTERS

Schema: TypeAlias = dict[str, Any]

FOLDER = Path(__file__).parent / "json"
RELEASED = "released.sha256"
"""The digests of released schemas, a line for each, as `sha256sum` writes them. Of a schema only
what decides about a document counts, so that a description can be improved."""

_STORED, _PUBLISHED = "stored/", "cloudevents/"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


@cache
def schemas() -> Mapping[str, Schema]:
    """The schemas of what is written today, by their path within the folder."""
    return {path: schema for name, event in EVENTS.items() for path, schema in _both(name, event)}


def published(folder: Path = FOLDER) -> Mapping[str, Schema]:
    """The schemas of all messages that may lie on a topic, by their event's name: those that are
    written today, and those of released versions that were written before."""
    known = schemas()
    old = (path for path in _released(folder) if path not in known)
    found = {**known, **{path: json.loads((folder / path).read_text()) for path in old}}
    return {
        path.removeprefix(_PUBLISHED).removesuffix(".json"): schema
        for path, schema in found.items()
        if path.startswith(_PUBLISHED)
    }


def problems(folder: Path = FOLDER) -> list[str]:
    """What is wrong with the schemas that lie in the folder; none if nothing is."""
    found = {str(file.relative_to(folder)): file for file in sorted(folder.rglob("*.json"))}
    released = _released(folder)
    wanted = {**schemas(), **released}
    return [
        *(f"{path} is missing" for path in wanted if path not in found),
        *(f"{path} differs" for path in schemas() if path in found and _stale(path, found[path])),
        *(f"{path} belongs to no event" for path in found if path not in wanted),
        *(
            f"{path} was released and must not change: make a new version of the event"
            for path, promised in released.items()
            if any(digest(schema) != promised for schema in _both_versions(path, found))
        ),
        *(
            f"{name} was released and can't be read any more: add a step from it to "
            "schemas/upcasters.py"
            for name in _released_names(released)
            if name not in EVENTS and name not in UPCASTERS
        ),
    ]


def write(folder: Path = FOLDER) -> None:
    for path, schema in schemas().items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(_text(schema))


def release(folder: Path = FOLDER) -> None:
    """Notes the digests of schemas that have none yet."""
    digests = {path: digest(schema) for path, schema in schemas().items()} | _released(folder)
    lines = (f"{digests[path]}  {path}\n" for path in sorted(digests))
    (folder / RELEASED).write_text("".join(lines))


def digest(schema: Schema) -> str:
    rules = json.dumps(_rules(schema), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(rules.encode()).hexdigest()


def main(arguments: list[str], folder: Path = FOLDER) -> int:
    if "--check" not in arguments:
        write(folder)
    if "--release" in arguments:
        release(folder)
    found = problems(folder)
    sys.stderr.writelines(f"{problem}\n" for problem in found)
    return 1 if found else 0


class _Untitled(GenerateJsonSchema):
    """Leaves out the titles that only repeat a field's name."""

    def field_title_should_be_set(self, schema: object) -> bool:
        return False


def _both(name: str, event: type[Event]) -> Iterator[tuple[str, Schema]]:
    yield f"{_STORED}{name}.json", _stored(name, event)
    yield f"{_PUBLISHED}{name}.json", _published(name, event)


def _stored(name: str, event: type[Event]) -> Schema:
    return {
        "$schema": _DIALECT,
        "$id": f"urn:waybill:stored:{name}",
        **adapter(event).json_schema(schema_generator=_Untitled),
        "title": name,
    }


def _published(name: str, event: type[Event]) -> Schema:
    """The message's schema with the one of its data inside, as a resource with an id of its own:
    that id is the event's `dataschema`."""
    message = CloudEvent.model_json_schema(schema_generator=_Untitled)
    data = {
        "$id": data_schema_of(name),
        **public_model(event).model_json_schema(schema_generator=_Untitled),
    }
    fixed = {
        "type": {"const": type_of(name)},
        "source": {"const": source_of(kind_of(name))},
        "dataschema": {"const": data_schema_of(name)},
        "data": data,
    }
    return {
        "$schema": _DIALECT,
        "$id": schema_of(name),
        **message,
        "properties": message["properties"] | fixed,
        "title": type_of(name),
    }


def _released_names(released: Mapping[str, str]) -> list[str]:
    """The events that a store somewhere may hold."""
    return [
        path.removeprefix(_STORED).removesuffix(".json")
        for path in released
        if path.startswith(_STORED)
    ]


def _stale(path: str, file: Path) -> bool:
    return file.read_text() != _text(schemas()[path])


def _both_versions(path: str, found: Mapping[str, Path]) -> Iterator[Schema]:
    """The code's and the folder's, as far as there are any."""
    if path in schemas():
        yield schemas()[path]
    if path in found:
        yield json.loads(found[path].read_text())


def _text(schema: Schema) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _released(folder: Path) -> dict[str, str]:
    file = folder / RELEASED
    if not file.exists():
        return {}
    lines = (line.split(maxsplit=1) for line in file.read_text().splitlines())
    return {path: promised for promised, path in lines}


def _rules(schema: object) -> object:
    """A schema without its words. A field that is called `title` is no word: it has a schema."""
    match schema:
        case dict():
            return {
                name: _rules(value)
                for name, value in schema.items()
                if not (name in ("title", "description") and isinstance(value, str))
            }
        case list():
            return [_rules(value) for value in schema]
        case _:
            return schema


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
