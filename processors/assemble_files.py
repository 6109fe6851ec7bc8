"""Makes the file of its parts: reads every part back, checks it against what was recorded, and
writes the manifest that says which objects count, and the signed waybill. Parts that are in the
file as they are stay where they are. Doing it again gives the same bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from uuid import UUID

from domain import layout, manifests
from domain.exports.events import (
    Asked,
    ChosenSheet,
    ChunkRendered,
    Json,
    Planned,
    PlannedSheet,
    SheetExtracted,
)
from domain.exports.questions import order_of
from domain.exports.state import Export
from domain.formats import to_json
from domain.manifests import Manifest, Segment
from domain.nesting import masked_as_planned
from domain.ports import Files, SealedFiles, Signer
from domain.waybills import (
    CapApplied,
    ChunkWritten,
    Digest,
    FieldWritten,
    FormatUsed,
    LogSpan,
    RowCounts,
    SheetWritten,
    Waybill,
    document,
)
from processors.fault_points import Point, reach
from processors.joining import Fresh, Joining, Kept, Piece
from processors.render_chunks import FileTarget
from processors.renderers import prepare
from processors.stored_parts import StoredParts
from schemas import traces


@dataclass(frozen=True, slots=True, kw_only=True)
class AssembleTask:
    """The positions are those of the export's history in the log."""

    export_id: UUID
    export: Export
    file: str
    epoch: UUID
    first_position: int
    last_position: int
    last_version: int
    target: FileTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembled:
    size: int
    sha256: str
    content_sha256: str
    waybill_sha256: str


def assemble(task: AssembleTask, files: Files, sealed: SealedFiles, signer: Signer) -> Assembled:
    """Raises `FileMissing` or `FileBroken` when a part can't be read back as it was recorded."""
    with traces.span("assemble file", task.export_id, file=task.file) as said:
        done = _assembled(task, files, sealed, signer)
        said["bytes"] = done.size
    return done


def _assembled(task: AssembleTask, files: Files, sealed: SealedFiles, signer: Signer) -> Assembled:
    reach(Point.ASSEMBLE)
    parts = task.export.parts(task.file)
    frame = prepare(task.target.plan)
    stored = StoredParts(task.export_id, task.target, parts, sealed)
    with stored.reading() as read:
        joining = Joining(frame, stored.chunks(frame), read, task.target.plan.spec.compression)
        segments = tuple(
            _segment(task, number, piece, parts, sealed)
            for number, piece in enumerate(joining.pieces())
        )
    _join_rejections(task, parts, sealed)
    manifest = _manifest(task, joining, segments)
    reach(Point.MANIFEST)
    sealed.put(layout.manifest(*_place(task)), task.target.data_key, manifests.to_json(manifest))
    signed = signer.sign(document(_waybill(task, manifest, joining, parts, signer.key_id)))
    files.put(layout.waybill(*_place(task)), signed)
    return Assembled(
        size=manifest.size,
        sha256=manifest.sha256,
        content_sha256=joining.content.sha256,
        waybill_sha256=hashlib.sha256(signed).hexdigest(),
    )


def file_name(export: Export, export_id: UUID, file: str) -> str:
    """What a download is called: the dataset, the day and enough of the export's id."""
    return f"{export.request.dataset}-{export.request.at:%Y%m%d}-{str(export_id)[:8]}.{file}"


def _segment(
    task: AssembleTask,
    number: int,
    piece: Piece,
    parts: list[ChunkRendered],
    sealed: SealedFiles,
) -> Segment:
    """Stores what is new; a part stays where it is."""
    match piece:
        case Fresh(data=data, sha256=sha256):
            key = layout.piece(*_place(task), number)
            sealed.put(key, task.target.data_key, data)
            return Segment(key=key, size=len(data), whole=len(data), sha256=sha256)
        case Kept():
            part = parts[piece.chunk]
            return Segment(
                key=layout.part(task.export_id, part.attempt, part.file, part.index),
                start=piece.start,
                size=piece.size,
                whole=part.size,
                sha256=piece.sha256,
            )


def _join_rejections(task: AssembleTask, parts: list[ChunkRendered], sealed: SealedFiles) -> None:
    """The sidecar is small: a file whose rows are mostly rejected is of no use to anybody."""
    key = task.target.data_key
    lines = [
        sealed.get(layout.rejected_part(task.export_id, p.attempt, p.file, p.index), key)
        for p in parts
        if p.rejected
    ]
    if lines:
        sealed.put(layout.rejections(*_place(task)), key, b"".join(lines))


def _manifest(task: AssembleTask, joining: Joining, segments: tuple[Segment, ...]) -> Manifest:
    return Manifest(
        file=task.file,
        name=file_name(task.export, task.export_id, task.file),
        media_type=task.target.plan.spec.media_type,
        data_key=layout.file_key(task.export_id, task.file),
        size=joining.size,
        sha256=joining.sha256,
        crc32=joining.crc32,
        segments=segments,
    )


def _waybill(
    task: AssembleTask,
    manifest: Manifest,
    joining: Joining,
    parts: list[ChunkRendered],
    signing_key: str,
) -> Waybill:
    export, request = task.export, task.export.request
    assert export.plan is not None  # noqa: S101 - every chunk of it is rendered
    assert export.extraction is not None  # noqa: S101
    head, *shares, tail = joining.shares
    return Waybill(
        export_id=task.export_id,
        workspace=request.workspace,
        dataset=request.dataset,
        dataset_version=export.plan.dataset_version,
        fields=_fields(request, export.plan),
        filter=request.filter,
        filter_sentence=export.plan.sentence,
        order=order_of(request),
        limit=request.limit,
        sheets=_sheets(export, parts),
        format=_format(task),
        file_name=manifest.name,
        file=Digest(bytes=manifest.size, sha256=manifest.sha256),
        content=joining.content,
        rows=_counts(export.extraction.matched, parts),
        caps=_caps(export),
        head=head if head.bytes else None,
        chunks=tuple(
            ChunkWritten(
                index=p.index, rows=p.rows, rejected=p.rejected, bytes=has.bytes, sha256=has.sha256
            )
            for p, has in zip(parts, shares, strict=True)
        ),
        tail=tail if tail.bytes else None,
        requested_by=request.requested_by,
        purpose=request.purpose,
        requested_at=request.at,
        snapshot_at=export.extraction.taken_at,
        completed_at=_completed_at(export, parts),
        log=LogSpan(
            epoch=task.epoch,
            first_position=task.first_position,
            last_position=task.last_position,
            last_version=task.last_version,
        ),
        signing_key=signing_key,
    )


def _sheets(export: Export, parts: Sequence[ChunkRendered]) -> tuple[SheetWritten, ...]:
    """All but the first."""
    in_order = iter(parts)
    of_each = [list(islice(in_order, read.chunks)) for read in export.sheets_read]
    every = zip(export.sheets, export.sheet_plans, export.sheets_read[1:], of_each[1:], strict=True)
    return tuple(_sheet(*each) for each in every)


def _sheet(
    asked: ChosenSheet, planned: PlannedSheet, read: SheetExtracted, parts: list[ChunkRendered]
) -> SheetWritten:
    return SheetWritten(
        dataset=asked.dataset,
        dataset_version=planned.dataset_version,
        fields=_fields(asked, planned),
        filter=asked.filter,
        filter_sentence=planned.sentence,
        order=order_of(asked),
        limit=asked.limit,
        options=asked.options,
        rows=_counts(read.matched, parts),
    )


def _counts(matched: int, parts: Sequence[ChunkRendered]) -> RowCounts:
    return RowCounts(
        matched=matched,
        written=sum(part.rows for part in parts),
        rejected=sum(part.rejected for part in parts),
    )


def _fields(asked: Asked, planned: Planned) -> tuple[FieldWritten, ...]:
    return tuple(
        FieldWritten(
            name=column.name,
            label=column.label,
            mask=column.mask,
            nested=_nested(field.nested, column.nested),
        )
        for field, column in zip(asked.fields, planned.columns, strict=True)
    )


def _nested(asked: Json | None, planned: Json | None) -> Json | None:
    return None if asked is None or planned is None else masked_as_planned(asked, planned)


def _format(task: AssembleTask) -> FormatUsed:
    plan = task.target.plan
    spec = plan.spec
    return FormatUsed(
        name=spec.format.value,
        options=to_json(spec)["options"],
        compression=spec.compression.value,
        codec=plan.codec or plan.own_codec,
        split=to_json(spec).get("split"),
    )


def _caps(export: Export) -> tuple[CapApplied, ...]:
    assert export.plan is not None  # noqa: S101 - see _waybill
    assert export.extraction is not None  # noqa: S101
    if export.plan.row_cap is None:
        return ()
    cut = export.extraction.rows < export.extraction.matched
    return (CapApplied(name="rows", value=export.plan.row_cap, cut=cut),)


def _completed_at(export: Export, parts: list[ChunkRendered]) -> datetime:
    """The last thing that was recorded about the content: a repeat signs the same statement."""
    assert export.extraction is not None  # noqa: S101 - see _waybill
    return max([export.extraction.at, *(part.at for part in parts)])


def _place(task: AssembleTask) -> tuple[UUID, int, str]:
    return task.export_id, task.export.attempt, task.file
