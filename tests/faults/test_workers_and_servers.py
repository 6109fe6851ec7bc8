"""Scenarios 5, 7 and 11: workers that are stopped and go on, a database that is away, an S3 server
in trouble. They share one world, so each also meets what the former ones have left."""

from __future__ import annotations

import time

import pytest

from processors.fault_points import Point
from tests.faults.worlds import LEASE, World
from tests.wires import Wire

pytestmark = pytest.mark.quick_on("kafka")

ERROR_500 = (
    b"HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/xml\r\n"
    b"Content-Length: 96\r\nConnection: close\r\n\r\n"
    b"<?xml version='1.0'?><Error><Code>InternalError</Code><Message>try again"
    b"</Message></Error>"
)
SMALL_ANSWER = 20_000
"""Bytes: what says that all is well is shorter, a part is longer."""
AWAY = [3.0, pytest.param(30.0, marks=pytest.mark.full)]
ON_S3 = pytest.mark.parametrize(
    "shared_world",
    ["kafka", pytest.param("embedded-on-s3", marks=pytest.mark.full)],
    indirect=True,
)
S3_READS_WAIT = 30.0
"""Seconds that a read may wait for S3; see infra.files.s3."""


def test_a_worker_frozen_past_its_lease_and_thawed(world: World) -> None:
    """With its children, as a machine is that is suspended."""
    name, export_id = _frozen_at_work(world)
    time.sleep(LEASE + 1.5)  # what is waited for is that nothing happens for so long
    assert name not in world.at_work(), "it still has its lease"
    world.stack.thaw(name)
    world.assert_whole(export_id)
    world.check()


def _frozen_at_work(world: World) -> tuple[str, str]:
    """A worker that was frozen while it held a lease, and the export it worked for."""
    while True:
        export_id = world.request()
        while world.show(export_id)["ended_at"] is None:
            for name in world.at_work():
                world.stack.freeze(name)
                if name in world.at_work():
                    return name, export_id
                world.stack.thaw(name)


@pytest.mark.full
@pytest.mark.parametrize("point", [Point.STAGE_RECORD, Point.CHUNK_RECORD, Point.COMPLETE])
def test_a_worker_stopped_before_it_records_and_resumed_past_its_lease(
    world: World, point: Point
) -> None:
    """Only the process that has the leases; its children go on."""
    world.arm(f"{point}:pause")
    export_id = world.request()
    world.eventually(world.struck)
    time.sleep(LEASE + 1.5)
    for name in world.stack.workers:
        world.stack.thaw(name)
    world.assert_whole(export_id)
    world.check()


@pytest.mark.parametrize("seconds", AWAY)
def test_the_database_is_cut_off_from_the_workers(world: World, seconds: float) -> None:
    export_id = world.request()
    world.wait_for_status(export_id, "extracting", "rendering")
    world.database.cut()
    time.sleep(seconds)
    world.database.mend()
    world.assert_whole(export_id)
    world.check()


@pytest.mark.parametrize("seconds", [pytest.param(12.0, marks=pytest.mark.full)])
def test_the_database_says_nothing_to_the_workers(world: World, seconds: float) -> None:
    """As when a firewall drops packets: no connection ends, no answer comes."""
    export_id = world.request()
    world.wait_for_status(export_id, "extracting", "rendering")
    world.database.stall()
    time.sleep(seconds)
    world.database.mend()
    world.assert_whole(export_id)
    world.check()


@ON_S3
def test_s3_answers_500_for_a_while(world: World) -> None:
    export_id = world.request()
    world.wait_for_status(export_id, "extracting", "rendering")
    _bucket(world).answer(ERROR_500)
    time.sleep(3)
    _bucket(world).mend()
    world.assert_whole(export_id)
    world.check()


@ON_S3
def test_s3_breaks_off_what_it_sends(world: World) -> None:
    export_id = world.request()
    _bucket(world).shorten(SMALL_ANSWER)
    world.wait_for_status(export_id, "rendering")
    time.sleep(2)
    assert world.show(export_id)["status"] == "rendering"
    _bucket(world).mend()
    world.assert_whole(export_id)
    world.check()


@pytest.mark.full
@ON_S3
def test_s3_times_out(world: World) -> None:
    export_id = world.request()
    world.wait_for_status(export_id, "extracting", "rendering")
    _bucket(world).stall()
    time.sleep(S3_READS_WAIT + 5)
    _bucket(world).mend()
    world.assert_whole(export_id)
    world.check()


def _bucket(world: World) -> Wire:
    assert world.bucket is not None
    return world.bucket
