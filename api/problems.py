"""Refusals as RFC 9457 problem+json: what is wrong, where, what to do, and the request's id."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from api.problem_types import ProblemType

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to mend: `pointer` is a JSON pointer (RFC 6901) into the body, or the name of a
    parameter."""

    pointer: str
    detail: str


class Problem(Exception):
    """A refusal that its reader can act on. `more` are members of this kind of problem."""

    def __init__(
        self,
        kind: ProblemType,
        detail: str = "",
        *,
        faults: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
        **more: object,
    ) -> None:
        super().__init__(kind.slug)
        self.kind = kind
        self.detail = detail or kind.advice
        self.faults = tuple(faults)
        self.headers = dict(headers or {})
        self.more = more


def respond(problem: Problem, request: Request) -> Response:
    document: dict[str, Any] = {
        "type": problem.kind.uri,
        "title": problem.kind.title,
        "status": problem.kind.status,
        "detail": problem.detail,
        "request_id": request_id(request),
    }
    if problem.faults:
        document["errors"] = [
            {"pointer": fault.pointer, "detail": fault.detail} for fault in problem.faults
        ]
    # ASCII, so that no echo of what a client sent can break the answer.
    body = json.dumps(problem.more | document).encode("ascii")
    return Response(
        body, status_code=problem.kind.status, headers=problem.headers, media_type=MEDIA_TYPE
    )


def request_id(request: Request) -> str:
    return str(request.scope.get("state", {}).get("request_id", ""))


def pointer(*parts: str | int) -> str:
    """A JSON pointer; parts come from clients, so each is cut to a length that can be shown."""
    return "".join("/" + str(part)[:100].replace("~", "~0").replace("/", "~1") for part in parts)


def pointer_of(path: str) -> str:
    """The JSON pointer of a path as the rules write it: `filter.and[0].value`."""
    return pointer(*re.findall(r"[^.\[\]]+", path))
