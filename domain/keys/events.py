"""What can happen to an API key. Nothing of its secret is in an event, and no label: a label is
free text, and may name a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyCreated:
    """`by` is who asked for it; None is the operator, at the command line of the installation,
    where nobody shows a key. `holder` is the reference under which the new key's acts are
    recorded. `scopes` are those of `domain.access.Scope`, sorted, and strings here, as every
    release may know more of them. `expires_at` is None for a key that lasts until it is revoked.

    It is recorded before the key works, so that no key works of which the log knows nothing."""

    workspace: str
    by: UUID | None
    holder: UUID
    scopes: tuple[str, ...]
    expires_at: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRevoked:
    """Recorded when the key works no more. `by` is as in `KeyCreated`."""

    workspace: str
    by: UUID | None
    at: datetime


KeyEvent: TypeAlias = KeyCreated | KeyRevoked
