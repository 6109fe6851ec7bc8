"""A server in this process that says what a test has it say, instead of a socket."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import httpx

from cli.client import Api

Answer = httpx.Response | Exception
Handler = Callable[[httpx.Request], httpx.Response]


def answering(handler: Handler) -> Api:
    return Api("http://waybill.test", "wb_key", httpx.MockTransport(handler))


def in_turn(answers: Iterable[Answer]) -> tuple[Api, list[httpx.Request]]:
    """Each request gets the next answer; an exception is a connection that breaks."""
    asked: list[httpx.Request] = []
    waiting = iter(answers)

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        answer = next(waiting)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return answering(handle), asked


def problem(status: int, **more: Any) -> httpx.Response:
    said = {"title": "It is so", "detail": "Do this.", "request_id": "r1", **more}
    return httpx.Response(status, json={"type": "/problems/x", "status": status, **said})
