"""Personal data and free text in PostgreSQL, sealed with a key per subject.

Erasing a subject deletes the key, the texts and the way from the identity to the reference; what
stays in events is a random number. Identities themselves are not stored: a keyed hash finds them.
"""

from __future__ import annotations

import hmac
import json
import secrets
from typing import Any
from uuid import UUID, uuid4

from psycopg_pool import ConnectionPool

from domain.ports import SubjectErased
from infra.files.sealing import seal, unseal
from infra.key_encryption import KeyEncryptionKey
from infra.keys import cursor
from infra.queries import load_queries

_SQL = load_queries("infra", "sql/keys_queries.sql")
_LOSSLESS = "surrogatepass"  # a text comes back as it was given, whatever a client sent


class PostgresVault:
    """Raises `StoreUnavailable` when the database can't be reached."""

    def __init__(self, pool: ConnectionPool[Any], kek: KeyEncryptionKey) -> None:
        self._pool, self._kek = pool, kek
        self._lookup_secret = kek.derive("vault lookup")

    def subject(self, workspace: str, identity: str) -> UUID:
        """After an erasure, the same identity is a new subject."""
        lookup = self._lookup(workspace, identity)
        while True:
            if known := self._known(lookup):
                return known
            self._add(lookup)

    def keep(self, subject: UUID, text: str) -> UUID:
        """Raises `SubjectErased`."""
        reference = uuid4()
        with cursor(self._pool) as rows, rows.connection.transaction():
            found = rows.execute(_SQL["subject_key"], {"subject": subject}).fetchone()
            if found is None or found[0] is None:
                raise SubjectErased(str(subject))
            key = self._kek.unwrap(_name(subject), found[0])
            sealed = seal(key, _context(subject, reference), text.encode(errors=_LOSSLESS))
            rows.execute(
                _SQL["add_text"], {"reference": reference, "subject": subject, "sealed": sealed}
            )
        return reference

    def reveal(self, reference: UUID) -> str | None:
        with cursor(self._pool) as rows:
            found = rows.execute(_SQL["text"], {"reference": reference}).fetchone()
        if found is None or found[2] is None:
            return None
        subject, sealed, wrapped = found
        key = self._kek.unwrap(_name(subject), wrapped)
        return unseal(key, _context(subject, reference), sealed).decode(errors=_LOSSLESS)

    def erase(self, subject: UUID) -> None:
        """Forgets all of a subject, for ever. A repeat is no error."""
        with cursor(self._pool) as rows, rows.connection.transaction():
            rows.execute(_SQL["erase_subject"], {"subject": subject})
            rows.execute(_SQL["delete_texts"], {"subject": subject})

    def _lookup(self, workspace: str, identity: str) -> bytes:
        return hmac.digest(
            self._lookup_secret, json.dumps([workspace, identity]).encode(), "sha256"
        )

    def _known(self, lookup: bytes) -> UUID | None:
        with cursor(self._pool) as rows:
            row = rows.execute(_SQL["subject"], {"lookup": lookup}).fetchone()
        return None if row is None else row[0]

    def _add(self, lookup: bytes) -> None:
        subject = uuid4()
        wrapped = self._kek.wrap(_name(subject), secrets.token_bytes(32))
        with cursor(self._pool) as rows:
            rows.execute(
                _SQL["add_subject"],
                {
                    "subject": subject,
                    "lookup": lookup,
                    "wrapped": wrapped,
                    "kek_id": self._kek.id,
                },
            )


def _name(subject: UUID) -> str:
    return f"vault/{subject}"


def _context(subject: UUID, reference: UUID) -> str:
    return f"vault/{subject}/{reference}"
