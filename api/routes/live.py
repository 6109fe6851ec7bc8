"""The WebSocket at `/v1/live`: several exports over one connection, with the numbers of the
server-sent events."""

from __future__ import annotations

import time

import structlog
from fastapi import WebSocket
from starlette.websockets import WebSocketDisconnect

from api.live import CloseCode, Closing, Conversation
from api.ports import ApiPorts
from api.routing import routes
from api.shell import places

router = routes()

_FAULT = 1011
_LEFT = 1000
_log = structlog.get_logger(__name__)


@router.websocket("/v1/live")
async def live(socket: WebSocket) -> None:
    """The key comes in the first message, never in the address, which would stand in logs."""
    ports: ApiPorts = socket.app.state.ports
    if not _welcome(socket.headers.get("origin"), ports.allowed_origins):
        await socket.close(CloseCode.FORBIDDEN)  # before it is accepted: HTTP's 403
        return
    began = time.perf_counter()
    await socket.accept()
    code = await _held(socket, ports)
    _log.info("socket", code=code, seconds=round(time.perf_counter() - began, 3))


async def _held(socket: WebSocket, ports: ApiPorts) -> int:
    """The code that it ended with."""
    try:
        await Conversation(ports, socket.app.state.present, socket).hold()
    except Closing as closing:
        await _close(socket, closing.code, closing.reason)
        return closing.code
    except Exception as error:  # noqa: BLE001 - a fault is told without its text, which may quote
        name = type(error).__name__
        _log.error("fault", route="/v1/live", error=name, places=places(error))
        await _close(socket, _FAULT, "a fault of the service")
        return _FAULT
    return _LEFT


async def _close(socket: WebSocket, code: int, reason: str) -> None:
    try:
        await socket.close(code, reason)
    except (WebSocketDisconnect, RuntimeError):
        return  # it was faster than we


def _welcome(origin: str | None, allowed: frozenset[str]) -> bool:
    """Only browsers send an origin, and only they can be made to come by somebody else's page."""
    return origin is None or origin.lower() in allowed
