"""What a child needs to do a job: everything it must know, as a value, with the keys in it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from domain import layout
from domain.events import Event
from domain.exports.events import Asked, ChunkRendered, ExtractionFinished, Planned
from domain.exports.questions import row_query
from domain.exports.state import Export
from domain.planned_masks import masked_of
from domain.streams import JobMessage
from processors.assemble_files import AssembleTask
from processors.ports import Ports
from processors.render_chunks import FileTarget, RenderTask, file_target, render_task
from processors.stage_rows import ExtractTask, Question
from processors.token_keys import TokenKeys


class DatasetChanged(Exception):
    """The dataset is not the one that the export was planned with. Request the export again."""


class JobTasks:
    """Raises `StoreUnavailable`, `KeyDestroyed`, `ScopeDestroyed`, `LiteralErased` and
    `DatasetChanged`."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def extraction(self, export_id: UUID, export: Export) -> ExtractTask:
        assert export.plan is not None  # noqa: S101 - without a plan nothing is outstanding
        keys = TokenKeys(self._ports.keys, export_id, export.request.workspace)
        return ExtractTask(
            export_id=export_id,
            attempt=export.attempt + 1,
            questions=tuple(
                self._question(*each, export.request.at, keys)
                for each in zip(export.asked, export.planned, strict=True)
            ),
            row_cap=export.plan.row_cap,
            fragment_rows=export.plan.fragment_rows,
            chunk_rows=export.plan.chunk_rows,
            data_key=self._ports.keys.obtain(layout.staging_key(export_id)),
            targets=tuple(
                self._target(export_id, export, file.name) for file in export.request.files
            ),
        )

    def _question(
        self,
        asked: Asked,
        planned: Planned,
        at: datetime,
        keys: TokenKeys,
    ) -> Question:
        source = self._ports.sources.find(asked.dataset)
        if source is None:
            raise DatasetChanged(f"The dataset {asked.dataset} is no longer declared.")
        dataset = source.dataset
        if dataset.version != planned.dataset_version:
            raise DatasetChanged(
                f"The dataset {asked.dataset} was {planned.dataset_version} when the"
                f" export was planned and is {dataset.version} now. Request it again."
            )
        return Question(
            dataset=dataset,
            query=self._ports.unsealed(row_query(asked, at)),
            masked=masked_of(planned.columns, dataset, keys.of),
        )

    def rendering(self, job: JobMessage, export: Export) -> RenderTask:
        return render_task(
            job.export_id,
            export,
            job.index,
            staging_key=self._ports.keys.obtain(layout.staging_key(job.export_id)),
            target=self._target(job.export_id, export, job.file),
        )

    def assembly(self, job: JobMessage, export: Export) -> AssembleTask:
        history = self._ports.store.read(job.export_id)
        latest = next(each for each in reversed(history) if _concerns(each.event, job.file))
        return AssembleTask(
            export_id=job.export_id,
            export=export,
            file=job.file,
            epoch=self._ports.store.epoch(),
            first_position=history[0].position,
            last_position=latest.position,
            last_version=latest.version,
            target=self._target(job.export_id, export, job.file),
        )

    def _target(self, export_id: UUID, export: Export, file: str) -> FileTarget:
        data_key = self._ports.keys.obtain(layout.file_key(export_id, file))
        return file_target(export_id, export, file, data_key, self._ports.fonts)


def _concerns(event: Event, file: str) -> bool:
    """The content of this file: a repeat of its assembly names the same place in the log."""
    return isinstance(event, ExtractionFinished) or (
        isinstance(event, ChunkRendered) and event.file == file
    )
