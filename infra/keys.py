"""Data keys in PostgreSQL: every file's key, wrapped by the key-encryption key, deletable.

Nothing is cached: a key that was destroyed is gone for the next read, in every process."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import TupleRow, tuple_row
from psycopg_pool import ConnectionPool

from domain.ports import KeyDestroyed, StoreUnavailable
from infra.key_encryption import KeyEncryptionKey, KeyFileWrong
from infra.key_files import KeyFileMissing, create_key_file, read_key_file
from infra.queries import load_queries

_SQL = load_queries("infra", "sql/keys_queries.sql")


def open_kek(path: Path, pool: ConnectionPool[Any], *, create: bool) -> KeyEncryptionKey:
    """The key-encryption key of this database. With `create`, a database without keys gets a new
    key file when there is none.

    Raises `KeyFileMissing`, `KeyFileWrong` and what a bad file raises."""
    in_use = _kek_in_use(pool)
    if not path.exists() and create and in_use is None:
        create_key_file(path)
    kek = KeyEncryptionKey(_read(path, in_use))
    with cursor(pool) as rows:
        rows.execute(_SQL["claim_kek"], {"kek_id": kek.id})
    in_use = _kek_in_use(pool)
    if in_use != kek.id:
        raise KeyFileWrong(
            f"{path} holds the key {kek.id}, but the stored keys were wrapped by {in_use}"
        )
    return kek


class PostgresDataKeys:
    """Raises `StoreUnavailable` when the database can't be reached."""

    def __init__(self, pool: ConnectionPool[Any], kek: KeyEncryptionKey) -> None:
        self._pool, self._kek = pool, kek

    def obtain(self, name: str) -> bytes:
        with cursor(self._pool) as rows:
            found = rows.execute(_SQL["data_key"], {"name": name}).fetchone()
            return self._opened(name, found or self._added(rows, name))

    def destroy(self, name: str) -> None:
        with cursor(self._pool) as rows:
            rows.execute(_SQL["destroy_data_key"], {"name": name, "kek_id": self._kek.id})

    def _added(self, rows: psycopg.Cursor[TupleRow], name: str) -> TupleRow | None:
        wrapped = self._kek.wrap(name, secrets.token_bytes(32))
        rows.execute(
            _SQL["add_data_key"], {"name": name, "wrapped": wrapped, "kek_id": self._kek.id}
        )
        return rows.execute(_SQL["data_key"], {"name": name}).fetchone()

    def _opened(self, name: str, row: TupleRow | None) -> bytes:
        if row is None or row[0] is None:
            raise KeyDestroyed(name)
        return self._kek.unwrap(name, row[0])


@contextmanager
def cursor(pool: ConnectionPool[Any]) -> Iterator[psycopg.Cursor[TupleRow]]:
    """Rows as tuples, whatever the pool gives, and one error for a database that is away."""
    try:
        with pool.connection() as connection, connection.cursor(row_factory=tuple_row) as rows:
            yield rows
    except psycopg.OperationalError as error:
        raise StoreUnavailable(str(error)) from error


def _kek_in_use(pool: ConnectionPool[Any]) -> str | None:
    with cursor(pool) as rows:
        row = rows.execute(_SQL["kek_in_use"]).fetchone()
    return None if row is None else str(row[0])


def _read(path: Path, in_use: str | None) -> bytes:
    try:
        return read_key_file(path)
    except KeyFileMissing as error:
        if in_use is None:
            raise
        raise KeyFileMissing(
            f"the key file {path} is not there, and only the key {in_use} in it opens the stored"
            " files and personal data: restore it from your backup"
        ) from error
