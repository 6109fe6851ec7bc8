"""The keys of tokens. They are obtained where rows are extracted and go nowhere else: staged rows
hold tokens already."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from domain import layout
from domain.masks import Mask, Token
from domain.ports import DataKeys, KeyDestroyed


class ScopeDestroyed(Exception):
    """The key of this scope of tokens was destroyed, so that no more of them can be made. Request
    the export again with another scope."""

    def __init__(self, scope: str) -> None:
        super().__init__(scope)
        self.scope = scope

    def __str__(self) -> str:
        return f"{' '.join((self.__doc__ or '').split())} Scope: {self.scope}"


class TokenKeys:
    """Of one export. Made at first use, in whichever process that is."""

    def __init__(self, keys: DataKeys, export_id: UUID, workspace: str) -> None:
        self._keys, self._export_id, self._workspace = keys, export_id, workspace

    def of(self, mask: Mask) -> bytes | None:
        """The key that a mask needs, None if it needs none. Raises `ScopeDestroyed`, and
        `KeyDestroyed` when the export has expired."""
        match mask:
            case Token(scope=None):
                return self._keys.obtain(layout.token_key(self._export_id))
            case Token(scope=str(scope)):
                return self._shared(scope)
            case _:
                return None

    def check(self, masks: Iterable[Mask]) -> None:
        """Raises `ScopeDestroyed` before any work is done in vain."""
        for mask in masks:
            if isinstance(mask, Token) and mask.scope is not None:
                self._shared(mask.scope)

    def _shared(self, scope: str) -> bytes:
        try:
            return self._keys.obtain(layout.scope_key(self._workspace, scope))
        except KeyDestroyed as error:
            raise ScopeDestroyed(scope) from error
