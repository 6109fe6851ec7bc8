"""The contracts of data keys and the vault on the fakes and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from domain.ports import DataKeys
from infra.database import Pool, migrate, open_pool
from infra.key_encryption import KeyEncryptionKey
from infra.keys import PostgresDataKeys
from infra.vault import PostgresVault
from tests.contract.keys_contract import DataKeysContract
from tests.contract.vault_contract import ErasableVault, VaultContract
from tests.fakes import FakeDataKeys, FakeVault

KEK = KeyEncryptionKey(b"\7" * 32)


@pytest.fixture(scope="module")
def migrated(module_database_url: str) -> Iterator[Pool]:
    migrate(module_database_url)
    with open_pool(module_database_url) as pool:
        yield pool


@pytest.fixture
def pool(migrated: Pool) -> Pool:
    with migrated.connection() as connection:
        connection.execute("TRUNCATE data_keys, vault_subjects, vault_texts")
    return migrated


class TestFakeDataKeys(DataKeysContract):
    @pytest.fixture
    def keys(self) -> DataKeys:
        return FakeDataKeys()


class TestPostgresDataKeys(DataKeysContract):
    @pytest.fixture
    def keys(self, pool: Pool) -> DataKeys:
        return PostgresDataKeys(pool, KEK)


class TestFakeVault(VaultContract):
    @pytest.fixture
    def vault(self) -> ErasableVault:
        return FakeVault()


class TestPostgresVault(VaultContract):
    @pytest.fixture
    def vault(self, pool: Pool) -> ErasableVault:
        return PostgresVault(pool, KEK)
