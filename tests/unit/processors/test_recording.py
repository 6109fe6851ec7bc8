"""Facts that come close together are appended together, in order, and no error is lost."""

from __future__ import annotations

from uuid import UUID

import pytest

from domain.exports.commands import CancelExport, ExportCommand, PauseExport, ResumeExport
from domain.exports.errors import ExportEnded
from processors import recording as module
from processors.children import Stop
from processors.recording import Recording
from tests.processing import World


@pytest.fixture
def world() -> World:
    return World()


def _pause(world: World) -> list[ExportCommand]:
    now = world.clock()
    return [PauseExport(by=world.me, at=now), ResumeExport(by=world.me, at=now)]


def test_leaving_waits_until_everything_is_recorded(world: World) -> None:
    export_id = world.request()
    with Recording(world.ports.exports, export_id, Stop()) as recording:
        for command in _pause(world) * 3:
            recording.record(command)
    assert len(world.store.read(export_id)) == 7


def test_what_comes_close_together_is_one_append(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    appended: list[int] = []
    export_id = world.request()
    execute = world.ports.exports.execute

    def counted(at: UUID, *commands: ExportCommand) -> object:
        appended.append(len(commands))
        return execute(at, *commands)

    monkeypatch.setattr(world.ports.exports, "execute", counted)
    with Recording(world.ports.exports, export_id, Stop()) as recording:
        for command in _pause(world) * 2:
            recording.record(command)
    assert sum(appended) == 4
    assert len(appended) < 4


def test_a_refusal_is_raised_on_leaving(world: World) -> None:
    export_id = world.request()
    world.ports.exports.execute(export_id, CancelExport(by=world.me, at=world.clock()))
    with (
        pytest.raises(ExportEnded),
        Recording(world.ports.exports, export_id, Stop()) as recording,
    ):
        recording.record(_pause(world)[0])


def test_a_refusal_stops_the_one_who_records(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_GATHER_SECONDS", 0.0)
    export_id = world.request()
    world.ports.exports.execute(export_id, CancelExport(by=world.me, at=world.clock()))
    with (
        pytest.raises(ExportEnded),
        Recording(world.ports.exports, export_id, Stop()) as recording,
    ):
        while True:
            recording.record(_pause(world)[0])


def test_the_callers_own_error_is_what_is_raised(world: World) -> None:
    export_id = world.request()
    with (
        pytest.raises(KeyError),
        Recording(world.ports.exports, export_id, Stop()) as recording,
    ):
        recording.record(_pause(world)[0])
        raise KeyError
    assert len(world.store.read(export_id)) == 2
