"""One command and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain.acts import Act
from domain.downloads.events import Via
from domain.exports.failures import Reason
from domain.exports.state import Status
from projections.shown import ShownField, ShownSheet


class Result(StrEnum):
    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """`entry` is the sequence number of the event that told of the command, within its aggregate:
    an export, a download, a refusal or a key. `by`, `holder` and `purpose` refer to the vault, as
    do the sealed values in `filter`. `by` is None where the operator asked at the command line.

    Of a request: `dataset`, `fields`, `filter`, `sentence` (the filter in words, once it is
    planned), those of further datasets in `sheets`, `purpose`, `files`. Of a request and a retry:
    `outcome`, how that run ended, with `failure` and `ended_at`. Of a link: `expires_at`. Of a
    download: `number` within its grant, `first` and `length` in bytes, `sent` and `ended_at` once
    it has ended. Of a refusal: `problem`, `status`; of several that were left out: `omitted`, since
    `since`. Of a key: `key_id`; of one that was made also its `holder`, `scopes` and `expires_at`.

    `open`: a later event may change this row, or is understood by it. `position` is the place of
    the command's event in the log."""

    aggregate_id: UUID
    entry: int
    open: bool
    position: int
    workspace: str
    at: datetime
    by: UUID | None
    act: Act
    result: Result
    export_id: UUID | None = None
    dataset: str | None = None
    fields: tuple[ShownField, ...] = ()
    filter: Mapping[str, Any] | None = None
    sentence: str | None = None
    sheets: tuple[ShownSheet, ...] = ()
    purpose: UUID | None = None
    files: tuple[str, ...] = ()
    outcome: Status | None = None
    failure: Reason | None = None
    ended_at: datetime | None = None
    file: str | None = None
    via: Via | None = None
    expires_at: datetime | None = None
    number: int | None = None
    first: int | None = None
    length: int | None = None
    sent: int | None = None
    problem: str | None = None
    status: int | None = None
    omitted: int | None = None
    since: datetime | None = None
    key_id: UUID | None = None
    holder: UUID | None = None
    scopes: tuple[str, ...] = ()
