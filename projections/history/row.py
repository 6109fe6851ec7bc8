"""One export as people see it in a list, with its progress in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.exports.failures import Reason
from domain.exports.state import READY, TERMINAL, Status
from domain.priority import Priority
from projections.history.files import HistoryFile
from projections.shown import ShownField, ShownSheet


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRow:
    """`dataset`, `fields` and `sentence` are the first dataset's, `sheets` tell of the others.
    `requested_by`, `purpose` and `detail` refer to the vault. What is counted belongs to the
    current attempt; `rows_total`, `chunks_total` and `matched` are None until the extraction has
    finished. `ended_at`, `expires_at`, `reason` and `detail` are those of the present run: a retry
    clears them. `started_at` is the first extraction's. `version` is the sequence number of the
    last event, `position` its place in the log."""

    export_id: UUID
    workspace: str
    requested_by: UUID
    purpose: UUID | None
    dataset: str
    dataset_label: str | None = None
    fields: tuple[ShownField, ...]
    sentence: str | None = None
    sheets: tuple[ShownSheet, ...] = ()
    files: tuple[HistoryFile, ...]
    priority: Priority

    extracting: bool = False
    paused: bool = False
    ending: Status | None = None
    reason: Reason | None = None
    detail: UUID | None = None
    attempt: int = 0
    retries: int = 0

    row_cap: int | None = None
    estimated_rows: int | None = None
    matched: int | None = None
    rows_total: int | None = None
    rows_staged: int = 0
    bytes_staged: int = 0
    chunks_staged: int = 0
    chunks_total: int | None = None

    requested_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    expires_at: datetime | None = None
    expired_at: datetime | None = None
    changed_at: datetime

    version: int
    position: int

    @property
    def status(self) -> Status:
        """The same as `domain.exports.state.Export.status` of the same events."""
        if self.expired_at is not None:
            return Status.EXPIRED
        if self.ending is not None:
            return self.ending
        if self.paused:
            return Status.PAUSED
        if self.chunks_total is not None:
            return Status.RENDERING
        return Status.EXTRACTING if self.extracting else Status.QUEUED

    @property
    def ready(self) -> bool:
        return self.status in READY

    @property
    def terminal(self) -> bool:
        return self.status in TERMINAL

    @property
    def parts_rendered(self) -> int:
        return sum(file.parts for file in self.files)

    @property
    def parts_total(self) -> int | None:
        return None if self.chunks_total is None else self.chunks_total * len(self.files)

    @property
    def rows_written(self) -> int:
        """Rows that every file has by now; of a ready export, what its completion says."""
        return min((file.rows for file in self.files), default=0)

    @property
    def rows_rejected(self) -> int:
        """Rows that some file lacks, each listed in that file's sidecar."""
        return max((file.rejected for file in self.files), default=0)

    @property
    def bytes_written(self) -> int:
        return sum(file.size for file in self.files)

    @property
    def fraction(self) -> float | None:
        """How much is done, from 0 to 1: parts rendered and files assembled, of all there will be.

        None while the extraction still finds rows, as the total is not known. 1 only when every
        file is assembled."""
        if self.chunks_total is None or not self.files:
            return None
        done = sum(min(file.parts, self.chunks_total) + file.assembled for file in self.files)
        return done / (len(self.files) * (self.chunks_total + 1))
