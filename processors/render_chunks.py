"""Renders a staged chunk to a part of a file: pure work on bytes, done by any worker, in a child
process. The same rows give the same part, so it does no harm when two do it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import zstandard

from domain import layout
from domain.exports.events import Planned
from domain.exports.state import Export
from domain.fonts import Fonts
from domain.formats import parse_format
from domain.planned_masks import masked_words
from domain.ports import FileBroken, Fragment, SealedFiles
from processors.fault_points import Point, reach
from processors.part_notes import made_of, notes_to_json
from processors.planned_columns import column_of, sheet_plans
from processors.renderers import Facts, Made, RenderPlan, prepare
from processors.renderers.rejections import render_rejections
from schemas import traces


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTarget:
    """One file of an export: how it is rendered, and the key that seals it."""

    name: str
    plan: RenderPlan
    data_key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PartTask:
    """A chunk's part of one file. `first_row` is its first, counted from 0 over the rows of its own
    `sheet` (`domain.exports.state.Place`)."""

    export_id: UUID
    attempt: int
    index: int
    sheet: int = 0
    first_row: int = 0
    target: FileTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderTask(PartTask):
    """`staged_sha256` is what the staged rows are compared with, as they are compressed; None
    leaves it to the seal, which opens only what this attempt stored under this key, whole."""

    staging_key: bytes
    staged_sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """`size` and `sha256` are of the part before it was sealed."""

    index: int
    file: str
    rows: int
    rejected: int
    size: int
    sha256: str


def file_target(
    export_id: UUID, export: Export, file: str, data_key: bytes, fonts: Fonts
) -> FileTarget:
    """The target of a planned export's file; `fonts` are the further ones of this process."""
    assert export.plan is not None  # noqa: S101 - callers have a planned export
    wanted = next(each for each in export.request.files if each.name == file)
    planned = next(each for each in export.plan.files if each.name == file)
    spec = parse_format(dict(wanted.format))
    columns, *others = [tuple(map(column_of, each.columns)) for each in export.planned]
    facts, *of_others = [_facts(export_id, export, each) for each in export.planned]
    plan = RenderPlan(
        spec=spec,
        columns=columns,
        codec=planned.codec,
        facts=facts,
        order=tuple(by.field for by in export.request.order),
        fonts=fonts,
        sheets=sheet_plans(export, spec, others, of_others),
    )
    return FileTarget(name=file, plan=plan, data_key=data_key)


def render_task(
    export_id: UUID,
    export: Export,
    index: int,
    *,
    staging_key: bytes,
    target: FileTarget,
    staged_sha256: str | None = None,
) -> RenderTask:
    """Of a staged chunk of the present attempt."""
    assert export.plan is not None  # noqa: S101 - callers have a planned export
    place = export.place_of(index)
    return RenderTask(
        export_id=export_id,
        attempt=export.attempt,
        index=index,
        sheet=place.sheet,
        first_row=place.chunk * export.plan.chunk_rows,
        staging_key=staging_key,
        staged_sha256=staged_sha256,
        target=target,
    )


def _facts(export_id: UUID, export: Export, planned: Planned) -> Facts:
    return Facts(
        export_id=export_id,
        title=planned.dataset_label,
        filter=planned.sentence,
        requested_by=export.request.requested_by,
        requested_at=export.request.at,
        masked=masked_words(planned.columns),
    )


def render(task: RenderTask, files: SealedFiles) -> Rendered:
    """Raises `FileMissing` or `FileBroken` when the staged rows can't be read back."""
    key = layout.staged(task.export_id, task.attempt, task.index)
    staged = files.get(key, task.staging_key)
    wanted = task.staged_sha256
    if wanted is not None and hashlib.sha256(staged).hexdigest() != wanted:
        raise FileBroken(f"{key} holds other rows than were staged")
    fragments = (Fragment(rows=data.count(b"\n"), data=data) for data in _unpacked(staged))
    return _rendered(task, fragments, files)


def render_first_chunk(
    target: FileTarget,
    export_id: UUID,
    attempt: int,
    fragments: Iterable[Fragment],
    files: SealedFiles,
) -> Rendered:
    """The whole of a one-chunk export, straight from memory."""
    task = PartTask(target=target, export_id=export_id, attempt=attempt, index=0)
    return _rendered(task, fragments, files)


def _rendered(task: PartTask, fragments: Iterable[Fragment], files: SealedFiles) -> Rendered:
    name = task.target.name
    with traces.span("render chunk", task.export_id, file=name, index=task.index) as said:
        done = _part(task, fragments, files)
        said.update(rows=done.rows, rejected=done.rejected, bytes=done.size)
    return done


def _part(task: PartTask, fragments: Iterable[Fragment], files: SealedFiles) -> Rendered:
    target = task.target
    frame = prepare(target.plan)
    renders = frame.of(task.sheet)
    sheet = task.sheet if target.plan.sheets else None
    written = rejected = 0
    data: list[bytes] = []
    made: list[Made] = []
    rejections: list[bytes] = []
    for fragment in fragments:
        part = renders.render(fragment)
        data.append(part.data)
        made.append(made_of(part))
        first_row = task.first_row + written + rejected
        rejections.append(render_rejections(part.rejected, first_row, sheet))
        written += part.rows
        rejected += len(part.rejected)
    whole = b"".join(data)
    reach(Point.PART_PUT)
    place = task.export_id, task.attempt, target.name, task.index
    if rejected:
        files.put(layout.rejected_part(*place), target.data_key, b"".join(rejections))
    if frame.notes:
        files.put(layout.notes(*place), target.data_key, notes_to_json(made))
    files.put(layout.part(*place), target.data_key, whole)
    return Rendered(
        index=task.index,
        file=target.name,
        rows=written,
        rejected=rejected,
        size=len(whole),
        sha256=hashlib.sha256(whole).hexdigest(),
    )


def _unpacked(staged: bytes) -> list[bytes]:
    """The fragments of a staged chunk: one zstd frame each."""
    fragments = []
    while staged:
        decompressor = zstandard.ZstdDecompressor().decompressobj()
        fragments.append(decompressor.decompress(staged))
        staged = decompressor.unused_data
    return fragments
