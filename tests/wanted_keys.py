"""Keys to be made straight in the table of keys, of which the log then tells nothing: as a release
made them that recorded none."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import uuid4

from domain.access import Scope, WantedKey


def wanted_key(
    workspace: str,
    label: str,
    scopes: Iterable[Scope] = tuple(Scope),
    expires_at: datetime | None = None,
) -> WantedKey:
    return WantedKey(
        id=uuid4(),
        workspace=workspace,
        principal=uuid4(),
        label=label,
        scopes=frozenset(scopes),
        expires_at=expires_at,
    )
