"""Who calls, and whether the key's scopes allow it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Annotated, cast

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.ports import ApiPorts
from api.problem_types import SCOPE_MISSING, UNAUTHENTICATED
from api.problems import Problem
from api.refused import Asker, asked
from domain.access import ApiKey, Scope
from domain.ports import StoreUnavailable

CHECK_KEY_EVERY = 60.0
"""Seconds after which a revoked or expired key has lost its streams and sockets."""
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


class KeyWatch:
    """The key by which a stream goes on: somebody may revoke it meanwhile."""

    def __init__(self, ports: ApiPorts, token: str, scope: Scope) -> None:
        self._ports, self._token, self._scope = ports, token, scope
        self._looked_at = time.monotonic()

    async def holds(self) -> bool:
        """Looks every `CHECK_KEY_EVERY` seconds."""
        if time.monotonic() - self._looked_at < CHECK_KEY_EVERY:
            return True
        self._looked_at = time.monotonic()
        try:
            key = await asyncio.to_thread(self._ports.access.authenticate, self._token)
        except StoreUnavailable:
            return True  # nothing can be read meanwhile
        return key is not None and self._scope in key.scopes


async def watched_reader(
    key: Annotated[ApiKey, Depends(requires(Scope.EXPORTS_READ))],
    given: Annotated[HTTPAuthorizationCredentials, Depends(_bearer)],
    ports: Annotated[ApiPorts, Depends(ports_of)],
) -> tuple[ApiKey, KeyWatch]:
    """Who may read exports, and what tells whether that is so for as long as it is listened to."""
    return key, KeyWatch(ports, given.credentials, Scope.EXPORTS_READ)


Caller = Annotated[ApiKey, Depends(caller)]
Ports = Annotated[ApiPorts, Depends(ports_of)]
Reader = Annotated[ApiKey, Depends(requires(Scope.EXPORTS_READ))]
WatchedReader = Annotated[tuple[ApiKey, KeyWatch], Depends(watched_reader)]
Writer = Annotated[ApiKey, Depends(requires(Scope.EXPORTS_WRITE))]
Downloader = Annotated[ApiKey, Depends(requires(Scope.DOWNLOADS))]
DatasetReader = Annotated[ApiKey, Depends(requires(Scope.DATASETS_READ))]
Admin = Annotated[ApiKey, Depends(requires(Scope.ADMIN))]
Auditor = Annotated[ApiKey, Depends(requires(Scope.AUDIT))]
EventReader = Annotated[ApiKey, Depends(requires(Scope.EXPORTS_READ, Scope.AUDIT))]
