"""What counts for nothing is collected, and nothing else."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count

import pytest

from domain import layout
from domain.exports.commands import CancelExport, RetryExport
from domain.exports.state import Status
from domain.ports import FilesUnavailable, KeyDestroyed
from domain.streams import JobKind
from processors.expire_files import expire_files
from processors.queue_work import queue_work
from processors.sweep_orphans import sweep_leftovers, sweep_orphans
from tests.processing import World
from tests.unit.processors.small_chunks import planned, reason, until, world_of


def _keys(world: World) -> list[str]:
    return [key.partition("/")[2].partition("/")[2] for key in sorted(world.files.objects)]


def _lose_the_source_once(world: World) -> None:
    tasks = count()

    def come_back(task: object) -> None:
        world.rows.dies_after = 4 if next(tasks) == 0 else None

    world.children.before = come_back


def test_a_complete_export_keeps_its_files_and_the_rows_they_were_made_of() -> None:
    world = world_of()
    export_id = planned(world)
    _lose_the_source_once(world)
    export = world.finish(export_id)
    assert (export.status, export.attempt) == (Status.COMPLETED, 2)
    removed = sweep_orphans(world.ports)
    assert _keys(world) == [
        "attempts/0002/files/csv/manifest",
        "attempts/0002/files/csv/waybill",
        "attempts/0002/parts/csv/00000000",
        "attempts/0002/parts/csv/00000001",
        "attempts/0002/parts/csv/00000002",
        "attempts/0002/parts/csv/piece-00000000",
        "attempts/0002/staged/00000000",
        "attempts/0002/staged/00000001",
        "attempts/0002/staged/00000002",
    ]
    assert removed == 2  # staged by the first attempt
    assert not world.work.sweeps


def test_staged_rows_can_be_read_until_the_files_are_destroyed() -> None:
    world = world_of()
    export_id = planned(world)
    world.finish(export_id)
    key = world.keys.obtain(layout.staging_key(export_id))
    sweep_orphans(world.ports)
    assert world.sealed.get(layout.staged(export_id, 1, 0), key)
    world.clock.pass_by(days=8)
    assert expire_files(world.ports) == 1
    assert _keys(world) == ["attempts/0001/files/csv/waybill"]
    with pytest.raises(KeyDestroyed):
        world.keys.obtain(layout.staging_key(export_id))


def test_a_cancelled_extraction_leaves_nothing() -> None:
    world = world_of()
    export_id = planned(world)

    def cancel(task: object) -> None:
        world.ports.exports.execute(export_id, CancelExport(by=world.me, at=world.clock()))

    world.children.after = cancel
    world.step(export_id)
    assert world.export(export_id).extraction is None
    assert _keys(world)
    sweep_orphans(world.ports)
    assert _keys(world) == []


def test_what_a_retry_goes_on_with_is_kept() -> None:
    world = world_of()
    export_id = planned(world)
    until(world, export_id, JobKind.RENDER)
    world.ports.exports.execute(export_id, CancelExport(by=world.me, at=world.clock()))
    queue_work(export_id, world.ports)
    assert sweep_orphans(world.ports) == 0
    world.ports.exports.execute(export_id, RetryExport(by=world.me, at=world.clock()))
    export = world.finish(export_id)
    assert (export.status, export.attempt) == (Status.COMPLETED, 1)


def test_what_a_retry_cannot_use_goes_and_the_retry_works() -> None:
    world = world_of()
    export_id = planned(world)
    until(world, export_id, JobKind.RENDER)
    world.files.delete([layout.staged(export_id, 1, 0)])
    reason(world.finish(export_id))
    sweep_orphans(world.ports)
    assert _keys(world) == []
    world.ports.exports.execute(export_id, RetryExport(by=world.me, at=world.clock()))
    assert world.finish(export_id).status is Status.COMPLETED


def test_an_export_that_is_running_again_is_left_alone() -> None:
    world = world_of()
    export_id = planned(world)
    until(world, export_id, JobKind.RENDER)
    before = _keys(world)
    world.work.sweeps = [export_id]
    assert sweep_orphans(world.ports) == 0
    assert _keys(world) == before


def test_a_store_that_is_away_is_swept_later_and_holds_up_no_other(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = world_of()
    export_id = planned(world)
    world.finish(export_id)
    world.files.failing = FilesUnavailable()
    assert sweep_orphans(world.ports) == 0
    assert world.work.sweeps == [export_id]
    assert "can't sweep" in caplog.text
    world.files.failing = None
    assert sweep_orphans(world.ports) == 0
    assert world.work.sweeps == []


def test_rests_of_puts_that_were_killed_are_removed_after_a_day(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, asked = world_of(), list[datetime]()

    def sweep(older_than: datetime) -> int:
        asked.append(older_than)
        return 7

    monkeypatch.setattr(world.files, "sweep", sweep)
    assert sweep_leftovers(world.ports) == 7
    assert asked == [world.clock() - timedelta(days=1)]
