"""Renders a staged chunk to a part of a file: pure work on bytes, done by any worker, in a child
process. The same rows give the same part, so it does no harm when two do it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import zstandard

from domain import layout
from domain.exports.state import Export
from domain.fonts import Fonts
from domain.formats import parse_format
from domain.planned_masks import masked_words
from domain.ports import FileBroken, Fragment, SealedFiles
from processors.fault_points import Point, reach
from processors.part_notes import made_of, notes_to_json
from processors.planned_columns import column_of
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
class RenderTask:
    """`staged_sha256` is what the staged rows are compared with, as they are compressed; None
    leaves it to the seal, which opens only what this attempt stored under this key, whole."""

    export_id: UUID
    attempt: int
    index: int
    chunk_rows: int
    staging_key: bytes
    staged_sha256: str | None = None
    target: FileTarget


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
    columns = tuple(map(column_of, export.plan.columns))
    facts = Facts(
        export_id=export_id,
        title=export.plan.dataset_label,
        filter=export.plan.sentence,
        requested_by=export.request.requested_by,
        requested_at=export.request.at,
        masked=masked_words(export.plan.columns),
    )
    spec = parse_format(dict(wanted.format))
    order = tuple(by.field for by in export.request.order)
    plan = RenderPlan(
        spec=spec, columns=columns, codec=planned.codec, facts=facts, order=order, fonts=fonts
    )
    return FileTarget(name=file, plan=plan, data_key=data_key)


def render(task: RenderTask, files: SealedFiles) -> Rendered:
    """Raises `FileMissing` or `FileBroken` when the staged rows can't be read back."""
    key = layout.staged(task.export_id, task.attempt, task.index)
    staged = files.get(key, task.staging_key)
    wanted = task.staged_sha256
    if wanted is not None and hashlib.sha256(staged).hexdigest() != wanted:
        raise FileBroken(f"{key} holds other rows than were staged")
    fragments = (Fragment(rows=data.count(b"\n"), data=data) for data in _unpacked(staged))
    first_row = task.index * task.chunk_rows
    return _rendered(
        task.target, task.export_id, task.attempt, task.index, first_row, fragments, files
    )


def render_first_chunk(
    target: FileTarget,
    export_id: UUID,
    attempt: int,
    fragments: Iterable[Fragment],
    files: SealedFiles,
) -> Rendered:
    """The whole of a one-chunk export, straight from memory."""
    return _rendered(target, export_id, attempt, 0, 0, fragments, files)


def _rendered(
    target: FileTarget,
    export_id: UUID,
    attempt: int,
    index: int,
    first_row: int,
    fragments: Iterable[Fragment],
    files: SealedFiles,
) -> Rendered:
    with traces.span("render chunk", export_id, file=target.name, index=index) as said:
        done = _part(target, export_id, attempt, index, first_row, fragments, files)
        said.update(rows=done.rows, rejected=done.rejected, bytes=done.size)
    return done


def _part(
    target: FileTarget,
    export_id: UUID,
    attempt: int,
    index: int,
    first_row: int,
    fragments: Iterable[Fragment],
    files: SealedFiles,
) -> Rendered:
    frame = prepare(target.plan)
    written = rejected = 0
    data: list[bytes] = []
    made: list[Made] = []
    rejections: list[bytes] = []
    for fragment in fragments:
        part = frame.render(fragment)
        data.append(part.data)
        made.append(made_of(part))
        rejections.append(render_rejections(part.rejected, first_row + written + rejected))
        written += part.rows
        rejected += len(part.rejected)
    whole = b"".join(data)
    reach(Point.PART_PUT)
    if rejected:
        sidecar = layout.rejected_part(export_id, attempt, target.name, index)
        files.put(sidecar, target.data_key, b"".join(rejections))
    if frame.notes:
        notes = layout.notes(export_id, attempt, target.name, index)
        files.put(notes, target.data_key, notes_to_json(made))
    files.put(layout.part(export_id, attempt, target.name, index), target.data_key, whole)
    return Rendered(
        index=index,
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
