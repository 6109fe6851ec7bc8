"""One grant to download a file, and what was fetched under it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from domain.downloads.events import Via

Span: TypeAlias = tuple[int, int]
"""Bytes of a file: the first one's offset, and the offset behind the last one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTransfer:
    """A transfer that has started and not ended, from byte `first` on."""

    number: int
    first: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadRow:
    """`granted_to` refers to the vault. `transfers` counts the starts, `bytes_sent` what left the
    service in those that ended. `asked_to` is the offset behind the last byte that was asked for;
    `sent` the spans that were sent, in order and merged. `version` is the sequence number of the
    last event, `position` its place in the log."""

    download_id: UUID
    workspace: str
    export_id: UUID
    file: str
    granted_to: UUID
    via: Via
    granted_at: datetime
    expires_at: datetime | None
    transfers: int = 0
    bytes_sent: int = 0
    asked_to: int = 0
    sent: tuple[Span, ...] = ()
    open: tuple[OpenTransfer, ...] = ()
    last_started_at: datetime | None = None
    last_ended_at: datetime | None = None
    version: int
    position: int

    @property
    def complete(self) -> bool:
        """Every byte from the first to the last one asked for was sent, in however many
        transfers and in whatever order."""
        covered = self.sent[0] if self.sent else (0, 0)
        return self.last_ended_at is not None and covered == (0, self.asked_to)
