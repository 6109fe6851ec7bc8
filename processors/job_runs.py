"""One job from its lease to its facts: what the child needs, and what becomes of what it says."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol, TypeAlias, TypeVar, assert_never

from domain.exports.commands import (
    ExportCommand,
    FailExport,
    FinishExtraction,
    FinishSheet,
    RecordChunk,
    RecordFile,
    StageChunk,
    StartExtraction,
)
from domain.exports.errors import AttemptSuperseded, ExportEnded, ExportUnknown
from domain.exports.failures import Reason
from domain.exports.state import Export
from domain.exports.work import Assemble, Extract, Job, Render, outstanding
from domain.leases import Held
from domain.streams import JobKind, JobMessage, Tick
from processors import metrics
from processors.assemble_files import Assembled, AssembleTask
from processors.child_life import Emit
from processors.children import Stop
from processors.failing import fail
from processors.fault_points import Point, reach
from processors.job_tasks import JobTasks
from processors.outages import outlast
from processors.ports import Ports
from processors.queue_work import is_small
from processors.recording import Recording
from processors.render_chunks import Rendered, RenderTask
from processors.stage_rows import Extracted, ExtractTask, Said, SheetRead, Staged
from schemas import traces

Task: TypeAlias = ExtractTask | RenderTask | AssembleTask
Result = TypeVar("Result")


class NotWanted(Exception):
    """The export's state needs this job no more."""


class Place(Protocol):
    """See `processors.children.Place`."""

    def run(self, task: Any, heard: Emit, stop: Stop) -> Any: ...


class Run:
    """A job under way: its lease, the place that it has, and what ends it. `attempt` is the one
    that it works for, and `retries` how many came before it, so that a failure of an old one is not
    taken for the current one's. `brief` is whether it may be expected to end within seconds."""

    def __init__(self, held: Held, place: Place) -> None:
        self.held, self.place, self.stop = held, place, Stop()
        self.job = held.job
        self.brief = held.job.kind is not JobKind.EXTRACT
        self.attempt = held.job.attempt
        self.retries = 0

    def outlast(self, action: Callable[[], Result]) -> Result:
        return outlast(action, self.stop)


class JobRuns:
    """`do` returns when what the job did is recorded."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._tasks = JobTasks(ports)

    def do(self, run: Run) -> None:
        """Raises `NotWanted`, `TaskStopped`, and what went wrong."""
        export = self._load(run)
        run.attempt, run.retries = export.attempt, export.retries
        run.brief = run.brief or is_small(export)
        try:
            match run.job.kind:
                case JobKind.EXTRACT:
                    self._extract(run, export)
                case JobKind.RENDER:
                    self._render(run, export)
                case JobKind.ASSEMBLE:
                    self._assemble(run, export)
                case _:
                    assert_never(run.job.kind)
        except (AttemptSuperseded, ExportEnded, ExportUnknown) as broken:
            raise NotWanted from broken

    def fail(self, run: Run, reason: Reason, text: str) -> None:
        """Ends the export, unless another attempt or worker has gone on without this one; the text
        may quote rows, so it goes to the vault."""
        export = self._ports.exports.load(run.job.export_id).state
        if export is None or _wanted(run.job) not in outstanding(export):
            return
        if (export.attempt, export.retries) != (run.attempt, run.retries):
            return
        if not self._ports.work.holds(run.held):
            return
        detail = self._ports.keep(export.request.requested_by, text) if text else None
        failure = FailExport(
            reason=reason,
            detail=detail,
            attempt=run.attempt,
            retries=run.retries,
            at=self._ports.clock(),
        )
        fail(run.job.export_id, failure, self._ports)

    def _load(self, run: Run) -> Export:
        job = run.job
        export = run.outlast(lambda: self._ports.exports.load(job.export_id).state)
        if export is None or _wanted(job) not in outstanding(export):
            raise NotWanted
        return export

    def _extract(self, run: Run, export: Export) -> None:
        export_id, began = run.job.export_id, time.monotonic()
        task = run.outlast(lambda: self._tasks.extraction(export_id, export))
        reach(Point.ATTEMPT_START)
        self._record(run, StartExtraction(attempt=task.attempt, at=self._ports.clock()))
        run.attempt = task.attempt
        with Recording(self._ports.exports, export_id, run.stop) as recording:

            def heard(said: Said) -> None:
                if isinstance(said, Tick):
                    self._ports.ticks.publish(said)
                else:
                    recording.record(self._fact(said, task.attempt))

            done: Extracted = run.place.run(task, heard, run.stop)
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
        metrics.extraction_rate.observe(done.rows / max(time.monotonic() - began, 1e-3))

    def _render(self, run: Run, export: Export) -> None:
        task = run.outlast(lambda: self._tasks.rendering(run.job, export))
        began = time.monotonic()
        rendered: Rendered = run.place.run(task, _nothing, run.stop)
        metrics.chunk_seconds.labels(run.job.file).observe(time.monotonic() - began)
        reach(Point.CHUNK_RECORD)
        self._record(run, self._fact(rendered, run.job.attempt))

    def _assemble(self, run: Run, export: Export) -> None:
        task = run.outlast(lambda: self._tasks.assembly(run.job, export))
        done: Assembled = run.place.run(task, _nothing, run.stop)
        reach(Point.COMPLETE)
        self._record(
            run,
            RecordFile(
                attempt=run.job.attempt,
                file=run.job.file,
                size=done.size,
                sha256=done.sha256,
                content_sha256=done.content_sha256,
                waybill_sha256=done.waybill_sha256,
                at=self._ports.clock(),
            ),
        )

    def _record(self, run: Run, command: ExportCommand) -> None:
        with traces.span("record", run.job.export_id, commands=1):
            run.outlast(lambda: self._ports.exports.execute(run.job.export_id, command))

    def _fact(
        self, said: Staged | SheetRead | Rendered, attempt: int
    ) -> StageChunk | FinishSheet | RecordChunk:
        now = self._ports.clock()
        match said:
            case Staged():
                metrics.extracted_rows.inc(said.rows)
                metrics.staged_bytes.inc(said.size)
                return StageChunk(
                    attempt=attempt,
                    index=said.index,
                    rows=said.rows,
                    size=said.size,
                    sha256=said.sha256,
                    at=now,
                )
            case SheetRead():
                return FinishSheet(
                    attempt=attempt,
                    index=said.index,
                    rows=said.rows,
                    chunks=said.chunks,
                    matched=said.matched,
                    at=now,
                )
            case Rendered():
                metrics.rendered_bytes.labels(said.file).inc(said.size)
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


def _nothing(_: Any) -> None:
    """Rendering and assembling say nothing while they go on."""
