"""What the sweeps don't know of is found in the file store, and nothing that counts."""

from __future__ import annotations

from uuid import UUID, uuid4

from domain import layout
from processors.expire_files import expire_files
from processors.leftovers import Why, leftovers
from processors.sweep_orphans import sweep_orphans
from tests.processing import World
from tests.unit.processors.small_chunks import planned, world_of


def _found(world: World) -> dict[tuple[UUID, Why], list[str]]:
    found = leftovers(world.files, world.ports.exports)
    return {(each.export_id, each.why): [one.key for one in each.objects] for each in found}


def test_what_is_complete_or_under_way_counts() -> None:
    world = world_of()
    complete, open_ = planned(world), world.request()
    world.finish(complete)
    world.files.put(layout.staged(open_, 1, 0), b"x")
    sweep_orphans(world.ports)
    assert _found(world) == {}


def test_an_export_that_the_log_does_not_know_counts_for_nothing() -> None:
    world, never = world_of(), uuid4()
    keys = [layout.staged(never, 1, 0), layout.waybill(never, 1, "csv")]
    for key in keys:
        world.files.put(key, b"x")
    assert _found(world) == {(never, Why.UNKNOWN): sorted(keys)}


def test_what_was_left_though_the_table_of_work_forgot_it() -> None:
    world = world_of()
    export_id = planned(world)
    world.finish(export_id)
    world.work.sweeps.clear()
    orphan = layout.rejected_part(export_id, 1, "csv", 0)
    world.files.put(orphan, b"x")
    world.files.put(layout.staged(export_id, 2, 0), b"of a retry that comes just now")
    assert _found(world) == {(export_id, Why.ORPHAN): [orphan]}


def test_of_an_expired_export_only_waybills_count() -> None:
    world = world_of()
    export_id = planned(world)
    world.finish(export_id)
    world.clock.pass_by(days=8)
    expire_files(world.ports)
    assert _found(world) == {}
    zombies = layout.part(export_id, 1, "csv", 0)
    world.files.put(zombies, b"x")
    assert _found(world) == {(export_id, Why.EXPIRED): [zombies]}


def test_what_is_named_in_no_way_of_ours_is_left_alone() -> None:
    world = world_of()
    for key in ("exports/notes", f"exports/{str(uuid4()).upper()}/x", "else/where"):
        world.files.put(key, b"x")
    assert _found(world) == {}
