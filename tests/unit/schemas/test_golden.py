"""One message of every event version ever released, as it was written then.

These files never change: an event store somewhere holds such bytes. A new version gets new files.
"""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import orjson
import pytest

from domain.ports import Recorded
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


@pytest.mark.parametrize("file", PUBLISHED, ids=lambda file: file.stem)
def test_what_was_stored_is_published_as_it_was(file: Path) -> None:
    published = from_cloudevent(file.read_bytes())
    recorded = Recorded(
        position=published.position,
        aggregate_id=EXPORT,
        version=published.version,
        event=decode(file.stem, (GOLDEN / "stored" / file.name).read_bytes()),
    )
    assert to_envelope(recorded, EPOCH) == published
