"""Personal data in a real PostgreSQL: kept per subject, found by nobody else, erasable."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from uuid import uuid4

import pytest

from infra.database import Pool, migrate, open_pool
from infra.files.sealing import SealBroken
from infra.key_encryption import KeyEncryptionKey
from infra.vault import PostgresVault, SubjectErased

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


def test_an_identity_has_one_reference(vault: PostgresVault, pool: Pool) -> None:
    ada = vault.subject("default", "user:ada@example.org")
    assert vault.subject("default", "user:ada@example.org") == ada
    assert PostgresVault(pool, KEK).subject("default", "user:ada@example.org") == ada
    assert vault.subject("default", "user:bob@example.org") != ada


def test_the_same_person_in_two_workspaces_is_two_subjects(vault: PostgresVault) -> None:
    assert vault.subject("a", "bc") != vault.subject("ab", "c")
    assert vault.subject("a", "ada") != vault.subject("b", "ada")


def test_all_who_ask_at_once_get_one_reference(vault: PostgresVault) -> None:
    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(lambda _: vault.subject("default", "ada"), range(16)))) == 1


@pytest.mark.parametrize(
    "text", ["", "Quarterly report for Ada", "\0", "\ud800 lone", "é" * 70_000]
)
def test_a_text_comes_back_as_it_was_kept(vault: PostgresVault, text: str) -> None:
    reference = vault.keep(vault.subject("default", "ada"), text)
    assert vault.reveal(reference) == text


def test_nothing_readable_is_stored(vault: PostgresVault, pool: Pool) -> None:
    vault.keep(vault.subject("default", "ada@example.org"), "a secret purpose")
    assert "ada" not in everything(pool)
    assert "purpose" not in everything(pool)


def test_an_unknown_reference_reveals_nothing(vault: PostgresVault) -> None:
    assert vault.reveal(uuid4()) is None


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


def test_after_an_erasure_the_same_identity_is_somebody_new(vault: PostgresVault) -> None:
    ada = vault.subject("default", "ada")
    vault.erase(ada)
    vault.erase(ada)
    vault.erase(uuid4())
    assert vault.subject("default", "ada") != ada


def test_nothing_can_be_kept_for_an_erased_or_unknown_subject(vault: PostgresVault) -> None:
    ada = vault.subject("default", "ada")
    vault.erase(ada)
    for nobody in (ada, uuid4()):
        with pytest.raises(SubjectErased):
            vault.keep(nobody, "text")


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
