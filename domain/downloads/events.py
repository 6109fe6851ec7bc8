"""What can happen to a download. `number` counts the transfers under one grant from 1: a download
manager that resumes starts several."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID


class Via(StrEnum):
    """How the caller showed who it is: by a key of its own, or by a ticket it was given."""

    KEY = "key"
    TICKET = "ticket"


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadGranted:
    """`file` is the file's name in its export; `waybill` files are granted under `NAME.waybill`,
    and `bundle` is all files with what lies beside them. `expires_at` is None for a grant that is
    used at once."""

    workspace: str
    export_id: UUID
    file: str
    granted_to: UUID
    via: Via
    expires_at: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadStarted:
    """Recorded before the first byte. `first` is the first byte's offset, `length` how many
    bytes were asked for."""

    number: int
    first: int
    length: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadEnded:
    """`sent` bytes left the service; fewer than asked for when the client went away."""

    number: int
    sent: int
    at: datetime


DownloadEvent: TypeAlias = DownloadGranted | DownloadStarted | DownloadEnded
