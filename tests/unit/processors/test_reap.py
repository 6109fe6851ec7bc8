"""Every export ends, whatever was lost."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from domain.exports.commands import PauseExport
from domain.exports.failures import Reason
from domain.exports.state import Status
from domain.ports import RowsUnavailable
from domain.streams import JobKind
from processors import metrics
from processors.expire_files import expire_files
from processors.plan_exports import plan_export
from processors.ports import Limits
from processors.reap import look_again, take_over
from tests.processing import THINGS, World
from tests.unit.processors.small_chunks import only_job, planned, reason, until, world_of

LED_FOR = 3_600.0


def test_an_export_whose_dataset_vanished_before_it_was_planned_fails() -> None:
    world = world_of()
    export_id = world.request()
    world.datasets.clear()
    world.work.idle = [export_id]
    failed = metrics.exports_failed.labels(Reason.DATASET_UNKNOWN)
    before = failed._value.get()
    look_again(world.ports, LED_FOR)
    assert reason(world.export(export_id)) is Reason.DATASET_UNKNOWN
    assert failed._value.get() == before + 1
    assert not world.work.jobs


def test_one_export_that_cannot_be_looked_at_holds_up_no_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world = world_of()
    broken, well = world.request(), world.request()
    world.work.idle = [broken, well]
    load = world.ports.exports.load

    def fail_for_one(export_id: object) -> object:
        if export_id == broken:
            raise ValueError("Zoë")
        return load(export_id)  # type: ignore[arg-type]

    monkeypatch.setattr(world.ports.exports, "load", fail_for_one)
    look_again(world.ports, LED_FOR)
    assert [job.message.export_id for job in world.work.jobs.values()] == [well]
    assert f"can't look at export {broken}: ValueError" in caplog.text
    assert "Zo" not in caplog.text


def test_who_is_alone_takes_over_what_was_under_way() -> None:
    world = world_of()
    chunk = until(world, planned(world), JobKind.RENDER)
    held = world.work.claim(chunk.id, "killed")
    assert held is not None
    take_over(world.ports)
    assert (world.work.jobs[chunk.id].state, world.work.jobs[chunk.id].deaths) == ("ready", 1)
    assert not world.work.holds(held)


def test_an_export_that_cannot_be_planned_for_too_long_fails() -> None:
    world = world_of(limits=Limits(stalled_seconds=60))
    assert _after_61_seconds(world, world.request()) is Reason.STALLED


def test_an_export_whose_worker_comes_to_nothing_for_too_long_fails() -> None:
    world = world_of(limits=Limits(stalled_seconds=60))
    export_id = planned(world)
    world.work.claim(only_job(world).id, "hangs")
    assert _after_61_seconds(world, export_id) is Reason.STALLED


def test_an_export_that_waits_for_a_place_is_not_stalled() -> None:
    world = world_of(limits=Limits(stalled_seconds=60))
    export_id = planned(world)
    assert _after_61_seconds(world, export_id) is None
    world.work.claim(only_job(world).id, "free at last")
    assert _after_61_seconds(world, export_id, before_looking=30) is None


def test_a_time_in_which_nobody_led_stalls_nothing() -> None:
    """The service, or its database, was away for longer than an export may stand still."""
    world = world_of(limits=Limits(stalled_seconds=60))
    export_id = planned(world)
    world.work.claim(only_job(world).id, "was cut off")
    assert _after_61_seconds(world, export_id, led_for=59) is None


def _after_61_seconds(
    world: World, export_id: UUID, led_for: float = LED_FOR, before_looking: float = 61
) -> Reason | None:
    world.work.idle = [export_id]
    world.clock.pass_by(seconds=before_looking)
    look_again(world.ports, led_for)
    export = world.export(export_id)
    return reason(export) if export.ended else None


def test_a_paused_export_waits_for_as_long_as_it_likes() -> None:
    world = world_of(limits=Limits(stalled_seconds=60))
    export_id = planned(world)
    world.ports.exports.execute(export_id, PauseExport(by=world.me, at=world.clock()))
    world.clock.pass_by(days=3)
    world.work.idle = [export_id]
    look_again(world.ports, LED_FOR)
    assert world.export(export_id).status is Status.PAUSED


def test_an_export_that_is_looked_at_in_vain_is_left_as_it_is() -> None:
    world = world_of()
    export_id = planned(world)
    before = world.export(export_id)
    world.work.idle = [export_id]
    look_again(world.ports, LED_FOR)
    assert world.export(export_id) == before
    assert [job.message.kind for job in world.work.jobs.values()] == [JobKind.EXTRACT]


def test_one_export_that_cannot_be_expired_holds_up_no_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world = world_of()
    exports = [world.request() for _ in range(2)]
    for export_id in exports:
        world.finish(export_id)
    world.clock.pass_by(days=7)
    destroy = world.keys.destroy

    def fail_for_one(name: str) -> None:
        if str(exports[0]) in name:
            raise ValueError("Zoë")
        destroy(name)

    monkeypatch.setattr(world.keys, "destroy", fail_for_one)
    assert expire_files(world.ports) == 1
    assert [world.export(each).status for each in exports] == [Status.COMPLETED, Status.EXPIRED]
    assert "Zo" not in caplog.text


def test_an_expiry_of_an_export_that_the_store_no_longer_knows_is_forgotten() -> None:
    world = world_of()
    gone = planned(world)
    world.store.forget_after(0)
    world.ports.exports._known.clear()
    world.work.expiries[gone] = world.clock()
    assert expire_files(world.ports) == 0
    assert not world.work.expiries


def test_exports_of_a_dead_source_do_not_each_wait_for_it_when_they_are_planned() -> None:
    world = world_of()
    world.rows.failing = RowsUnavailable()
    exports = [world.request() for _ in range(5)]
    for export_id in exports:
        plan_export(export_id, world.ports)
    assert len(world.rows.asked) == 1
    assert all(world.export(each).plan for each in exports)


def test_a_dead_source_leaves_the_estimates_of_others_alone() -> None:
    world = world_of()
    world.rows.failing = RowsUnavailable()
    world.datasets["others"] = replace(THINGS, id="others", source="another")
    plan_export(world.request(), world.ports)
    world.rows.failing = None
    other = world.request(dataset="others")
    plan_export(other, world.ports)
    plan = world.export(other).plan
    assert plan is not None
    assert plan.estimated_rows == 5


def test_an_export_that_the_store_has_forgotten_is_taken_off_the_table() -> None:
    """Otherwise it would be looked at again and again, before all others."""
    world = world_of()
    stranger = uuid4()
    world.work.opened.add(stranger)
    world.work.idle = [stranger]
    look_again(world.ports, LED_FOR)
    assert stranger not in world.work.opened
