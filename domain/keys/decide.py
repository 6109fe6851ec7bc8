"""The rules of a key's story: it begins once and ends once. Whether a key may be made or revoked
is not decided here but where keys are kept (`domain.access`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, assert_never
from uuid import UUID

from domain.keys.events import KeyCreated, KeyEvent, KeyRevoked


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateKey:
    workspace: str
    by: UUID | None
    holder: UUID
    scopes: tuple[str, ...]
    expires_at: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeKey:
    workspace: str
    by: UUID | None
    at: datetime


KeyCommand: TypeAlias = CreateKey | RevokeKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    revoked: bool


def decide(command: KeyCommand, key: Key | None) -> list[KeyEvent]:
    """The new facts; none for what was recorded before."""
    match command:
        case CreateKey():
            return [] if key is not None else [_created(command)]
        case RevokeKey(workspace=workspace, by=by, at=at):
            if key is not None and key.revoked:
                return []
            # Of a key that is older than these events this is the first.
            return [KeyRevoked(workspace=workspace, by=by, at=at)]
        case _:
            assert_never(command)


def evolve(_: Key | None, event: KeyEvent) -> Key:
    return Key(revoked=isinstance(event, KeyRevoked))


def _created(command: CreateKey) -> KeyCreated:
    return KeyCreated(
        workspace=command.workspace,
        by=command.by,
        holder=command.holder,
        scopes=command.scopes,
        expires_at=command.expires_at,
        at=command.at,
    )
