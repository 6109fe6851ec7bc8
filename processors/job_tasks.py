"""What a child needs to do a job: everything it must know, as a value, with the keys in it."""

from __future__ import annotations

from uuid import UUID

from domain import layout
from domain.events import Event
from domain.exports.events import ChunkRendered, ExtractionFinished
from domain.exports.state import Export
from domain.masks.masking import Masked
from domain.planned_masks import masked_of
from domain.ports import Source
from domain.streams import JobMessage
from processors.assemble_files import AssembleTask
from processors.plan_exports import row_query
from processors.ports import Ports
from processors.render_chunks import FileTarget, RenderTask, file_target
from processors.stage_rows import ExtractTask
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
        source = self._ports.sources.find(export.request.dataset)
        if source is None:
            raise DatasetChanged(f"The dataset {export.request.dataset} is no longer declared.")
        if source.dataset.version != export.plan.dataset_version:
            raise DatasetChanged(
                f"The dataset {export.request.dataset} was {export.plan.dataset_version} when the"
                f" export was planned and is {source.dataset.version} now. Request it again."
            )
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
            masked=self._masked(export_id, export, source),
        )

    def _masked(self, export_id: UUID, export: Export, source: Source) -> tuple[Masked, ...]:
        assert export.plan is not None  # noqa: S101 - see `extraction`
        keys = TokenKeys(self._ports.keys, export_id, export.request.workspace)
        return masked_of(export.plan.columns, source.dataset, keys.of)

    def rendering(self, job: JobMessage, export: Export) -> RenderTask:
        assert export.plan is not None  # noqa: S101 - without a plan nothing is outstanding
        return RenderTask(
            export_id=job.export_id,
            attempt=job.attempt,
            index=job.index,
            chunk_rows=export.plan.chunk_rows,
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
