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
from domain.ports import DataKeys, FileBroken, FileMissing, Files, KeyDestroyed, SealedFiles
from domain.waybills import Digest
from processors.content_digests import ContentDigest
from processors.render_chunks import FileTarget, Rendered, RenderTask, file_target, render
from processors.renderers import Frame, Totals, prepare

_NO_KEY = bytes(32)
"""What is rendered here is sealed with nothing, as it is not stored."""


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
    """Where an export's objects lie."""

    files: Files
    sealed: SealedFiles
    keys: DataKeys


def reproduce(export_id: UUID, export: Export, file: str, stored: Stored) -> Iterator[Compared]:
    """One comparison for each part, then the file, its content and its waybill; a part at a time
    in memory. Raises `NothingToReproduce`, `StagedRowsGone`, and `CodecMismatch` when this release
    writes other bytes than the one that planned."""
    assembled = export.assembled.get(file)
    if assembled is None or export.plan is None or export.extraction is None:
        raise NothingToReproduce(file)
    target = file_target(export, file, _NO_KEY)
    frame = prepare(target.plan)
    again = _Again(ContentDigest(target.plan.spec.compression))
    yield from _parts(export_id, export, target, frame, again, stored)
    yield Compared(
        what="file",
        recorded=f"{assembled.size} {assembled.sha256}",
        found=f"{again.size} {again.sha256}",
    )
    content = again.content.digest(again.sha256)
    yield Compared(what="content", recorded=assembled.content_sha256, found=content.sha256)
    yield from _waybill(export_id, export, assembled, again, content, stored)


@dataclass(slots=True)
class _Again:
    """The file as it comes out this time."""

    content: ContentDigest
    size: int = 0
    chunks: list[dict[str, Any]] = field(default_factory=list)
    _sha256: Any = field(default_factory=hashlib.sha256)

    @property
    def sha256(self) -> str:
        return str(self._sha256.hexdigest())

    def take(self, data: bytes) -> None:
        self._sha256.update(data)
        self.content.take(data)
        self.size += len(data)


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


def _parts(
    export_id: UUID,
    export: Export,
    target: FileTarget,
    frame: Frame,
    again: _Again,
    stored: Stored,
) -> Iterator[Compared]:
    key = _staging_key(export_id, stored)
    rows = rejected = 0
    again.take(frame.head())
    for recorded in export.parts(target.name):
        done = _rendered(export_id, export, recorded, target, key, again, stored)
        if isinstance(done, str):
            yield Compared(what=_chunk(recorded), recorded=recorded.sha256, found=done)
            continue
        rows, rejected = rows + done.rows, rejected + done.rejected
        yield Compared(what=_chunk(recorded), recorded=_said(recorded), found=_said(done))
    again.take(frame.tail(Totals(rows=rows, rejected=rejected)))


def _rendered(
    export_id: UUID,
    export: Export,
    recorded: ChunkRendered,
    target: FileTarget,
    staging_key: bytes,
    again: _Again,
    stored: Stored,
) -> Rendered | str:
    """A text where the staged rows aren't what was staged."""
    assert export.plan is not None  # noqa: S101 - see `reproduce`
    task = RenderTask(
        export_id=export_id,
        attempt=recorded.attempt,
        index=recorded.index,
        chunk_rows=export.plan.chunk_rows,
        staging_key=staging_key,
        staged_sha256=export.staged[recorded.index].sha256,
        target=target,
    )
    rehearsal = _Rehearsal(stored.sealed)
    try:
        done = render(task, rehearsal)
    except FileMissing as error:
        raise StagedRowsGone from error
    except FileBroken:
        return "its staged rows are not those that were staged"
    data = rehearsal.kept[layout.part(export_id, recorded.attempt, target.name, recorded.index)]
    again.take(data)
    again.chunks.append(
        {
            "index": done.index,
            "rows": done.rows,
            "rejected": done.rejected,
            "bytes": done.size,
            "sha256": done.sha256,
        }
    )
    return done


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
    content: Digest,
    stored: Stored,
) -> Iterator[Compared]:
    """The signed statement: the one that was recorded, and about this very file."""
    try:
        signed = stored.files.get(layout.waybill(export_id, export.attempt, assembled.file))
    except FileMissing:
        yield Compared(what="waybill", recorded=assembled.waybill_sha256, found="it is missing")
        return
    found = hashlib.sha256(signed).hexdigest()
    yield Compared(what="waybill", recorded=assembled.waybill_sha256, found=found)
    if found == assembled.waybill_sha256:
        said = json.loads(signed)["waybill"]
        made = {"bytes": again.size, "sha256": again.sha256}
        yield _claim("file", {n: said["file"][n] for n in made}, made)
        made = {"bytes": content.bytes, "sha256": content.sha256}
        yield _claim("content", said["content"], made)
        yield _claim("chunks", said["parts"]["chunks"], again.chunks)


def _claim(what: str, said: Any, made: Any) -> Compared:
    return Compared(what=f"waybill's {what}", recorded=_digest(said), found=_digest(made))


def _digest(value: Any) -> str:
    """Of a waybill's member, in one form."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _chunk(recorded: ChunkRendered) -> str:
    return f"chunk {recorded.index}"


def _said(part: ChunkRendered | Rendered) -> str:
    return f"{part.rows} {part.rejected} {part.size} {part.sha256}"
