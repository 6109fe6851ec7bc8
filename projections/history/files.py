"""The files of an export as its row shows them, and how events change them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeAlias

from domain.exports.events import ChunkRendered, FileAssembled, FileDestroyed
from projections.texts import storable


class FileStatus(StrEnum):
    """An assembled file can be downloaded once its export is ready."""

    WAITING = "waiting"
    RENDERING = "rendering"
    ASSEMBLED = "assembled"
    DESTROYED = "destroyed"


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryFile:
    """`parts`, `rows`, `rejected` and `size` (bytes) grow while chunks are rendered, in this
    attempt; the assembled file has its own size and digest (hex)."""

    name: str
    status: FileStatus = FileStatus.WAITING
    parts: int = 0
    rows: int = 0
    rejected: int = 0
    size: int = 0
    sha256: str | None = None

    @property
    def assembled(self) -> bool:
        return self.status in {FileStatus.ASSEMBLED, FileStatus.DESTROYED}


Files: TypeAlias = tuple[HistoryFile, ...]


def rendered(files: Files, event: ChunkRendered) -> Files:
    return _changed(
        files,
        event.file,
        lambda file: replace(
            file,
            status=FileStatus.RENDERING,
            parts=file.parts + 1,
            rows=file.rows + event.rows,
            rejected=file.rejected + event.rejected,
            size=file.size + event.size,
        ),
    )


def assembled(files: Files, event: FileAssembled) -> Files:
    return _changed(
        files,
        event.file,
        lambda file: replace(
            file,
            status=FileStatus.ASSEMBLED,
            rows=event.rows,
            rejected=event.rejected,
            size=event.size,
            sha256=event.sha256,
        ),
    )


def destroyed(files: Files, event: FileDestroyed) -> Files:
    return _changed(files, event.file, lambda file: replace(file, status=FileStatus.DESTROYED))


def _changed(files: Files, name: str, change: Callable[[HistoryFile], HistoryFile]) -> Files:
    name = storable(name)
    return tuple(change(file) if file.name == name else file for file in files)
