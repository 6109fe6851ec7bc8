"""What the table of work has lost is found again in the log."""

from __future__ import annotations

import pytest

from domain.exports.commands import CancelExport
from processors.expire_files import expire_files
from processors.find_lost import LostExports
from processors.queue_work import queue_work
from tests.processing import World
from tests.unit.processors.small_chunks import planned, world_of


def lose_the_table(world: World) -> None:
    world.work.jobs.clear()
    world.work.opened.clear()
    world.work.expiries.clear()


def test_an_export_under_way_is_found_again_with_its_jobs() -> None:
    world = world_of()
    export_id = planned(world)
    queue_work(export_id, world.ports)
    jobs = set(world.work.jobs)
    assert jobs
    lost = LostExports(world.ports)
    assert lost.find() == 0
    lose_the_table(world)
    assert lost.find() == 1
    assert set(world.work.jobs) == jobs
    assert lost.find() == 0


def test_an_ended_export_expires_though_the_table_was_lost() -> None:
    world = world_of()
    export_id = world.request()
    world.ports.exports.execute(export_id, CancelExport(by=world.me, at=world.clock()))
    lost = LostExports(world.ports)
    assert lost.find() == 1
    world.clock.pass_by(days=100)
    assert expire_files(world.ports) == 1
    assert lost.find() == 0


def test_one_that_cannot_be_looked_at_is_tried_again_and_holds_up_no_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world = world_of()
    broken, _ = world.request(), world.request()
    load = world.ports.exports.load

    def fail_for_one(export_id: object) -> object:
        if export_id == broken:
            raise ValueError("Zoë")
        return load(export_id)  # type: ignore[arg-type]

    lost = LostExports(world.ports)
    with monkeypatch.context() as patched:
        patched.setattr(world.ports.exports, "load", fail_for_one)
        assert lost.find() == 1
    assert f"can't look at export {broken}: ValueError" in caplog.text
    assert lost.find() == 1
