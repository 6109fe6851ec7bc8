"""Keys to be made straight in the table of keys, of which the log then tells nothing: as a release
made them that recorded none."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from domain import access
from domain.access import Scope, WantedKey


def wanted_key(
    workspace: str,
    label: str,
    scopes: Iterable[Scope] = tuple(Scope),
    expires_at: datetime | None = None,
) -> WantedKey:
    return access.wanted_key(workspace, label, scopes, expires_at)
