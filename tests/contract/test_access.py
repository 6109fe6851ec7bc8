"""API keys keep their promises in memory and in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest

from domain.access import Access, LastAdminKey, Scope
from domain.ports import StoreUnavailable
from infra.access import ApiKeys, new_secret
from infra.database import migrate, open_pool
from tests.fakes_api import FakeAccess
from tests.fakes_work import FakeClock
from tests.wanted_keys import wanted_key


@pytest.fixture(params=["memory", "postgresql"])
def access(request: pytest.FixtureRequest) -> Iterator[Access]:
    if request.param == "memory":
        clock = FakeClock()
        clock.now = datetime.now(UTC)
        yield FakeAccess(clock)
        return
    url = request.getfixturevalue("database_url")
    migrate(url)
    with open_pool(url, size=2) as pool:
        yield ApiKeys(pool)


def test_a_key_is_known_by_its_secret_alone(access: Access) -> None:
    made = access.create(wanted_key("a", "nightly", [Scope.DOWNLOADS, Scope.EXPORTS_READ]))
    found = access.authenticate(made.secret)
    assert found is not None
    assert (found.id, found.workspace, found.label) == (made.key.id, "a", "nightly")
    assert found.scopes == {Scope.DOWNLOADS, Scope.EXPORTS_READ}
    assert found.principal == made.key.principal
    for other in (new_secret(), "", "x", made.secret + "x", str(made.key.id), "\x00", "\ud800"):
        assert access.authenticate(other) is None


def test_a_revoked_key_and_an_expired_one_are_unknown(access: Access) -> None:
    past = datetime.now(UTC) - timedelta(seconds=1)
    expired = access.create(wanted_key("a", "old", [Scope.ADMIN], past))
    assert access.authenticate(expired.secret) is None
    future = datetime.now(UTC) + timedelta(hours=1)
    made = access.create(wanted_key("a", "new", [Scope.DOWNLOADS], future))
    assert access.authenticate(made.secret) is not None
    assert access.revoke("a", made.key.id)
    assert access.authenticate(made.secret) is None
    revoked_at = access.list("a")[-1].revoked_at
    assert access.revoke("a", made.key.id)
    assert access.list("a")[-1].revoked_at == revoked_at is not None


def test_each_workspace_sees_its_own_keys(access: Access) -> None:
    made = access.create(wanted_key("a", "one", [Scope.DOWNLOADS]))
    access.create(wanted_key("b", "two", [Scope.DOWNLOADS]))
    assert [key.label for key in access.list("a")] == ["one"]
    assert not access.revoke("b", made.key.id)
    assert not access.revoke("a", uuid4())
    assert access.authenticate(made.secret) is not None


def test_the_last_admin_key_stays(access: Access) -> None:
    first = access.create(wanted_key("a", "first", [Scope.ADMIN]))
    access.create(wanted_key("b", "another workspace's", [Scope.ADMIN]))
    access.create(
        wanted_key("a", "expired", [Scope.ADMIN], datetime.now(UTC) - timedelta(seconds=1))
    )
    with pytest.raises(LastAdminKey):
        access.revoke("a", first.key.id)
    assert access.authenticate(first.secret) is not None
    access.create(wanted_key("a", "second", [Scope.ADMIN], datetime.now(UTC) + timedelta(days=1)))
    assert access.revoke("a", first.key.id)


def test_the_database_holds_no_secret(database_url: str) -> None:
    migrate(database_url)
    with open_pool(database_url, size=2) as pool:
        keys = ApiKeys(pool)
        secret = keys.create(wanted_key("a", "nightly", [Scope.ADMIN])).secret
        key = keys.authenticate(secret)
        assert key is not None
        assert keys.list("a")[0].used_at is not None
        with pool.connection() as connection:
            row = connection.execute("SELECT api_keys::text AS text FROM api_keys").fetchone()
        assert row is not None
        assert secret not in row["text"]
        assert secret[3:-6] not in row["text"]


def test_a_database_that_is_away_is_said_to_be(database_url: str) -> None:
    migrate(database_url)
    with open_pool(database_url, size=1) as pool:
        keys = ApiKeys(pool)
        secret = keys.create(wanted_key("a", "x", [Scope.ADMIN])).secret
        with pool.connection() as connection:
            connection.execute("SELECT 1")
            with psycopg.connect(database_url, autocommit=True) as other:
                other.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE pid <> pg_backend_pid() AND datname = current_database()"
                )
            pool.timeout = 0.2
            with pytest.raises(StoreUnavailable):
                keys.authenticate(secret)
