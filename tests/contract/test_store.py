"""The event store's contract on the fake and on PostgreSQL, and what only PostgreSQL can show."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files

import psycopg
import pytest

from domain.ports import EventStore
from infra.store import EventStoreOnPostgresql
from tests.contract.store_contract import LedgerContract, StoreContract
from tests.fakes_store import FakeEventStore


class TestFakeEventStore(StoreContract, LedgerContract):
    @pytest.fixture
    def store(self) -> EventStore:
        return FakeEventStore()


class TestEventStoreOnPostgresql(StoreContract, LedgerContract):
    @pytest.fixture
    def store(self, database_url: str) -> Iterator[EventStore]:
        make_store(database_url)
        with EventStoreOnPostgresql(database_url) as store:
            yield store


def make_store(url: str) -> None:
    """What `migrate` does for the store alone."""
    with psycopg.connect(url) as connection:
        connection.execute(files("infra").joinpath("sql/store.sql").read_bytes())
