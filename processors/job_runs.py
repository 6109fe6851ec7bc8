"""One job from its message to its facts: what the child needs, and what becomes of what it says."""

from __future__ import annotations

from typing import Any, TypeAlias, assert_never
from uuid import UUID

from domain import layout
from domain.events import Event
from domain.exports.commands import (
    FailExport,
    FinishExtraction,
    RecordChunk,
    RecordFile,
    StageChunk,
    StartExtraction,
)
from domain.exports.errors import ExportRuleBroken
from domain.exports.events import ChunkRendered, ExtractionFinished
from domain.exports.failures import Reason
from domain.exports.state import Export
from domain.exports.work import Assemble, Extract, Job, Render, outstanding
from domain.streams import JobKind, JobMessage, Tick
from processors.assemble_files import Assembled, AssembleTask
from processors.children import Children, Stop
from processors.plan_exports import row_query
from processors.ports import Ports
from processors.recording import Recording
from processors.render_chunks import FileTarget, Rendered, RenderTask, file_target
from processors.stage_rows import Extracted, ExtractTask, Said, Staged

Task: TypeAlias = ExtractTask | RenderTask | AssembleTask


class NotWanted(Exception):
    """The export's state needs this job no more."""


class DatasetChanged(Exception):
    """The dataset is not the one that the export was planned with."""


class JobRuns:
    """`do` returns when what the job did is recorded."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def do(self, job: JobMessage, children: Children, stop: Stop) -> None:
        """Raises `NotWanted`, `TaskStopped`, and what went wrong."""
        export = self._ports.exports.load(job.export_id).state
        if export is None or _wanted(job) not in outstanding(export):
            raise NotWanted
        try:
            match job.kind:
                case JobKind.EXTRACT:
                    self._extract(job, export, children, stop)
                case JobKind.RENDER:
                    self._render(job, export, children, stop)
                case JobKind.ASSEMBLE:
                    self._assemble(job, export, children, stop)
                case _:
                    assert_never(job.kind)
        except ExportRuleBroken as broken:
            raise NotWanted from broken  # cancelled, or another attempt has taken over

    def fail(self, job: JobMessage, reason: Reason, text: str) -> None:
        """Ends the export; the text may quote rows, so it goes to the vault."""
        export = self._ports.exports.load(job.export_id).state
        if export is None or _wanted(job) not in outstanding(export):
            return
        detail = self._ports.keep(export.request.requested_by, text) if text else None
        failure = FailExport(
            reason=reason, detail=detail, attempt=export.attempt, at=self._ports.clock()
        )
        self._ports.exports.execute(job.export_id, failure)

    def _extract(self, job: JobMessage, export: Export, children: Children, stop: Stop) -> None:
        task = self._extract_task(job.export_id, export)
        start = StartExtraction(attempt=task.attempt, at=self._ports.clock())
        self._ports.exports.execute(job.export_id, start)
        with Recording(self._ports.exports, job.export_id) as recording:

            def heard(said: Said) -> None:
                if isinstance(said, Tick):
                    self._ports.ticks.publish(said)
                else:
                    recording.record(self._fact(said, task.attempt))

            done: Extracted = children.run(task, heard, stop)
            recording.record(
                FinishExtraction(
                    attempt=task.attempt,
                    rows=done.rows,
                    chunks=done.chunks,
                    matched=done.matched,
                    taken_at=done.taken_at,
                    at=self._ports.clock(),
                )
            )

    def _extract_task(self, export_id: UUID, export: Export) -> ExtractTask:
        source = self._ports.sources(export.request.dataset)
        assert export.plan is not None  # noqa: S101 - without a plan nothing is outstanding
        if source is None or source.dataset.version != export.plan.dataset_version:
            raise DatasetChanged
        return ExtractTask(
            export_id=export_id,
            attempt=export.attempt + 1,
            dataset=source.dataset,
            query=self._ports.unsealed(row_query(export)),
            row_cap=export.plan.row_cap,
            fragment_rows=export.plan.fragment_rows,
            chunk_rows=export.plan.chunk_rows,
            data_key=self._ports.keys.obtain(layout.staging_key(export_id)),
            targets=tuple(
                self._target(export_id, export, file.name) for file in export.request.files
            ),
        )

    def _render(self, job: JobMessage, export: Export, children: Children, stop: Stop) -> None:
        assert export.plan is not None  # noqa: S101 - without a plan nothing is outstanding
        task = RenderTask(
            export_id=job.export_id,
            attempt=job.attempt,
            index=job.index,
            chunk_rows=export.plan.chunk_rows,
            staging_key=self._ports.keys.obtain(layout.staging_key(job.export_id)),
            staged_sha256=export.staged[job.index].sha256,
            target=self._target(job.export_id, export, job.file),
        )
        rendered: Rendered = children.run(task, _nothing, stop)
        self._ports.exports.execute(job.export_id, self._fact(rendered, job.attempt))

    def _assemble(self, job: JobMessage, export: Export, children: Children, stop: Stop) -> None:
        history = self._ports.store.read(job.export_id)
        latest = next(each for each in reversed(history) if _concerns(each.event, job.file))
        task = AssembleTask(
            export_id=job.export_id,
            export=export,
            file=job.file,
            epoch=self._ports.store.epoch(),
            first_position=history[0].position,
            last_position=latest.position,
            last_version=latest.version,
            target=self._target(job.export_id, export, job.file),
        )
        done: Assembled = children.run(task, _nothing, stop)
        record = RecordFile(
            attempt=job.attempt,
            file=job.file,
            size=done.size,
            sha256=done.sha256,
            content_sha256=done.content_sha256,
            waybill_sha256=done.waybill_sha256,
            at=self._ports.clock(),
        )
        self._ports.exports.execute(job.export_id, record)

    def _target(self, export_id: UUID, export: Export, file: str) -> FileTarget:
        return file_target(export, file, self._ports.keys.obtain(layout.file_key(export_id, file)))

    def _fact(self, said: Staged | Rendered, attempt: int) -> StageChunk | RecordChunk:
        now = self._ports.clock()
        match said:
            case Staged():
                return StageChunk(
                    attempt=attempt,
                    index=said.index,
                    rows=said.rows,
                    size=said.size,
                    sha256=said.sha256,
                    at=now,
                )
            case Rendered():
                return RecordChunk(
                    attempt=attempt,
                    index=said.index,
                    file=said.file,
                    rows=said.rows,
                    rejected=said.rejected,
                    size=said.size,
                    sha256=said.sha256,
                    at=now,
                )
            case _:
                assert_never(said)


def _wanted(job: JobMessage) -> Job:
    match job.kind:
        case JobKind.EXTRACT:
            return Extract()
        case JobKind.RENDER:
            return Render(attempt=job.attempt, index=job.index, file=job.file)
        case JobKind.ASSEMBLE:
            return Assemble(attempt=job.attempt, file=job.file)
        case _:
            assert_never(job.kind)


def _concerns(event: Event, file: str) -> bool:
    """The content of this file: a repeat of its assembly names the same place in the log."""
    return isinstance(event, ExtractionFinished) or (
        isinstance(event, ChunkRendered) and event.file == file
    )


def _nothing(_: Any) -> None:
    """Rendering and assembling say nothing while they go on."""
