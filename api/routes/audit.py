"""The audit: every command and what came of it, refused ones too."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request
from starlette.responses import Response

from api import cursors
from api.auth import Auditor, Ports
from api.lines import AS_LINES, lines, wants_lines
from api.models.audit import AuditPage, AuditView
from api.ports import ApiPorts
from api.routes.exports import Cursor, Limit, Text, with_zone
from api.routing import routes
from api.views import audit_view
from domain.acts import Act
from domain.exports.state import Status
from projections.audit import AuditCursor, AuditFilters, AuditRow, Result

router = routes("audit")

_PAGE = 500
"""Rows in memory at once where all are asked for."""


@router.get(
    "/v1/audit/events",
    summary="Every command and what came of it",
    response_model=AuditPage,
    responses=AS_LINES,
)
async def list_audit(
    request: Request,
    key: Auditor,
    ports: Ports,
    by: Annotated[UUID | None, Query()] = None,
    act: Annotated[list[Act] | None, Query()] = None,
    dataset: Text = None,
    export: Annotated[UUID | None, Query()] = None,
    key_id: Annotated[UUID | None, Query(alias="key")] = None,
    since: Annotated[datetime | None, Query(alias="from")] = None,
    until: Annotated[datetime | None, Query(alias="to")] = None,
    result: Annotated[Result | None, Query()] = None,
    outcome: Annotated[Status | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> AuditPage | Response:
    """The last first. As JSON Lines all pages come in one answer, from `cursor` on."""
    filters = AuditFilters(
        by=by,
        acts=frozenset(act or ()),
        dataset=dataset,
        export_id=export,
        key_id=key_id,
        since=with_zone(since),
        until=with_zone(until),
        result=result,
        outcome=outcome,
    )
    if wants_lines(request):
        return await lines(_all(ports, key.workspace, filters, cursor))
    return await asyncio.to_thread(_page, ports, key.workspace, filters, limit, cursor)


def _page(
    ports: ApiPorts, workspace: str, filters: AuditFilters, limit: int, cursor: str | None
) -> AuditPage:
    of = _list(workspace, filters)
    rows = ports.audit.page(workspace, filters, _read(ports, of, cursor), limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    return AuditPage(
        items=[audit_view(row) for row in rows[:limit]],
        next_cursor=(
            None if last is None else cursors.issue(ports.secret, of, last.at, str(last.position))
        ),
    )


def _all(
    ports: ApiPorts, workspace: str, filters: AuditFilters, cursor: str | None
) -> Iterator[Sequence[AuditView]]:
    after = _read(ports, _list(workspace, filters), cursor)
    while rows := ports.audit.page(workspace, filters, after, _PAGE):
        yield [audit_view(row) for row in rows]
        after = _place(rows[-1])


def _read(ports: ApiPorts, of: str, cursor: str | None) -> AuditCursor | None:
    if cursor is None:
        return None
    at, position = cursors.read(ports.secret, of, cursor)
    return at, int(position)


def _place(row: AuditRow) -> AuditCursor:
    return row.at, row.position


def _list(workspace: str, filters: AuditFilters) -> str:
    """What a cursor belongs to."""
    shown = {name: getattr(filters, name) for name in AuditFilters.__slots__}
    return f"audit {workspace} {shown | {'acts': sorted(filters.acts)}}"
