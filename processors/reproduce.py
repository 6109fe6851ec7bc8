"""Renders an export's file again from its staged rows and compares it with what was recorded: the
same rows and the same plan give the same bytes, or somebody has changed something. Nothing is
stored."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from domain import layout
from domain.exports.events import ChunkRendered, FileAssembled
from domain.exports.state import Export
from domain.fonts import Fonts
from domain.ports import DataKeys, FileBroken, FileMissing, Files, KeyDestroyed, SealedFiles
from processors.joining import Chunk, Joining
from processors.render_chunks import (
    FileTarget,
    Rendered,
    RenderTask,
    file_target,
    render,
    render_task,
)
from processors.renderers import Frame, prepare
from processors.stored_parts import StoredParts


class NothingToReproduce(Exception):
    """This export has no complete file of this name, so there is nothing to compare with."""


class StagedRowsGone(Exception):
    """The rows that this export was made of are gone. They are kept, sealed, until its retention
    ends: before that, somebody or an older release has removed them. Its waybills and events go on
    saying what was in its files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """`what` was looked at; `recorded` and `found` are digests, or say what there is instead."""

    what: str
    recorded: str
    found: str

    @property
    def same(self) -> bool:
        return self.recorded == self.found


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """Where an export's objects lie, and the further fonts that PDFs are drawn with."""

    files: Files
    sealed: SealedFiles
    keys: DataKeys
    fonts: Fonts = ()


def reproduce(export_id: UUID, export: Export, file: str, stored: Stored) -> Iterator[Compared]:
    """One comparison for each part, then the file, its content and its waybill; a part at a time
    in memory. Raises `NothingToReproduce`, `StagedRowsGone`, and `CodecMismatch` when this release
    writes other bytes than the one that planned."""
    assembled = export.assembled.get(file)
    if assembled is None or export.plan is None or export.extraction is None:
        raise NothingToReproduce(file)
    again = _Again(
        export_id,
        export,
        file_target(export_id, export, file, _key(export_id, file, stored), stored.fonts),
        stored,
    )
    yield from again.parts()
    joining = again.joining
    yield Compared(
        what="file",
        recorded=f"{assembled.size} {assembled.sha256}",
        found=f"{joining.size} {joining.sha256}",
    )
    content = joining.content
    yield Compared(what="content", recorded=assembled.content_sha256, found=content.sha256)
    yield from _waybill(export_id, export, assembled, again, stored)


class _Again:
    """The file as it comes out this time."""

    def __init__(self, export_id: UUID, export: Export, target: FileTarget, stored: Stored) -> None:
        self._export_id, self._export, self._target = export_id, export, target
        self._stored = stored
        self._staging_key = _staging_key(export_id, stored)
        self._recorded = export.parts(target.name)
        self._compared: list[Compared] = []
        self.rendered: dict[int, Rendered] = {}
        frame = prepare(target.plan)
        self._notes = frame.notes
        self.joining = Joining(frame, self._chunks(frame), self._part, target.plan.spec.compression)

    def parts(self) -> Iterator[Compared]:
        """Each is rendered when the file has come to it."""
        for _ in self.joining.pieces():
            yield from self._compared
            self._compared.clear()
        yield from self._compared

    def _chunks(self, frame: Frame) -> list[Chunk]:
        """As they were stored, but for what nobody has checked yet: their bytes."""
        parts = StoredParts(self._export_id, self._target, self._recorded, self._stored.sealed)
        try:
            return [Chunk(made=chunk.made) for chunk in parts.chunks(frame)]
        except FileMissing as error:
            raise StagedRowsGone from error

    def _part(self, number: int) -> bytes:
        recorded = self._recorded[number]
        rehearsal = _Rehearsal(self._stored.sealed)
        try:
            done = render(self._task(recorded), rehearsal)
        except FileMissing as error:
            raise StagedRowsGone from error
        except FileBroken:
            broken = "its staged rows are not those that were staged"
            self._compare(_chunk(recorded), recorded.sha256, broken)
            return b""
        self.rendered[number] = done
        self._compare(_chunk(recorded), _said(recorded), _said(done))
        place = self._export_id, recorded.attempt, self._target.name, recorded.index
        if self._notes:
            self._compare_notes(recorded, rehearsal.kept[layout.notes(*place)])
        return rehearsal.kept[layout.part(*place)]

    def _compare_notes(self, recorded: ChunkRendered, found: bytes) -> None:
        key = layout.notes(self._export_id, recorded.attempt, recorded.file, recorded.index)
        stored = self._stored.sealed.get(key, self._target.data_key)
        self._compare(f"{_chunk(recorded)}'s notes", _sha256(stored), _sha256(found))

    def _compare(self, what: str, recorded: str, found: str) -> None:
        self._compared.append(Compared(what=what, recorded=recorded, found=found))

    def _task(self, recorded: ChunkRendered) -> RenderTask:
        return render_task(
            self._export_id,
            self._export,
            recorded.index,
            staging_key=self._staging_key,
            staged_sha256=self._export.staged[recorded.index].sha256,
            target=self._target,
        )

    def shares(self) -> list[dict[str, Any]]:
        """What a waybill says of the chunks."""
        return [
            {
                "index": number,
                "rows": self.rendered[number].rows,
                "rejected": self.rendered[number].rejected,
                "bytes": share.bytes,
                "sha256": share.sha256,
            }
            for number, share in enumerate(self.joining.shares[1:-1])
            if number in self.rendered
        ]


@dataclass(slots=True)
class _Rehearsal:
    """Satisfies `SealedFiles`: reads what is stored and keeps what would be put."""

    sealed: SealedFiles
    kept: dict[str, bytes] = field(default_factory=dict)

    def put(self, key: str, data_key: bytes, data: bytes) -> int:
        self.kept[key] = data
        return self.sealed_size(len(data))

    def get(self, key: str, data_key: bytes) -> bytes:
        return self.sealed.get(key, data_key)

    def sealed_size(self, size: int) -> int:
        return self.sealed.sealed_size(size)


def _key(export_id: UUID, file: str, stored: Stored) -> bytes:
    try:
        return stored.keys.obtain(layout.file_key(export_id, file))
    except KeyDestroyed as error:
        raise StagedRowsGone from error


def _staging_key(export_id: UUID, stored: Stored) -> bytes:
    try:
        return stored.keys.obtain(layout.staging_key(export_id))
    except KeyDestroyed as error:
        raise StagedRowsGone from error


def _waybill(
    export_id: UUID,
    export: Export,
    assembled: FileAssembled,
    again: _Again,
    stored: Stored,
) -> Iterator[Compared]:
    """The signed statement: the one that was recorded, and about this very file."""
    try:
        signed = stored.files.get(layout.waybill(export_id, export.attempt, assembled.file))
    except FileMissing:
        yield Compared(what="waybill", recorded=assembled.waybill_sha256, found="it is missing")
        return
    found = _sha256(signed)
    yield Compared(what="waybill", recorded=assembled.waybill_sha256, found=found)
    if found == assembled.waybill_sha256:
        said = json.loads(signed)["waybill"]
        made = {"bytes": again.joining.size, "sha256": again.joining.sha256}
        yield _claim("file", {n: said["file"][n] for n in made}, made)
        content = again.joining.content
        made = {"bytes": content.bytes, "sha256": content.sha256}
        yield _claim("content", said["content"], made)
        yield _claim("chunks", said["parts"]["chunks"], again.shares())


def _claim(what: str, said: Any, made: Any) -> Compared:
    return Compared(what=f"waybill's {what}", recorded=_digest(said), found=_digest(made))


def _digest(value: Any) -> str:
    """Of a waybill's member, in one form."""
    return _sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode())


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _chunk(recorded: ChunkRendered) -> str:
    return f"chunk {recorded.index}"


def _said(part: ChunkRendered | Rendered) -> str:
    return f"{part.rows} {part.rejected} {part.size} {part.sha256}"
