"""Exports: request one, list them, show one with its events, and steer it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Header, Query, Request, Response

from api import cursors
from api.auth import EventReader, Ports, Reader, Writer
from api.bodies import reads, takes
from api.intake import Accepted, accept
from api.lines import AS_LINES, lines, wants_lines
from api.models.exports import EventPage, EventView, ExportDetail, ExportPage
from api.models.requests import ExportRequest
from api.ports import ApiPorts
from api.present import Present, Shown
from api.refused import asked
from api.routing import routes
from api.steering import steer
from api.views import export_detail, export_path, export_view
from domain.access import ApiKey, Scope
from domain.exports.commands import (
    CancelExport,
    ExportCommand,
    PauseExport,
    ResumeExport,
    RetryExport,
)
from domain.exports.state import Status
from domain.ports import Recorded
from projections.history import HistoryFilters
from schemas.public import public_payload
from schemas.registry import name_of

router = routes("exports")

IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=255,
        pattern=r"^[\x20-\x7e]+$",
        description="A repeat with the same body is answered the same and makes no second export.",
    ),
]
IfMatch = Annotated[str | None, Header(description="The ETag that the export must still have.")]
Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str | None, Query(max_length=400)]
Text = Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]*$")]


@router.post(
    "/v1/exports",
    status_code=202,
    response_model=ExportDetail,
    openapi_extra=takes(ExportRequest),
    summary="Request an export",
)
async def request_export(
    request: Request,
    response: Response,
    key: Writer,
    ports: Ports,
    body: Annotated[ExportRequest, reads(ExportRequest)],
    idempotency_key: IdempotencyKey = None,
) -> ExportDetail:
    asked(request).dataset = body.dataset if ports.sources.find(body.dataset) else None
    accepted = await asyncio.to_thread(accept, ports, key, body, idempotency_key)
    response.headers.update(_acceptance(accepted))
    return await asyncio.to_thread(_detail, ports, key, accepted.shown)


@router.get("/v1/exports", summary="List exports")
async def list_exports(
    key: Reader,
    ports: Ports,
    status: Annotated[list[Status] | None, Query()] = None,
    dataset: Text = None,
    requested_by: Annotated[UUID | None, Query()] = None,
    since: Annotated[datetime | None, Query(alias="from")] = None,
    until: Annotated[datetime | None, Query(alias="to")] = None,
    q: Text = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ExportPage:
    filters = HistoryFilters(
        statuses=frozenset(status or ()),
        dataset=dataset,
        requested_by=requested_by,
        since=with_zone(since),
        until=with_zone(until),
        q=q or "",
    )
    return await asyncio.to_thread(_page, ports, key.workspace, filters, limit, cursor)


@router.get("/v1/exports/{export_id}", summary="Show an export")
async def show_export(
    request: Request, response: Response, export_id: UUID, key: Reader, ports: Ports
) -> ExportDetail:
    shown = await asyncio.to_thread(present(request).find, key.workspace, export_id)
    response.headers["ETag"] = etag(shown.row.version)
    return await asyncio.to_thread(_detail, ports, key, shown)


@router.get(
    "/v1/exports/{export_id}/events",
    summary="An export's stored events",
    response_model=EventPage,
    responses=AS_LINES,
)
async def list_events(
    request: Request,
    export_id: UUID,
    key: EventReader,
    ports: Ports,
    after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 200,
) -> EventPage | Response:
    """As JSON Lines all events behind `after` come in one answer."""
    await asyncio.to_thread(present(request).find, key.workspace, export_id)
    if wants_lines(request):
        return await lines(_all_events(ports, export_id, after))
    return await asyncio.to_thread(_events, ports, export_id, after, limit)


def _steering(act: str, what: str, command: Callable[[UUID, datetime], ExportCommand]) -> None:
    async def endpoint(
        request: Request,
        response: Response,
        export_id: UUID,
        key: Writer,
        ports: Ports,
        if_match: IfMatch = None,
    ) -> ExportDetail:
        await asyncio.to_thread(present(request).find, key.workspace, export_id)
        await asyncio.to_thread(steer, ports, key, export_id, command, if_match)
        return await show_export(request, response, export_id, key, ports)

    router.add_api_route(
        f"/v1/exports/{{export_id}}/{act}",
        endpoint,
        methods=["POST"],
        name=f"{act}_export",
        summary=what,
    )


_steering("cancel", "Cancel an export", lambda by, at: CancelExport(by=by, at=at))
_steering("pause", "Pause an export", lambda by, at: PauseExport(by=by, at=at))
_steering("resume", "Resume a paused export", lambda by, at: ResumeExport(by=by, at=at))
_steering(
    "retry",
    "Retry a failed or cancelled export; only what is missing is done again",
    lambda by, at: RetryExport(by=by, at=at),
)


def present(request: Request) -> Present:
    """The exports as they are now."""
    found: Present = request.app.state.present
    return found


def with_zone(at: datetime | None) -> datetime | None:
    """A time without a zone is meant in UTC."""
    return at if at is None or at.tzinfo is not None else at.replace(tzinfo=UTC)


def row_cursor(ports: ApiPorts, of: str, cursor: str) -> tuple[datetime, UUID]:
    """Where a page of rows that are named by ids begins."""
    at, row_id = cursors.read(ports.secret, of, cursor)
    return at, UUID(row_id)


def etag(version: int) -> str:
    return f'"{version}"'


def _acceptance(accepted: Accepted) -> dict[str, str]:
    row = accepted.shown.row
    headers = {"Location": export_path(row.export_id), "ETag": etag(row.version)}
    return {**headers, "Idempotency-Replayed": "true"} if accepted.replayed else headers


def _detail(ports: ApiPorts, key: ApiKey, shown: Shown) -> ExportDetail:
    purpose, detail = shown.row.purpose, shown.row.detail
    return export_detail(
        shown,
        ports.clock(),
        purpose=None if purpose is None else ports.vault.reveal(purpose),
        detail=(
            None
            if detail is None or Scope.DOWNLOADS not in key.scopes
            else ports.vault.reveal(detail)
        ),
    )


def _page(
    ports: ApiPorts, workspace: str, filters: HistoryFilters, limit: int, cursor: str | None
) -> ExportPage:
    of = f"exports {workspace} {_fingerprint(filters)}"
    after = None if cursor is None else row_cursor(ports, of, cursor)
    rows = ports.history.page(workspace, filters, after, limit + 1)
    more = len(rows) > limit
    last = rows[:limit][-1] if more else None
    return ExportPage(
        items=[export_view(row, ports.clock()) for row in rows[:limit]],
        next_cursor=(
            None
            if last is None
            else cursors.issue(ports.secret, of, last.requested_at, str(last.export_id))
        ),
    )


def _fingerprint(filters: HistoryFilters) -> str:
    return repr(
        (
            sorted(filters.statuses),
            filters.dataset,
            filters.requested_by,
            filters.since,
            filters.until,
            filters.q,
        )
    )


def _events(ports: ApiPorts, export_id: UUID, after: int, limit: int) -> EventPage:
    recorded = ports.store.read(export_id, after=after)
    shown = recorded[:limit]
    return EventPage(
        items=_views(ports, shown),
        next_after=shown[-1].version if len(recorded) > limit else None,
    )


def _all_events(ports: ApiPorts, export_id: UUID, after: int) -> Iterator[Sequence[EventView]]:
    yield _views(ports, ports.store.read(export_id, after=after))


def _views(ports: ApiPorts, recorded: Sequence[Recorded]) -> list[EventView]:
    epoch = ports.store.epoch()
    return [
        EventView(
            sequence=each.version,
            position=each.position,
            epoch=epoch,
            type=name_of(each.event),
            at=each.event.at,
            data=public_payload(each.event),
        )
        for each in recorded
    ]
