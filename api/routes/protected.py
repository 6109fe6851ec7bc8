"""PDFs with a password. It comes in a body, as addresses stand in logs and histories."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import Request, Response

from api.auth import Downloader, Ports
from api.bodies import reads, takes
from api.contents import granted_name
from api.delivery import deliver
from api.models.requests import ProtectedCopyRequest
from api.protected import protected_copy
from api.routes.exports import present
from api.routes.files import begin_by_key
from api.routing import routes

router = routes("files")

_COPY: dict[int | str, dict[str, Any]] = {
    200: {"description": "The encrypted PDF.", "content": {"application/pdf": {}}},
}


@router.post(
    "/v1/exports/{export_id}/files/{file}/protected",
    summary="Download a copy of a PDF that opens with a password only",
    response_class=Response,
    responses=_COPY,
    openapi_extra=takes(ProtectedCopyRequest),
)
async def make_protected_copy(
    request: Request,
    export_id: UUID,
    file: str,
    key: Downloader,
    ports: Ports,
    body: Annotated[ProtectedCopyRequest, reads(ProtectedCopyRequest)],
) -> Response:
    shown = await asyncio.to_thread(present(request).find, key.workspace, export_id)
    password = body.password.get_secret_value()
    content = await asyncio.to_thread(protected_copy, ports, shown, file, password)
    begin = partial(begin_by_key, ports, key, export_id, granted_name(file, "protected"))
    return await deliver(request, ports, content, begin)
