"""One message of every event version ever released, as it was written then.

These files never change: an event store somewhere holds such bytes. A new version gets new files.
"""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import orjson
import pytest
from jsonschema import Draft202012Validator

from domain.ports import Recorded
from schemas import generate
from schemas.cloudevents import from_cloudevent, to_cloudevent
from schemas.public import to_envelope
from schemas.registry import EVENTS, decode, encode, name_of
from schemas.upcasters import UPCASTERS
from tests.export_commands import EXPORT

GOLDEN = Path(__file__).parents[2] / "golden"
STORED = sorted((GOLDEN / "stored").iterdir())
PUBLISHED = sorted((GOLDEN / "cloudevents").iterdir())
EPOCH = UUID("0a0b0c0d-0e0f-4a0b-8c0d-0e0f0a0b0c0d")


def test_every_version_has_its_files() -> None:
    assert {file.stem for file in STORED} == set(EVENTS) | set(UPCASTERS)
    assert {file.stem for file in PUBLISHED} >= set(EVENTS)


def test_every_released_version_has_its_files() -> None:
    lines = (generate.FOLDER / generate.RELEASED).read_text().splitlines()
    released = {line.split()[1].removesuffix(".json") for line in lines}
    golden = {f"{file.parent.name}/{file.stem}" for file in (*STORED, *PUBLISHED)}
    assert released <= golden


def test_an_event_is_written_in_one_version_and_read_in_every_earlier_one() -> None:
    written = {name.rpartition(".v")[0]: int(name.rpartition(".v")[2]) for name in EVENTS}
    assert len(written) == len(EVENTS)
    for name, newest in written.items():
        assert {f"{name}.v{number}" for number in range(1, newest)} <= set(UPCASTERS)


@pytest.mark.parametrize(
    "file", [*STORED, *PUBLISHED], ids=lambda file: f"{file.parent.name}/{file.stem}"
)
def test_what_was_written_is_valid_by_the_schema_of_its_version(file: Path) -> None:
    schema = generate.FOLDER / file.parent.name / f"{file.stem}.json"
    Draft202012Validator(orjson.loads(schema.read_bytes())).validate(
        orjson.loads(file.read_bytes())
    )


@pytest.mark.parametrize("file", STORED, ids=lambda file: file.stem)
def test_what_was_stored_is_read_and_written_as_it_was(file: Path) -> None:
    event = decode(file.stem, file.read_bytes())
    if file.stem in EVENTS:
        assert encode(event) == (file.stem, file.read_bytes())
    assert isinstance(event, EVENTS[name_of(event)])


@pytest.mark.parametrize("file", PUBLISHED, ids=lambda file: file.stem)
def test_what_was_published_is_read_and_written_as_it_was(file: Path) -> None:
    envelope = from_cloudevent(file.read_bytes())
    assert envelope.type == file.stem
    assert orjson.dumps(to_cloudevent(envelope)) == file.read_bytes()


@pytest.mark.parametrize(
    "file", [each for each in PUBLISHED if each.stem in EVENTS], ids=lambda file: file.stem
)
def test_what_was_stored_is_published_as_it_was(file: Path) -> None:
    published = from_cloudevent(file.read_bytes())
    recorded = Recorded(
        position=published.position,
        aggregate_id=EXPORT,
        version=published.version,
        event=decode(file.stem, (GOLDEN / "stored" / file.name).read_bytes()),
    )
    assert to_envelope(recorded, EPOCH) == published
