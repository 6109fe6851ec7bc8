"""API keys in PostgreSQL: only a hash of each is kept, so a copy of the table opens nothing.

A secret is `wb_`, 32 random bytes and a checksum in base 62: a scanner for leaked secrets can
recognise it, and a mistyped one is refused without a question to the database. A secret with 256
random bits needs no slow hash.
"""

from __future__ import annotations

import hashlib
import secrets
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from string import ascii_letters, digits
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import DictRow
from psycopg_pool import PoolTimeout

from domain.access import ApiKey, LastAdminKey, NewKey, Scope, WantedKey
from domain.ports import StoreUnavailable
from infra.database import Pool
from infra.queries import load_queries

PREFIX = "wb_"
_ALPHABET = digits + ascii_letters
_SECRET_LENGTH = 43  # 32 bytes in base 62
_CHECK_LENGTH = 6  # 32 bits in base 62
_QUERIES = load_queries("infra", "sql/access_queries.sql")


class ApiKeys:
    """Satisfies `domain.access.Access`. Raises `StoreUnavailable` when the database is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def authenticate(self, secret: str) -> ApiKey | None:
        if not well_formed(secret):
            return None
        with _translated(), self._pool.connection() as connection:
            row = connection.execute(_QUERIES["authenticate"], (_hash(secret),)).fetchone()
            if row is None:
                return None
            # At most once a minute: a busy key must not become a row that everybody rewrites.
            connection.execute(_QUERIES["note_use"], (row["id"],))
            return _key(row)

    def create(self, wanted: WantedKey) -> NewKey:
        with _translated(), self._pool.connection() as connection:
            return _insert(connection, wanted)

    def usable(self, workspace: str) -> bool:
        with _translated(), self._pool.connection() as connection:
            return _usable(connection, workspace)

    def create_first(self, wanted: WantedKey, before: Callable[[], None]) -> NewKey | None:
        with _translated(), self._pool.connection() as connection, connection.transaction():
            connection.execute(_QUERIES["one_first_key_at_a_time"])
            if _usable(connection, wanted.workspace):
                return None
            before()
            return _insert(connection, wanted)

    def list(self, workspace: str) -> list[ApiKey]:
        with _translated(), self._pool.connection() as connection:
            return [_key(row) for row in connection.execute(_QUERIES["list"], (workspace,))]

    def revoke(self, workspace: str, key_id: UUID) -> bool:
        with _translated(), self._pool.connection() as connection, connection.transaction():
            usable = {
                row["id"]: Scope.ADMIN in row["scopes"]
                for row in connection.execute(_QUERIES["lock_usable"], (workspace,))
            }
            if connection.execute(_QUERIES["known"], (workspace, key_id)).fetchone() is None:
                return False
            if usable.pop(key_id, False) and not any(usable.values()):
                raise LastAdminKey
            connection.execute(_QUERIES["revoke"], (key_id,))
            return True


def new_secret() -> str:
    body = _base62(int.from_bytes(secrets.token_bytes(32)), _SECRET_LENGTH)
    return f"{PREFIX}{body}{_checksum(body)}"


def well_formed(secret: str) -> bool:
    """Whether it can be a secret of ours at all."""
    body, check = secret[len(PREFIX) : -_CHECK_LENGTH], secret[-_CHECK_LENGTH:]
    return (
        secret.startswith(PREFIX)
        and len(body) == _SECRET_LENGTH
        and set(body) <= set(_ALPHABET)
        and check == _checksum(body)
    )


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), _CHECK_LENGTH)


def _base62(number: int, length: int) -> str:
    figures = []
    for _ in range(length):
        number, figure = divmod(number, 62)
        figures.append(_ALPHABET[figure])
    return "".join(reversed(figures))


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _usable(connection: psycopg.Connection[DictRow], workspace: str) -> bool:
    return connection.execute(_QUERIES["usable"], (workspace,)).fetchone() is not None


def _insert(connection: psycopg.Connection[DictRow], wanted: WantedKey) -> NewKey:
    secret = new_secret()
    row = connection.execute(
        _QUERIES["create"],
        {
            "id": wanted.id,
            "workspace": wanted.workspace,
            "principal": wanted.principal,
            "label": wanted.label,
            "hash": _hash(secret),
            "scopes": sorted(wanted.scopes),
            "expires_at": wanted.expires_at,
        },
    ).fetchone()
    assert row is not None  # noqa: S101 - INSERT … RETURNING gives one row
    return NewKey(key=_key(row), secret=secret)


def _key(row: dict[str, Any]) -> ApiKey:
    return ApiKey(
        id=row["id"],
        workspace=row["workspace"],
        principal=row["principal"],
        label=row["label"],
        scopes=frozenset(Scope(scope) for scope in row["scopes"]),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
        used_at=row["used_at"],
    )


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (psycopg.OperationalError, PoolTimeout) as error:
        raise StoreUnavailable from error
