"""Exports whose few rows make several chunks, and how far they are."""

from __future__ import annotations

import hashlib
from uuid import UUID

from domain import layout, manifests
from domain.exports.commands import PlanExport
from domain.exports.events import ExportFailed, PlannedColumn, PlannedFile
from domain.exports.failures import Reason
from domain.exports.state import Export
from domain.formats import parse_format
from domain.streams import JobKind, JobMessage
from processors.queue_work import queue_work
from tests.fakes_work import FakeRows
from tests.processing import THINGS, World

LINES = [b"%d\tname %d" % (number, number) for number in range(5)]


def world_of(lines: list[bytes] | None = None, **more: object) -> World:
    rows = FakeRows(lines=LINES if lines is None else lines)
    return World(rows=rows, **more)  # type: ignore[arg-type]


def plan_small_chunks(world: World, export_id: UUID, rows: int = 2, fragments: int = 1) -> None:
    """Plans, but with fragments of few rows, and few fragments a chunk, so that few rows make
    several."""
    request = world.export(export_id).request
    world.ports.exports.execute(
        export_id,
        PlanExport(
            dataset_version=THINGS.version,
            dataset_label=THINGS.label,
            columns=(
                PlannedColumn(name="id", label="Id", type="integer"),
                PlannedColumn(name="name", label="Name", type="text"),
            ),
            sentence="",
            estimated_rows=5,
            row_cap=world.limits.row_cap,
            fragment_rows=rows,
            chunk_rows=rows * fragments,
            files=tuple(
                PlannedFile(name=f.name, codec=parse_format(dict(f.format)).codec)
                for f in request.files
            ),
            at=world.clock(),
        ),
    )
    queue_work(export_id, world.ports)


def planned(world: World) -> UUID:
    export_id = world.request()
    plan_small_chunks(world, export_id)
    return export_id


def file_of(world: World, export_id: UUID, file: str = "csv") -> bytes:
    """The finished file, which is what its manifest says."""
    key = world.keys.obtain(layout.file_key(export_id, file))
    manifest = manifests.from_json(
        world.sealed.get(layout.manifest(export_id, world.export(export_id).attempt, file), key)
    )
    content = b"".join(
        world.sealed.get(each.key, key)[each.start : each.start + each.size]
        for each in manifest.segments
    )
    assert hashlib.sha256(content).hexdigest() == manifest.sha256
    return content


def only_job(world: World) -> JobMessage:
    (job,) = world.work.jobs.values()
    return job.message


def until(world: World, export_id: UUID, kind: JobKind) -> JobMessage:
    """Does the export's work until a job of this kind waits."""
    while True:
        waiting = [job.message for job in world.work.jobs.values()]
        found = [message for message in waiting if message.kind is kind]
        if found:
            return found[0]
        assert world.step(export_id)


def reason(export: Export) -> Reason:
    assert isinstance(export.ending, ExportFailed)
    return export.ending.reason


def told(world: World, export: Export) -> str:
    """What the vault knows about why the export failed."""
    assert isinstance(export.ending, ExportFailed)
    assert export.ending.detail is not None
    return world.vault.reveal(export.ending.detail) or ""
