"""The audit as clients see it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

from api.models.exports import NamedField, SheetView
from domain.acts import Act
from domain.exports.failures import Reason
from domain.exports.state import Status
from projections.audit import Result


class AuditSheet(SheetView):
    """A request's further dataset; sealed values in `filter` are references."""

    filter: dict[str, Any] | None


class AuditView(BaseModel):
    """One command and what came of it. `id` names the command for good; `position` is its event's
    place in the log. `by`, `holder` and `purpose` are references into the vault, as are sealed
    values in `filter`. `by` is null where the installation's operator asked at the command line.

    A request tells `fields`, `filter`, `filter_sentence`, those of further datasets in `sheets`,
    `purpose` and `files`; a request and a retry how that run ended, in `outcome` (null while it
    runs), `failure` and `ended_at`. A download tells `file`, `via`, the `first` byte and the
    `length` that were asked for, and how many bytes were `sent` once it has ended. A key that was
    made or revoked tells `key_id`; one that was made also under which reference its acts are
    recorded (`holder`), its `scopes` and `expires_at`. A refusal tells `problem` and `status`; the
    act `several` how many more of the same caller were `omitted` since `since`."""

    id: str
    position: int
    at: datetime
    by: UUID | None
    act: Act
    result: Result
    export_id: UUID | None
    dataset: str | None
    fields: list[NamedField]
    filter: dict[str, Any] | None
    filter_sentence: str | None
    sheets: list[AuditSheet]
    purpose: UUID | None
    files: list[str]
    outcome: Status | None
    failure: Reason | None
    ended_at: datetime | None
    file: str | None
    via: Literal["key", "ticket"] | None
    expires_at: datetime | None
    first: int | None
    length: int | None
    sent: int | None
    problem: str | None
    status: int | None
    omitted: int | None
    since: datetime | None
    key_id: UUID | None
    holder: UUID | None
    scopes: list[str]


class AuditPage(BaseModel):
    """The last first. `next_cursor` is null on the last page."""

    items: list[AuditView]
    next_cursor: str | None
