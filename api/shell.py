"""What surrounds every request: an id, security headers, a measure, and one answer for faults.

Plain ASGI, as the framework's own middleware class would put a buffer between a download and its
client.
"""

from __future__ import annotations

import re
import time
import traceback
from secrets import token_hex
from uuid import UUID

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.metrics import HttpMetrics
from api.problem_types import INTERNAL
from api.problems import Problem, respond
from schemas import traces

_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_CLIENT_LEFT = 499
_FAULTS = 500
_PROBES = frozenset({"/livez", "/readyz", "/metrics"})
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_log = structlog.get_logger(__name__)


class Shell:
    """The outermost layer of the app. An answer's own headers win over the defaults."""

    def __init__(self, app: ASGIApp, metrics: HttpMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with traces.request(_header(scope, b"traceparent")) as work:
            answer = _Answer(scope, send, _request_id(scope), work.place.traceparent)
            began, at = time.perf_counter(), time.time_ns()
            with self._metrics.in_flight.track_inprogress():
                await self._guarded(scope, receive, answer)
            work.export_id = work.export_id or _about(scope)
            self._note(scope, answer, time.perf_counter() - began)
            _tell(work, scope, answer, at)

    async def _guarded(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        try:
            await self._app(scope, receive, answer.send)
        except ClientDisconnect:
            answer.status = answer.status or _CLIENT_LEFT
        except Exception as error:  # noqa: BLE001 - a client gets an answer to every request
            _log.error(
                "fault",
                request_id=answer.request_id,
                route=_route(scope),
                error=type(error).__name__,
                places=places(error),
            )
            # An answer that has begun can only be broken off: its client sees that it is short.
            if not answer.status:
                await respond(Problem(INTERNAL), Request(scope))(scope, receive, answer.send)

    def _note(self, scope: Scope, answer: _Answer, seconds: float) -> None:
        route, method = _route(scope), _method(scope)
        self._metrics.duration.labels(method, route, str(answer.status)).observe(seconds)
        _log.info(
            "request",
            request_id=answer.request_id,
            method=method,
            route=route,
            status=answer.status,
            seconds=round(seconds, 4),
        )


def places(error: BaseException) -> list[str]:
    """Where it happened. Its text stays out of the log: it may quote what a client sent."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    return [f"{frame.name}:{frame.lineno}" for frame in frames]


class _Answer:
    """Adds the headers to an answer's start, and remembers its status; 0 before it."""

    def __init__(self, scope: Scope, send: Send, request_id: str, traceparent: str) -> None:
        scope.setdefault("state", {})["request_id"] = request_id
        self.request_id = request_id
        self._traceparent = traceparent
        self.status = 0
        self._send = send

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-ID"] = self.request_id
            headers["traceparent"] = self._traceparent
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await self._send(message)


def _request_id(scope: Scope) -> str:
    """The caller's own, when it is harmless in a log."""
    given = _header(scope, b"x-request-id")
    return given if _REQUEST_ID.fullmatch(given) else token_hex(12)


def _header(scope: Scope, name: bytes) -> str:
    return str(dict(scope["headers"]).get(name, b"").decode("latin-1"))


def _about(scope: Scope) -> UUID | None:
    """The export that the address names. What a client made up stays out of the log."""
    try:
        return UUID(scope.get("path_params", {})["export_id"])
    except (KeyError, ValueError):
        return None


def _tell(work: traces.Work, scope: Scope, answer: _Answer, began: int) -> None:
    """The request's span, but not of those that look whether the process is well."""
    if _route(scope) not in _PROBES:
        traces.finished(
            work,
            f"{_method(scope)} {_route(scope)}",
            began,
            "" if answer.status < _FAULTS else str(answer.status),
            status=answer.status,
            request_id=answer.request_id,
            **({"export_id": str(work.export_id)} if work.export_id else {}),
        )


def _route(scope: Scope) -> str:
    return str(getattr(scope.get("route"), "path", "unmatched"))


def _method(scope: Scope) -> str:
    return scope["method"] if scope["method"] in _METHODS else "other"
