"""All files of an export at once, for callers with a key, and links to that for those without."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Request, Response

from api.auth import Downloader, Ports
from api.bodies import reads, takes
from api.bundles import BUNDLE, bundle_of, ready_files
from api.delivery import deliver, head
from api.models.exports import TicketView
from api.models.requests import TicketRequest
from api.routes.exports import present
from api.routes.files import BYTES, begin_by_key, ticket_for
from api.routing import routes

router = routes("files")

_PATH = "/v1/exports/{export_id}/bundle"


async def fetch(request: Request, export_id: UUID, key: Downloader, ports: Ports) -> Response:
    shown = await asyncio.to_thread(present(request).find, key.workspace, export_id)
    content = await asyncio.to_thread(bundle_of, ports, shown)
    if request.method == "HEAD":
        return head(content)
    begin = partial(begin_by_key, ports, key, export_id, BUNDLE)
    return await deliver(request, ports, content, begin)


for _method in ("GET", "HEAD"):
    router.add_api_route(
        _PATH,
        fetch,
        methods=[_method],
        name=f"{_method.lower()}_bundle",
        summary="Download all files with their waybills in one zip",
        response_class=Response,
        responses=BYTES,
        include_in_schema=_method == "GET",
    )


@router.post(
    f"{_PATH}/tickets",
    status_code=201,
    response_model=TicketView,
    openapi_extra=takes(TicketRequest),
    summary="Make a link to the bundle that needs no key",
)
async def make_bundle_ticket(
    request: Request,
    response: Response,
    export_id: UUID,
    key: Downloader,
    ports: Ports,
    body: Annotated[TicketRequest, reads(TicketRequest)],
) -> TicketView:
    shown = await asyncio.to_thread(present(request).find, key.workspace, export_id)
    ready_files(ports, shown)
    view = await asyncio.to_thread(ticket_for, ports, key, shown, BUNDLE, body.expires_in)
    response.headers["Location"] = view.url
    return view
