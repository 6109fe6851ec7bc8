"""An export's files: what there is, and the bytes for callers with a key."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import Request, Response

from api import cursors
from api.auth import Downloader, Ports, Reader
from api.bodies import reads, takes
from api.contents import Stored, content_of, granted_name, ready_file
from api.delivery import Transfer, deliver, head, started
from api.models.exports import DownloadPage, FileView, TicketView
from api.models.requests import TicketRequest
from api.ports import ApiPorts, Ticket
from api.present import Shown
from api.routes.exports import Cursor, Limit, present, row_cursor
from api.routing import routes
from api.views import download_view, export_path, file_view
from domain.access import ApiKey
from domain.downloads.decide import GrantDownload, StartDownload
from domain.downloads.events import Via

router = routes("files")

BYTES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The bytes.", "content": {"application/octet-stream": {}}},
    206: {"description": "The range that was asked for."},
}


@router.get("/v1/exports/{export_id}/files", summary="An export's files")
async def list_files(request: Request, export_id: UUID, key: Reader) -> list[FileView]:
    shown = await asyncio.to_thread(present(request).find, key.workspace, export_id)
    return [file_view(shown.row, file) for file in shown.row.files]


def _fetching(path: str, part: Stored, what: str) -> None:
    async def fetch(
        request: Request, export_id: UUID, file: str, key: Downloader, ports: Ports
    ) -> Response:
        shown = await asyncio.to_thread(present(request).find, key.workspace, export_id)
        content = await asyncio.to_thread(content_of, ports, shown, file, part)
        if request.method == "HEAD":
            return head(content)
        begin = partial(begin_by_key, ports, key, export_id, granted_name(file, part))
        return await deliver(request, ports, content, begin)

    for method in ("GET", "HEAD"):
        router.add_api_route(
            path,
            fetch,
            methods=[method],
            name=f"{method.lower()}_{part}",
            summary=what,
            response_class=Response,
            responses=BYTES,
            include_in_schema=method == "GET",
        )


_FILE = "/v1/exports/{export_id}/files/{file}"
_fetching(_FILE, "file", "Download a file")
_fetching(f"{_FILE}/waybill", "waybill", "Download a file's signed waybill")
_fetching(f"{_FILE}/rejections", "rejections", "Download the list of a file's rejected rows")


@router.post(
    "/v1/exports/{export_id}/files/{file}/tickets",
    status_code=201,
    response_model=TicketView,
    openapi_extra=takes(TicketRequest),
    summary="Make a link that needs no key",
)
async def make_ticket(
    request: Request,
    response: Response,
    export_id: UUID,
    file: str,
    key: Downloader,
    ports: Ports,
    body: Annotated[TicketRequest, reads(TicketRequest)],
) -> TicketView:
    shown = await asyncio.to_thread(present(request).find, key.workspace, export_id)
    ready_file(shown, file, ports.clock())
    view = await asyncio.to_thread(ticket_for, ports, key, shown, file, body.expires_in)
    response.headers["Location"] = view.url
    return view


@router.get("/v1/exports/{export_id}/downloads", summary="Who fetched an export's files")
async def list_downloads(
    request: Request,
    export_id: UUID,
    key: Reader,
    ports: Ports,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> DownloadPage:
    await asyncio.to_thread(present(request).find, key.workspace, export_id)
    return await asyncio.to_thread(_downloads, ports, key.workspace, export_id, limit, cursor)


def begin_by_key(
    ports: ApiPorts, key: ApiKey, export_id: UUID, name: str, start: StartDownload
) -> Transfer:
    """Grant and start in one append: a key is shown with each request."""
    download_id = uuid4()
    grant = GrantDownload(
        workspace=key.workspace,
        export_id=export_id,
        file=name,
        granted_to=ports.vault.subject(key.workspace, str(key.principal)),
        via=Via.KEY,
        expires_at=None,
        at=start.at,
    )
    return started(download_id, ports.downloads.execute(download_id, grant, start))


def ticket_for(
    ports: ApiPorts, key: ApiKey, shown: Shown, file: str, expires_in: int
) -> TicketView:
    """A link to what is recorded under the name `file`, once it is known to be ready."""
    now = ports.clock()
    expires_at = _expiry(now, expires_in, shown.row.expires_at)
    actor = ports.vault.subject(key.workspace, str(key.principal))
    ticket = Ticket(
        download_id=uuid4(),
        export_id=shown.row.export_id,
        file=file,
        workspace=key.workspace,
        principal=actor,
        expires_at=expires_at,
    )
    text = ports.tickets.issue(ticket)
    grant = GrantDownload(
        workspace=key.workspace,
        export_id=ticket.export_id,
        file=file,
        granted_to=actor,
        via=Via.TICKET,
        expires_at=expires_at,
        at=now,
    )
    ports.downloads.execute(ticket.download_id, grant)
    return TicketView(url=f"{ports.public_url}/v1/downloads/{text}", expires_at=expires_at)


def _expiry(now: datetime, expires_in: int, files_until: datetime | None) -> datetime:
    """In whole seconds, and never beyond the file itself."""
    wanted = now + timedelta(seconds=expires_in)
    return min(wanted, files_until or wanted).replace(microsecond=0)


def _downloads(
    ports: ApiPorts, workspace: str, export_id: UUID, limit: int, cursor: str | None
) -> DownloadPage:
    of = f"downloads {workspace} {export_path(export_id)}"
    after = None if cursor is None else row_cursor(ports, of, cursor)
    rows = ports.fetched.of_export(workspace, export_id, after, limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    return DownloadPage(
        items=[download_view(row) for row in rows[:limit]],
        next_cursor=(
            None
            if last is None
            else cursors.issue(ports.secret, of, last.granted_at, str(last.download_id))
        ),
    )
