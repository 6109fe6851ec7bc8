"""Personal data in a real PostgreSQL: kept per subject, found by nobody else, erasable."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from domain.ports import SubjectErased
from infra.database import Pool, migrate, open_pool
from infra.files.sealing import SealBroken
from infra.key_encryption import KeyEncryptionKey
from infra.vault import PostgresVault

KEK = KeyEncryptionKey(b"\7" * 32)


@pytest.fixture
def pool(database_url: str) -> Iterator[Pool]:
    migrate(database_url)
    with open_pool(database_url) as pool:
        yield pool


@pytest.fixture
def vault(pool: Pool) -> PostgresVault:
    return PostgresVault(pool, KEK)


def everything(pool: Pool) -> str:
    with pool.connection() as connection:
        rows = [
            *connection.execute("SELECT * FROM vault_subjects").fetchall(),
            *connection.execute("SELECT * FROM vault_texts").fetchall(),
        ]
    return repr(rows)


def test_nothing_readable_is_stored(vault: PostgresVault, pool: Pool) -> None:
    vault.keep(vault.subject("default", "ada@example.org"), "a secret purpose")
    assert "ada@example.org" not in everything(pool)
    assert "purpose" not in everything(pool)


def test_an_erased_subject_leaves_nothing(vault: PostgresVault, pool: Pool) -> None:
    ada, bob = vault.subject("default", "ada"), vault.subject("default", "bob")
    texts = [vault.keep(ada, text) for text in ("one", "two")]
    kept = vault.keep(bob, "three")
    vault.erase(ada)
    assert [vault.reveal(text) for text in texts] == [None, None]
    assert vault.reveal(kept) == "three"
    with pool.connection() as connection:
        row = connection.execute(
            "SELECT lookup, wrapped FROM vault_subjects WHERE subject = %s", (ada,)
        ).fetchone()
    assert row == {"lookup": None, "wrapped": None}


def test_texts_kept_while_their_subject_is_erased_go_too(vault: PostgresVault, pool: Pool) -> None:
    ada = vault.subject("default", "ada")

    def keep(number: int) -> None:
        if number == 8:
            vault.erase(ada)
            return
        with suppress(SubjectErased):
            vault.keep(ada, f"text {number}")

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(keep, range(24)))
    with pool.connection() as connection:
        assert connection.execute("SELECT * FROM vault_texts").fetchall() == []


def test_a_text_moved_to_another_subject_does_not_open(vault: PostgresVault, pool: Pool) -> None:
    ada, bob = vault.subject("default", "ada"), vault.subject("default", "bob")
    reference = vault.keep(ada, "Ada's")
    with pool.connection() as connection:
        connection.execute("UPDATE vault_texts SET subject = %s", (bob,))
    with pytest.raises(SealBroken):
        vault.reveal(reference)
