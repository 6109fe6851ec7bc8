"""Scenario 4: a worker, or one of its children, killed with -9 at every write point."""

from __future__ import annotations

import pytest

from processors.fault_points import Point
from tests.faults.worlds import World

IN_A_CHILD = (Point.STAGE_PUT, Point.PART_PUT, Point.ASSEMBLE, Point.MANIFEST)
IN_A_WORKER = (
    Point.CLAIM,
    Point.ATTEMPT_START,
    Point.STAGE_RECORD,
    Point.CHUNK_RECORD,
    Point.COMPLETE,
    Point.DONE,
)
PLACES = 2
"""Chunks that a worker renders at a time."""


@pytest.mark.parametrize("point", [pytest.param(p, marks=pytest.mark.full) for p in IN_A_WORKER])
def test_a_worker_killed_at_a_write_point(world: World, point: Point) -> None:
    _kill_at(world, point)


@pytest.mark.parametrize("point", [pytest.param(p, marks=pytest.mark.full) for p in IN_A_CHILD])
def test_a_child_killed_at_a_write_point(world: World, point: Point) -> None:
    _kill_at(world, point)


@pytest.mark.full
def test_one_export_survives_a_kill_at_one_write_point_after_the_other(world: World) -> None:
    """All in one life: what is done again after one kill meets the next."""
    points = [*IN_A_CHILD, Point.CHUNK_RECORD, Point.COMPLETE]
    _kill_at(world, *points)


def _kill_at(world: World, *points: Point) -> None:
    world.arm(",".join(f"{point}:kill" for point in points))
    export_id = world.request()
    world.assert_whole(export_id)
    assert world.struck() == set(points)
    # Work that was done and not recorded: what was in the hands of those who were killed.
    assert world.renderings() - world.chunks(export_id) <= PLACES * len(points)
    world.check()
