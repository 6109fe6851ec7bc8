"""What the vault promises, on the fake and in PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Protocol
from uuid import UUID, uuid4

import pytest

from domain.ports import SubjectErased, Vault


class ErasableVault(Vault, Protocol):
    def erase(self, subject: UUID) -> None: ...


class VaultContract:
    """A subclass has a fixture `vault` that knows nobody yet."""

    def test_an_identity_has_one_reference(self, vault: ErasableVault) -> None:
        ada = vault.subject("default", "user:ada@example.org")
        assert vault.subject("default", "user:ada@example.org") == ada
        assert vault.subject("default", "user:bob@example.org") != ada

    def test_the_same_person_in_two_workspaces_is_two_subjects(self, vault: ErasableVault) -> None:
        assert vault.subject("a", "bc") != vault.subject("ab", "c")
        assert vault.subject("a", "ada") != vault.subject("b", "ada")

    def test_all_who_ask_at_once_get_one_reference(self, vault: ErasableVault) -> None:
        with ThreadPoolExecutor(8) as threads:
            seen = set(threads.map(lambda _: vault.subject("default", "ada"), range(16)))
        assert len(seen) == 1

    @pytest.mark.parametrize("text", ["", "A report for Ada", "\0", "\ud800 lone", "é" * 70_000])
    def test_a_text_comes_back_as_it_was_kept(self, vault: ErasableVault, text: str) -> None:
        reference = vault.keep(vault.subject("default", "ada"), text)
        assert vault.reveal(reference) == text

    def test_the_same_text_twice_has_two_references(self, vault: ErasableVault) -> None:
        ada = vault.subject("default", "ada")
        assert vault.keep(ada, "same") != vault.keep(ada, "same")

    def test_an_unknown_reference_reveals_nothing(self, vault: ErasableVault) -> None:
        assert vault.reveal(uuid4()) is None

    def test_an_erased_subject_s_texts_are_gone_and_others_stay(self, vault: ErasableVault) -> None:
        ada, bob = vault.subject("default", "ada"), vault.subject("default", "bob")
        texts = [vault.keep(ada, text) for text in ("one", "two")]
        kept = vault.keep(bob, "three")
        vault.erase(ada)
        assert [vault.reveal(text) for text in texts] == [None, None]
        assert vault.reveal(kept) == "three"

    def test_after_an_erasure_the_same_identity_is_somebody_new(self, vault: ErasableVault) -> None:
        ada = vault.subject("default", "ada")
        vault.erase(ada)
        vault.erase(ada)
        vault.erase(uuid4())
        assert vault.subject("default", "ada") != ada

    def test_nothing_can_be_kept_for_an_erased_or_unknown_subject(
        self, vault: ErasableVault
    ) -> None:
        ada = vault.subject("default", "ada")
        vault.erase(ada)
        for nobody in (ada, uuid4()):
            with pytest.raises(SubjectErased):
                vault.keep(nobody, "text")
