"""Who may call the API: keys with scopes, and the port where they are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID, uuid4


class Scope(StrEnum):
    """What a key may do. No scope implies another."""

    EXPORTS_READ = "exports:read"
    EXPORTS_WRITE = "exports:write"
    DOWNLOADS = "downloads"
    DATASETS_READ = "datasets:read"
    AUDIT = "audit"
    ADMIN = "admin"


class LastAdminKey(Exception):
    """This is the workspace's last key with the scope admin. Create another one first, or nobody
    could manage its keys any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key as it is known after its making; its secret is known to nobody but its holder.
    `principal` is the reference under which the holder's acts are recorded."""

    id: UUID
    workspace: str
    principal: UUID
    label: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedKey:
    """A key before it is made. Its `id` and `principal` are known already, so that others can be
    told of it first."""

    id: UUID
    workspace: str
    principal: UUID
    label: str
    scopes: frozenset[Scope]
    expires_at: datetime | None


def wanted_key(
    workspace: str, label: str, scopes: Iterable[Scope], expires_at: datetime | None
) -> WantedKey:
    """Of a holder of its own."""
    return WantedKey(
        id=uuid4(),
        workspace=workspace,
        principal=uuid4(),
        label=label,
        scopes=frozenset(scopes),
        expires_at=expires_at,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """`secret` can be shown this once; only its hash is kept."""

    key: ApiKey
    secret: str


class Access(Protocol):
    """The API keys of all workspaces. `domain.keys.recorded` makes and revokes them so that the
    log tells of it."""

    def authenticate(self, secret: str) -> ApiKey | None:
        """The key this secret belongs to; None for one that is unknown, expired or revoked."""

    def create(self, wanted: WantedKey) -> NewKey: ...

    def usable(self, workspace: str) -> bool:
        """Whether the workspace has a key that works."""

    def create_first(self, wanted: WantedKey, before: Callable[[], None]) -> NewKey | None:
        """None when its workspace has a key that works. Of several who ask at once, one makes its
        key; `before` is called when it is sure to be this one, and before the key works."""

    def list(self, workspace: str) -> list[ApiKey]:
        """The workspace's keys, revoked ones too, oldest first."""

    def revoke(self, workspace: str, key_id: UUID) -> bool:
        """Whether there is such a key. A repeat is no error. Raises `LastAdminKey`."""
