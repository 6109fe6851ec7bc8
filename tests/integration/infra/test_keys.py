"""Data keys in a real PostgreSQL: made once, destroyed for ever, wrapped by one key."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from domain.ports import KeyDestroyed, StoreUnavailable
from infra.database import Pool, migrate, open_pool
from infra.key_encryption import KeyEncryptionKey, KeyFileWrong
from infra.key_files import KeyFileMissing, create_key_file
from infra.keys import PostgresDataKeys, open_kek

KEK = KeyEncryptionKey(b"\7" * 32)


@pytest.fixture
def pool(database_url: str) -> Iterator[Pool]:
    migrate(database_url)
    with open_pool(database_url) as pool:
        yield pool


@pytest.fixture
def keys(pool: Pool) -> PostgresDataKeys:
    return PostgresDataKeys(pool, KEK)


def test_a_destroyed_key_is_gone_for_everybody_at_once(keys: PostgresDataKeys, pool: Pool) -> None:
    another = PostgresDataKeys(pool, KEK)
    keys.obtain("exports/a")
    another.obtain("exports/a")
    keys.destroy("exports/a")
    for asked in (keys, another):
        with pytest.raises(KeyDestroyed):
            asked.obtain("exports/a")


def test_nothing_of_a_destroyed_key_stays_in_its_row(keys: PostgresDataKeys, pool: Pool) -> None:
    keys.obtain("exports/a")
    keys.destroy("exports/a")
    with pool.connection() as connection:
        row = connection.execute("SELECT * FROM data_keys").fetchone()
    assert row is not None
    assert (row["name"], row["wrapped"], row["destroyed_at"] is None) == ("exports/a", None, False)


def test_destroying_again_changes_nothing(keys: PostgresDataKeys, pool: Pool) -> None:
    keys.obtain("exports/a")
    keys.destroy("exports/a")
    with pool.connection() as connection:
        first = connection.execute("SELECT * FROM data_keys").fetchall()
    keys.destroy("exports/a")
    with pool.connection() as connection:
        assert connection.execute("SELECT * FROM data_keys").fetchall() == first


def test_a_key_is_stored_wrapped(keys: PostgresDataKeys, pool: Pool) -> None:
    key = keys.obtain("exports/a")
    with pool.connection() as connection:
        row = connection.execute("SELECT wrapped, kek_id FROM data_keys").fetchone()
    assert row is not None
    assert key not in bytes(row["wrapped"])
    assert row["kek_id"] == KEK.id


def test_a_key_moved_to_another_name_does_not_open(keys: PostgresDataKeys, pool: Pool) -> None:
    keys.obtain("exports/a")
    with pool.connection() as connection:
        connection.execute("UPDATE data_keys SET name = 'exports/b'")
    with pytest.raises(KeyFileWrong):
        keys.obtain("exports/b")


def test_a_database_that_is_away_is_unavailable(database_url: str) -> None:
    migrate(database_url)
    with open_pool(database_url, size=1) as pool:
        keys = PostgresDataKeys(pool, KEK)
        with pool.connection() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            pool.timeout = 0.2
            with pytest.raises(StoreUnavailable):
                keys.obtain("exports/a")


def test_a_new_database_gets_a_new_key_file_and_keeps_it(pool: Pool, tmp_path: Path) -> None:
    path = tmp_path / "keys" / "kek"
    kek = open_kek(path, pool, create=True)
    assert path.stat().st_mode & 0o777 == 0o600
    assert open_kek(path, pool, create=True) == kek == open_kek(path, pool, create=False)


def test_a_key_file_is_not_made_unasked(pool: Pool, tmp_path: Path) -> None:
    with pytest.raises(KeyFileMissing):
        open_kek(tmp_path / "kek", pool, create=False)
    assert list(tmp_path.iterdir()) == []


def test_a_lost_key_file_is_not_replaced_while_keys_need_it(pool: Pool, tmp_path: Path) -> None:
    path = tmp_path / "kek"
    kek = open_kek(path, pool, create=True)
    path.unlink()
    with pytest.raises(KeyFileMissing, match=f"only the key {kek.id}.*restore it"):
        open_kek(path, pool, create=True)
    assert not path.exists()


def test_a_second_host_with_a_key_file_of_its_own_is_refused(pool: Pool, tmp_path: Path) -> None:
    kek = open_kek(tmp_path / "kek", pool, create=True)
    create_key_file(tmp_path / "other")
    with pytest.raises(KeyFileWrong, match=f"wrapped by {kek.id}"):
        open_kek(tmp_path / "other", pool, create=True)


def test_of_hosts_that_start_at_once_only_one_key_wins(pool: Pool, tmp_path: Path) -> None:
    def start(name: str) -> str | None:
        try:
            return open_kek(tmp_path / name / "kek", pool, create=True).id
        except (KeyFileWrong, KeyFileMissing):
            return None

    with ThreadPoolExecutor(4) as threads:
        ids = list(threads.map(start, "abcd"))
    assert len([one for one in ids if one is not None]) == 1
