"""The keys of a workspace, whose key this is, and the public key that waybills are signed with."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Response

from api.auth import Admin, Caller, Ports
from api.bodies import reads, takes
from api.models.others import KeyList, KeyView, MeView, NewKeyView, SigningKeyView
from api.models.requests import KeyRequest
from api.problem_types import NOT_FOUND
from api.problems import Problem
from api.routing import routes
from domain.access import ApiKey

router = routes("keys")


@router.get("/v1/me", summary="Whose key this is and what it may do")
async def show_me(key: Caller, ports: Ports) -> MeView:
    actor = await asyncio.to_thread(ports.vault.subject, key.workspace, str(key.principal))
    return MeView(workspace=key.workspace, actor=actor, key=_view(key))


@router.post(
    "/v1/api-keys",
    status_code=201,
    response_model=NewKeyView,
    openapi_extra=takes(KeyRequest),
    summary="Make an API key; its secret is shown this once",
)
async def make_key(
    response: Response,
    key: Admin,
    ports: Ports,
    body: Annotated[KeyRequest, reads(KeyRequest)],
) -> NewKeyView:
    days = body.expires_in_days
    expires_at = None if days is None else ports.clock() + timedelta(days=days)
    made = await asyncio.to_thread(
        ports.recorded_keys.create, key, key.workspace, body.label, body.scopes, expires_at
    )
    response.headers["Location"] = f"/v1/api-keys/{made.key.id}"
    return NewKeyView(**dict(_view(made.key)), secret=made.secret)


@router.get("/v1/api-keys", summary="List the workspace's API keys")
async def list_keys(key: Admin, ports: Ports) -> KeyList:
    keys = await asyncio.to_thread(ports.access.list, key.workspace)
    return KeyList(items=[_view(each) for each in keys])


@router.delete("/v1/api-keys/{key_id}", status_code=204, summary="Revoke an API key")
async def revoke_key(key_id: UUID, key: Admin, ports: Ports) -> None:
    if not await asyncio.to_thread(ports.recorded_keys.revoke, key, key.workspace, key_id):
        raise Problem(NOT_FOUND)


@router.get("/v1/keys/signing", summary="The public key that waybills are signed with")
async def show_signing_key(key: Caller, ports: Ports) -> SigningKeyView:
    signing = ports.signing_key
    return SigningKeyView(
        key_id=signing.key_id,
        algorithm="Ed25519",
        public_key=base64.b64encode(signing.public).decode(),
        fingerprint=hashlib.sha256(signing.public).hexdigest(),
    )


def _view(key: ApiKey) -> KeyView:
    return KeyView(
        id=key.id,
        label=key.label,
        principal=key.principal,
        scopes=sorted(key.scopes),
        created_at=key.created_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
        used_at=key.used_at,
    )
