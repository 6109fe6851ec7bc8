"""Links that carry their own permission: whoever has one fetches one file, or all
files of one export, until it expires."""

from __future__ import annotations

import asyncio
from functools import partial

from fastapi import Request, Response

from api.auth import Ports
from api.bundles import BUNDLE, bundle_of
from api.contents import content_of
from api.delivery import Content, Transfer, deliver, head, started
from api.ports import ApiPorts, Ticket, TicketInvalid
from api.present import Present
from api.refused import Asked, Asker, asked
from api.routes.exports import present
from api.routes.files import BYTES
from api.routing import routes
from domain.downloads.decide import StartDownload
from domain.exports.errors import ExportUnknown

router = routes("files")


async def fetch(request: Request, ticket: str, ports: Ports) -> Response:
    found = await asyncio.to_thread(ports.tickets.read, ticket, ports.clock())
    _note(asked(request), found)
    content = await asyncio.to_thread(_content, ports, present(request), found)
    if request.method == "HEAD":
        return head(content)
    return await deliver(request, ports, content, partial(_begin, ports, found))


for _method in ("GET", "HEAD"):
    router.add_api_route(
        "/v1/downloads/{ticket}",
        fetch,
        methods=[_method],
        name=f"{_method.lower()}_by_ticket",
        summary="Download a file with a link",
        response_class=Response,
        responses=BYTES,
        include_in_schema=_method == "GET",
    )


def _note(asked: Asked, ticket: Ticket) -> None:
    """For the record, should it be refused: the link is genuine, so its words are known."""
    by = ticket.principal
    asked.asker = Asker(workspace=ticket.workspace, principal=by, by=by)
    asked.export_id, asked.file = ticket.export_id, ticket.file


def _content(ports: ApiPorts, exports: Present, ticket: Ticket) -> Content:
    try:
        shown = exports.find(ticket.workspace, ticket.export_id)
    except ExportUnknown:
        raise TicketInvalid from None
    if ticket.file == BUNDLE:
        return bundle_of(ports, shown)
    return content_of(ports, shown, ticket.file, "file")


def _begin(ports: ApiPorts, ticket: Ticket, start: StartDownload) -> Transfer:
    """The grant was recorded with the ticket, and is asked again: its expiry is a rule."""
    facts = ports.downloads.execute(ticket.download_id, start)
    return started(ticket.download_id, facts)
