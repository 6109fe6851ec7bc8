"""Who calls, and whether the key's scopes allow it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, cast

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.ports import ApiPorts
from api.problem_types import SCOPE_MISSING, UNAUTHENTICATED
from api.problems import Problem
from api.refused import Asker, asked
from domain.access import ApiKey, Scope

_CHALLENGE = 'Bearer realm="waybill"'
_bearer = HTTPBearer(
    auto_error=False, scheme_name="ApiKey", description="An API key of Waybill, `wb_…`."
)


async def ports_of(request: Request) -> ApiPorts:
    # Asynchronous, as the framework would send a plain function to a thread.
    return cast("ApiPorts", request.app.state.ports)


async def caller(
    request: Request,
    ports: Annotated[ApiPorts, Depends(ports_of)],
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> ApiKey:
    """The key that came with the request."""
    if given is None:
        raise Problem(UNAUTHENTICATED, headers={"WWW-Authenticate": _CHALLENGE})
    key = await asyncio.to_thread(ports.access.authenticate, given.credentials)
    if key is None:
        challenge = f'{_CHALLENGE}, error="invalid_token"'
        raise Problem(UNAUTHENTICATED, headers={"WWW-Authenticate": challenge})
    asked(request).asker = Asker(workspace=key.workspace, principal=key.principal)
    return key


def requires(*scopes: Scope) -> Callable[[ApiKey], Awaitable[ApiKey]]:
    """A dependency: the caller, if its key has one of these scopes."""

    async def allowed(key: Caller) -> ApiKey:
        if key.scopes.isdisjoint(scopes):
            wanted = scopes[0].value
            challenge = f'{_CHALLENGE}, error="insufficient_scope", scope="{wanted}"'
            raise Problem(SCOPE_MISSING, headers={"WWW-Authenticate": challenge}, scope=wanted)
        return key

    return allowed


Caller = Annotated[ApiKey, Depends(caller)]
Ports = Annotated[ApiPorts, Depends(ports_of)]
Reader = Annotated[ApiKey, Depends(requires(Scope.EXPORTS_READ))]
Writer = Annotated[ApiKey, Depends(requires(Scope.EXPORTS_WRITE))]
Downloader = Annotated[ApiKey, Depends(requires(Scope.DOWNLOADS))]
DatasetReader = Annotated[ApiKey, Depends(requires(Scope.DATASETS_READ))]
Admin = Annotated[ApiKey, Depends(requires(Scope.ADMIN))]
Auditor = Annotated[ApiKey, Depends(requires(Scope.AUDIT))]
EventReader = Annotated[ApiKey, Depends(requires(Scope.EXPORTS_READ, Scope.AUDIT))]
