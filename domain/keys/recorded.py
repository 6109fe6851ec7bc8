"""Making and revoking keys, so that the log tells of each. The table of keys decides what works;
the order of the two writes is such that a crash between them leaves no lie."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.access import Access, ApiKey, NewKey, Scope, WantedKey, wanted_key
from domain.keys.decide import CreateKey, RevokeKey
from domain.ledger import Keys
from domain.ports import Clock, Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedKeys:
    """`by` is the key of whoever asks; None for the operator at the command line. Every method
    raises `StoreUnavailable`, and is done only when both writes are."""

    access: Access
    keys: Keys
    vault: Vault
    clock: Clock

    def create(
        self,
        by: ApiKey | None,
        workspace: str,
        label: str,
        scopes: Iterable[Scope],
        expires_at: datetime | None,
    ) -> NewKey:
        """Records first. A crash between leaves an event of a key that has never worked, which
        harms nobody; the other way round a key would work of which the audit knows nothing. Who
        asks again gets another key: the secret of one whose answer was lost is nobody's."""
        wanted = wanted_key(workspace, label, scopes, expires_at)
        self._record_creation(wanted, self._subject(by), self._holder(wanted))
        return self.access.create(wanted)

    def create_first(self, workspace: str) -> NewKey | None:
        """The workspace's first key, with every scope, for its operator; None when it has a key
        that works. Of several processes that ask at once, one makes it."""
        if self.access.usable(workspace):
            return None
        wanted = wanted_key(workspace, "first admin key", Scope, None)
        # Before the lock is taken: the vault needs a connection, and those who wait hold theirs.
        holder = self._holder(wanted)
        return self.access.create_first(
            wanted, before=lambda: self._record_creation(wanted, None, holder)
        )

    def revoke(self, by: ApiKey | None, workspace: str, key_id: UUID) -> bool:
        """Whether there is such a key. Raises `LastAdminKey`.

        Records last. A crash between leaves a key that works no more, as was asked, and nobody
        was told that it was done: a repeat changes nothing about the key and records what is
        missing. Who revoked its own key can't repeat that, another admin can. The other way round
        the audit would call a key dead that still opens everything."""
        subject = self._subject(by)
        if not self.access.revoke(workspace, key_id):
            return False
        self.keys.execute(key_id, RevokeKey(workspace=workspace, by=subject, at=self.clock()))
        return True

    def _record_creation(self, wanted: WantedKey, by: UUID | None, holder: UUID) -> None:
        self.keys.execute(
            wanted.id,
            CreateKey(
                workspace=wanted.workspace,
                by=by,
                holder=holder,
                scopes=tuple(sorted(scope.value for scope in wanted.scopes)),
                expires_at=wanted.expires_at,
                at=self.clock(),
            ),
        )

    def _subject(self, by: ApiKey | None) -> UUID | None:
        return None if by is None else self.vault.subject(by.workspace, str(by.principal))

    def _holder(self, wanted: WantedKey) -> UUID:
        return self.vault.subject(wanted.workspace, str(wanted.principal))
