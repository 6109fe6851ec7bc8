"""Bodies of requests: read only after the caller is known, up to a limit, and strictly.

The framework would read a body of any size before it asks who sends it, and echo it in errors.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from api.auth import Caller
from api.problem_types import BODY_NOT_JSON, BODY_TOO_LARGE, INVALID_REQUEST, MALFORMED_BODY
from api.problems import Fault, Problem, pointer

MAX_BODY = 256 * 1024
_MAX_FAULTS = 20


class Body(BaseModel):
    """A body of a request: unknown members are refused, types are not converted."""

    model_config = ConfigDict(strict=True, extra="forbid")


B = TypeVar("B", bound=Body)


def reads(model: type[B]) -> Any:
    """A dependency that gives the body as this model."""
    return Depends(_reader(model))


def takes(model: type[Body]) -> dict[str, Any]:
    """The same for `openapi_extra`, as the framework doesn't see the body."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _reader(model: type[B]) -> Callable[[Request, Caller], Awaitable[B]]:
    async def read(request: Request, _: Caller) -> B:
        _check_type(request)
        return _parsed(model, await _bytes(request))

    return read


def _check_type(request: Request) -> None:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if media_type != "application/json" or encoding != "identity":
        raise Problem(BODY_NOT_JSON, headers={"Accept": "application/json"})


async def _bytes(request: Request) -> bytes:
    announced = request.headers.get("content-length", "0")
    if announced.isdigit() and int(announced[:12]) > MAX_BODY:
        raise Problem(BODY_TOO_LARGE, limit=MAX_BODY)
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_BODY:
            raise Problem(BODY_TOO_LARGE, limit=MAX_BODY)
    return bytes(body)


def _parsed(model: type[B], body: bytes) -> B:
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
    if found[0]["type"] == "json_invalid":
        raise Problem(MALFORMED_BODY, faults=[Fault("", found[0]["msg"])])
    raise Problem(INVALID_REQUEST, faults=[_fault(each) for each in found[:_MAX_FAULTS]])


def _fault(error: ErrorDetails) -> Fault:
    return Fault(pointer(*error["loc"]), error["msg"].removeprefix("Value error, "))
