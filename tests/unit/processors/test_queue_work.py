"""The table of work follows the exports, with no more looks at it than are needed."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from domain.exports.commands import CancelExport, RetryExport
from domain.exports.state import Status
from domain.streams import Envelope, JobKind
from processors import queue_work as module
from processors.queue_work import is_small, queue_work, subscription
from schemas.public import to_envelope
from tests.processing import World
from tests.unit.processors.small_chunks import planned, until, world_of


def _envelopes(world: World, export_id: UUID) -> list[Envelope]:
    epoch = uuid4()
    return [to_envelope(recorded, epoch) for recorded in world.store.read(export_id)]


def _deliver(world: World, envelopes: list[Envelope]) -> int:
    """Returns how many looks at the table that took."""
    handle, before = subscription(world.ports).handle, world.work.syncs
    for envelope in envelopes:
        handle(envelope)
    return world.work.syncs - before


def test_events_that_a_look_has_seen_already_need_no_other() -> None:
    world = world_of()
    export_id = planned(world)
    until(world, export_id, JobKind.RENDER)
    assert len(_envelopes(world, export_id)) > 3
    assert _deliver(world, _envelopes(world, export_id)) == 1


def test_a_chunk_that_is_rendered_while_others_are_not_needs_no_look() -> None:
    world = world_of()
    export_id = planned(world)
    job = until(world, export_id, JobKind.RENDER)
    handle = subscription(world.ports).handle
    for envelope in _envelopes(world, export_id):
        handle(envelope)
    before = world.work.syncs
    world.worker.claim_and_do(job)
    handle(_envelopes(world, export_id)[-1])
    assert world.work.syncs == before


def test_the_last_chunk_brings_the_assembly_at_once() -> None:
    world = world_of()
    export_id = planned(world)
    until(world, export_id, JobKind.RENDER)
    handle = subscription(world.ports).handle
    for job in [job.message for job in world.work.jobs.values()]:
        world.worker.claim_and_do(job)
        handle(_envelopes(world, export_id)[-1])
    assert [job.message.kind for job in world.work.jobs.values()] == [JobKind.ASSEMBLE]


def test_an_export_that_was_cancelled_loses_its_work_with_the_next_event_whichever() -> None:
    world = world_of()
    export_id = planned(world)
    job = until(world, export_id, JobKind.RENDER)
    world.worker.claim_and_do(job)
    rendered = _envelopes(world, export_id)[-1]
    world.ports.exports.execute(export_id, CancelExport(by=world.me, at=world.clock()))
    subscription(world.ports).handle(rendered)
    assert not world.work.jobs


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_REMEMBERED", 2)
    world = world_of()
    in_step = module._InStep(world.ports)
    exports = [planned(world) for _ in range(3)]
    for export_id in exports:
        in_step.handle(_envelopes(world, export_id)[-1])
    assert set(in_step._seen) == set(exports[1:])


def test_an_export_that_the_store_no_longer_knows_leaves_no_work() -> None:
    world = world_of()
    export_id = planned(world)
    head = world.store.head()
    other = planned(world)
    world.store.forget_after(head)
    world.ports.exports._known.clear()
    queue_work(other, world.ports)
    assert {job.message.export_id for job in world.work.jobs.values()} == {export_id}


def test_a_retried_export_is_open_again() -> None:
    world = world_of()
    export_id = planned(world)
    world.ports.exports.execute(export_id, CancelExport(by=world.me, at=world.clock()))
    queue_work(export_id, world.ports)
    assert (world.work.opened, world.work.sweeps) == (set(), [export_id])
    world.ports.exports.execute(export_id, RetryExport(by=world.me, at=world.clock()))
    assert world.finish(export_id).status is Status.COMPLETED


def test_the_rows_that_were_counted_say_better_than_an_estimate_what_is_small() -> None:
    world = world_of()
    export = world.finish(planned(world))
    assert export.extraction is not None
    assert is_small(export)
    huge = replace(export, extraction=replace(export.extraction, rows=10**6))
    assert not is_small(huge)
