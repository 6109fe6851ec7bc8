"""The published JSON Schemas say what the code does, and released ones never change."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copytree
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from domain.events import Event
from domain.exports.events import ExportExpired
from domain.ports import Recorded
from schemas import generate
from schemas.cloudevents import to_cloudevent
from schemas.public import to_envelope
from schemas.registry import EVENTS, encode
from schemas.upcasters import UPCASTERS
from tests.event_strategies import events
from tests.export_commands import AT, EXPORT

MUST_NOT_CHANGE = "was released and must not change: make a new version of the event"
CHECKERS = {
    path: Draft202012Validator(json.loads((generate.FOLDER / path).read_text()))
    for path in generate.schemas()
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(copytree(generate.FOLDER, tmp_path / "json"))


def changed(file: Path, change: object) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | {"properties": change}))


def test_the_schemas_that_lie_here_are_those_of_the_code() -> None:
    assert generate.problems() == []


def test_every_event_has_a_schema_of_what_is_stored_and_of_what_is_published() -> None:
    assert set(generate.schemas()) == {
        f"{folder}/{name}.json" for name in EVENTS for folder in ("stored", "cloudevents")
    }


def test_every_schema_is_valid_and_has_an_id_of_its_own() -> None:
    ids = set()
    for schema in generate.schemas().values():
        Draft202012Validator.check_schema(schema)
        ids.add(schema["$id"])
    assert len(ids) == len(generate.schemas())


@given(event=events())
def test_what_is_stored_and_published_is_valid(event: Event) -> None:
    name, payload = encode(event)
    CHECKERS[f"stored/{name}.json"].validate(orjson.loads(payload))
    recorded = Recorded(position=1, aggregate_id=EXPORT, version=1, event=event)
    message = to_cloudevent(to_envelope(recorded, UUID(int=1)))
    CHECKERS[f"cloudevents/{name}.json"].validate(message)


@pytest.mark.parametrize("name", EVENTS)
def test_the_schema_of_an_events_data_is_the_one_that_it_names(name: str) -> None:
    members = generate.schemas()[f"cloudevents/{name}.json"]["properties"]
    assert members["dataschema"]["const"] == members["data"]["$id"]


def test_a_field_that_does_not_belong_there_is_not_valid() -> None:
    checker = CHECKERS["cloudevents/export.expired.v1.json"]
    recorded = Recorded(position=1, aggregate_id=EXPORT, version=1, event=ExportExpired(at=AT))
    message = to_cloudevent(to_envelope(recorded, UUID(int=1)))
    assert checker.is_valid(message)
    assert not checker.is_valid(message | {"data": {"filter": "x"}})
    assert not checker.is_valid(message | {"type": "waybill.export.paused.v1"})


def test_writing_makes_what_checking_wants(tmp_path: Path) -> None:
    assert len(generate.problems(tmp_path)) == len(generate.schemas())
    generate.write(tmp_path)
    assert generate.problems(tmp_path) == []


def test_a_schema_that_differs_is_reported(folder: Path) -> None:
    released = (folder / generate.RELEASED).read_text().splitlines(keepends=True)
    others = [line for line in released if "stored/export.expired.v1" not in line]
    (folder / generate.RELEASED).write_text("".join(others))
    changed(folder / "stored/export.expired.v1.json", {})
    assert generate.problems(folder) == ["stored/export.expired.v1.json differs"]


def test_a_schema_without_an_event_is_reported(folder: Path) -> None:
    (folder / "stored/export.lost.v1.json").write_text("{}")
    assert generate.problems(folder) == ["stored/export.lost.v1.json belongs to no event"]


def test_a_released_schema_that_is_gone_is_reported(folder: Path) -> None:
    generate.release(folder)
    (folder / "stored/export.expired.v1.json").unlink()
    assert generate.problems(folder) == ["stored/export.expired.v1.json is missing"]


def test_a_released_schema_must_not_change(folder: Path) -> None:
    generate.release(folder)
    changed(folder / "stored/export.expired.v1.json", {})
    assert generate.problems(folder) == [
        "stored/export.expired.v1.json differs",
        f"stored/export.expired.v1.json {MUST_NOT_CHANGE}",
    ]


def test_a_released_schema_stays_when_its_event_is_not_written_any_more(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = folder / "stored/export.halted.v1.json"
    old.write_text('{"type":"object"}')
    with (folder / generate.RELEASED).open("a") as released:
        released.write(f"{generate.digest({'type': 'object'})}  stored/{old.name}\n")
    (problem,) = generate.problems(folder)
    assert problem.startswith("export.halted.v1 was released and can't be read any more")
    steps = {**UPCASTERS, "export.halted.v1": lambda *given: given}
    monkeypatch.setattr(generate, "UPCASTERS", steps)
    assert generate.problems(folder) == []


def test_messages_of_released_versions_are_published_schemas_too(folder: Path) -> None:
    old = folder / "cloudevents/export.halted.v1.json"
    old.write_text('{"type":"object"}')
    with (folder / generate.RELEASED).open("a") as released:
        released.write(f"{generate.digest({'type': 'object'})}  cloudevents/{old.name}\n")
    assert set(generate.published(folder)) == {*EVENTS, *UPCASTERS, "export.halted.v1"}
    assert generate.published(folder)["export.halted.v1"] == {"type": "object"}


def test_the_words_of_a_released_schema_may_be_improved() -> None:
    schema = {"title": "a", "description": "b", "properties": {"title": {"type": "string"}}}
    assert generate.digest(schema) == generate.digest(schema | {"description": "better"})
    assert generate.digest(schema) != generate.digest(schema | {"properties": {}})


def test_releasing_again_keeps_what_was_promised(folder: Path) -> None:
    generate.release(folder)
    promised = (folder / generate.RELEASED).read_text()
    generate.release(folder)
    assert (folder / generate.RELEASED).read_text() == promised


def test_the_command_says_what_is_wrong(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main(["--check"], folder) == 0
    (folder / "stored/export.expired.v1.json").unlink()
    assert generate.main(["--check"], folder) == 1
    assert capsys.readouterr().err == "stored/export.expired.v1.json is missing\n"
    assert generate.main(["--release"], folder) == 0
    assert (folder / generate.RELEASED).exists()
