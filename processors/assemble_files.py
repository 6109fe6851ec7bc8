"""Makes the file of its parts: reads every part back, checks it against what was recorded, and
writes the manifest that says which objects count, and the signed waybill. Nothing is copied: the
parts stay where they are. Doing it again gives the same bytes."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain import layout, manifests
from domain.exports.events import ChunkRendered
from domain.exports.state import Export
from domain.formats import to_json
from domain.manifests import Manifest, Segment
from domain.ports import FileBroken, Files, SealedFiles, Signer
from domain.rows import Order
from domain.waybills import (
    CapApplied,
    ChunkWritten,
    Digest,
    FieldWritten,
    FormatUsed,
    LogSpan,
    RowCounts,
    Waybill,
    document,
)
from processors.content_digests import ContentDigest
from processors.fault_points import Point, reach
from processors.render_chunks import FileTarget
from processors.renderers import Totals, prepare
from schemas import traces

_READ_AHEAD = 2
"""Parts: reading and digesting leave the interpreter lock, and at the end other cores are idle."""


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
    totals = Totals(rows=sum(p.rows for p in parts), rejected=sum(p.rejected for p in parts))
    reading = _Reading(task, sealed)
    with ThreadPoolExecutor(_READ_AHEAD, "read ahead") as threads:
        segments = [
            *reading.end(layout.head(*_place(task)), frame.head()),
            *reading.parts(parts, threads),
            *reading.end(layout.tail(*_place(task)), frame.tail(totals)),
        ]
    _join_rejections(task, parts, sealed)
    manifest = _manifest(task, reading, tuple(segments))
    stored = manifests.to_json(manifest)
    reach(Point.MANIFEST)
    sealed.put(layout.manifest(*_place(task)), task.target.data_key, stored)
    signed = signer.sign(document(_waybill(task, manifest, reading.content, parts, signer.key_id)))
    files.put(layout.waybill(*_place(task)), signed)
    return Assembled(
        size=manifest.size,
        sha256=manifest.sha256,
        content_sha256=reading.content.sha256,
        waybill_sha256=hashlib.sha256(signed).hexdigest(),
    )


def file_name(export: Export, export_id: UUID, file: str) -> str:
    """What a download is called: the dataset, the day and enough of the export's id."""
    return f"{export.request.dataset}-{export.request.at:%Y%m%d}-{str(export_id)[:8]}.{file}"


class _Reading:
    """Goes over the file once, in order, and digests it and its content before compression."""

    def __init__(self, task: AssembleTask, sealed: SealedFiles) -> None:
        self._task, self._sealed = task, sealed
        self._file = hashlib.sha256()
        self._content = ContentDigest(task.target.plan.spec.compression)

    @property
    def sha256(self) -> str:
        return self._file.hexdigest()

    @property
    def content(self) -> Digest:
        return self._content.digest(self.sha256)

    def end(self, key: str, data: bytes) -> Iterator[Segment]:
        """A head or a tail, which is made here; an empty one is left out."""
        if data:
            stored = self._sealed.put(key, self._task.target.data_key, data)
            self._take(data)
            yield Segment(key=key, size=len(data), sealed=stored, sha256=_sha256(data))

    def parts(self, parts: list[ChunkRendered], threads: ThreadPoolExecutor) -> Iterator[Segment]:
        """Reads and checks some parts ahead of the one that is digested."""
        ahead = deque(threads.submit(self._read, part) for part in parts[:_READ_AHEAD])
        for index, part in enumerate(parts):
            data, stored = ahead.popleft().result()
            following = parts[index + _READ_AHEAD : index + _READ_AHEAD + 1]
            ahead.extend(threads.submit(self._read, each) for each in following)
            self._take(data)
            yield Segment(
                key=self._key(part),
                size=part.size,
                sealed=stored,
                sha256=part.sha256,
                rows=part.rows,
                rejected=part.rejected,
            )

    def _read(self, part: ChunkRendered) -> tuple[bytes, int]:
        data = self._sealed.get(self._key(part), self._task.target.data_key)
        if len(data) != part.size or _sha256(data) != part.sha256:
            raise FileBroken(f"{self._key(part)} is not the part that was recorded")
        return data, self._sealed.sealed_size(len(data))

    def _key(self, part: ChunkRendered) -> str:
        return layout.part(self._task.export_id, part.attempt, part.file, part.index)

    def _take(self, data: bytes) -> None:
        self._file.update(data)
        self._content.take(data)


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


def _manifest(task: AssembleTask, reading: _Reading, segments: tuple[Segment, ...]) -> Manifest:
    return Manifest(
        file=task.file,
        name=file_name(task.export, task.export_id, task.file),
        media_type=task.target.plan.spec.media_type,
        data_key=layout.file_key(task.export_id, task.file),
        size=sum(segment.size for segment in segments),
        sha256=reading.sha256,
        segments=segments,
    )


def _waybill(
    task: AssembleTask,
    manifest: Manifest,
    content: Digest,
    parts: list[ChunkRendered],
    signing_key: str,
) -> Waybill:
    export, request = task.export, task.export.request
    assert export.plan is not None  # noqa: S101 - every chunk of it is rendered
    assert export.extraction is not None  # noqa: S101
    ends = {each.key: Digest(bytes=each.size, sha256=each.sha256) for each in manifest.segments}
    return Waybill(
        export_id=task.export_id,
        workspace=request.workspace,
        dataset=request.dataset,
        dataset_version=export.plan.dataset_version,
        fields=tuple(FieldWritten(name=c.name, label=c.label) for c in export.plan.columns),
        filter=request.filter,
        filter_sentence=export.plan.sentence,
        order=tuple(
            Order(field=by.field, direction="desc" if by.direction == "desc" else "asc")
            for by in request.order
        ),
        limit=request.limit,
        format=_format(task),
        file_name=manifest.name,
        file=Digest(bytes=manifest.size, sha256=manifest.sha256),
        content=content,
        rows=RowCounts(
            matched=export.extraction.matched,
            written=sum(part.rows for part in parts),
            rejected=sum(part.rejected for part in parts),
        ),
        caps=_caps(export),
        head=ends.get(layout.head(*_place(task))),
        chunks=tuple(
            ChunkWritten(
                index=p.index, rows=p.rows, rejected=p.rejected, bytes=p.size, sha256=p.sha256
            )
            for p in parts
        ),
        tail=ends.get(layout.tail(*_place(task))),
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


def _format(task: AssembleTask) -> FormatUsed:
    spec = task.target.plan.spec
    return FormatUsed(
        name=spec.format.value,
        options=to_json(spec)["options"],
        compression=spec.compression.value,
        codec=task.target.plan.codec or spec.codec,
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


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
