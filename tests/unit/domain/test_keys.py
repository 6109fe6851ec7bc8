"""What the log tells of API keys, and what each broken-off command leaves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from domain.access import ApiKey, LastAdminKey, Scope
from domain.events import Event
from domain.keys.decide import CreateKey, Key, KeyCommand, RevokeKey, decide, evolve
from domain.keys.events import KeyCreated, KeyEvent, KeyRevoked
from domain.keys.recorded import RecordedKeys
from domain.ledger import open_keys
from domain.ports import StoreUnavailable
from schemas.registry import encode
from tests.deciders import Decider
from tests.export_commands import AT, LATER, SOMEBODY, SOMEBODY_ELSE
from tests.fakes import FakeVault
from tests.fakes_api import FakeAccess
from tests.fakes_store import FakeEventStore
from tests.fakes_work import FakeClock
from tests.wanted_keys import wanted_key

KEYS: Decider[Key, KeyCommand, KeyEvent] = Decider(decide=decide, evolve=evolve)
CREATE = CreateKey(
    workspace="main", by=SOMEBODY, holder=SOMEBODY_ELSE, scopes=("audit",), expires_at=LATER, at=AT
)
REVOKE = RevokeKey(workspace="main", by=SOMEBODY, at=LATER)
CREATED = KeyCreated(
    workspace="main", by=SOMEBODY, holder=SOMEBODY_ELSE, scopes=("audit",), expires_at=LATER, at=AT
)
REVOKED = KeyRevoked(workspace="main", by=SOMEBODY, at=LATER)


def test_a_key_begins_once() -> None:
    KEYS.given().when(CREATE).then(CREATED)
    KEYS.given(CREATED).when(CREATE).then()


def test_a_key_ends_once() -> None:
    KEYS.given(CREATED).when(REVOKE).then(REVOKED)
    KEYS.given(CREATED, REVOKED).when(REVOKE).then()


def test_a_key_that_is_older_than_its_events_begins_with_its_end() -> None:
    KEYS.given().when(REVOKE).then(REVOKED)
    KEYS.given(REVOKED).when(REVOKE).then()


class Office:
    """The table of keys and the log, of which each can be away. An admin's key is in the table
    alone, as of a release that recorded none."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.store = FakeEventStore()
        self.vault = FakeVault()
        self.access = FakeAccess(self.clock)
        self.admin = self.access.create(wanted_key("main", "an admin's")).key
        self.keys = RecordedKeys(
            access=self.access, keys=open_keys(self.store), vault=self.vault, clock=self.clock
        )

    def make(self, by: ApiKey | None = None) -> ApiKey:
        made = self.keys.create(by or self.admin, "main", "Iris Ng's", [Scope.DOWNLOADS], None)
        return made.key

    def told(self, key_id: UUID) -> list[Event]:
        return [each.event for each in self.store.read(key_id)]

    def works(self, key_id: UUID) -> bool:
        return any(key.id == key_id and key.revoked_at is None for key in self.access.list("main"))

    def subject(self, key: ApiKey) -> UUID:
        return self.vault.subject(key.workspace, str(key.principal))


@pytest.fixture
def office() -> Office:
    return Office()


def created(log: Sequence[Event]) -> list[KeyCreated]:
    return [each for each in log if isinstance(each, KeyCreated)]


def test_a_new_keys_event_tells_who_for_whom_and_what_for(office: Office) -> None:
    expires_at = office.clock() + timedelta(days=1)
    scopes = [Scope.EXPORTS_READ, Scope.DOWNLOADS, Scope.DOWNLOADS]
    made = office.keys.create(office.admin, "main", "Iris Ng's", scopes, expires_at)
    assert office.told(made.key.id) == [
        KeyCreated(
            workspace="main",
            by=office.subject(office.admin),
            holder=office.subject(made.key),
            scopes=("downloads", "exports:read"),
            expires_at=expires_at,
            at=office.clock(),
        )
    ]
    assert made.key.scopes == set(scopes)


def test_neither_a_secret_nor_a_label_is_in_the_log(office: Office) -> None:
    made = office.keys.create(office.admin, "main", "Iris Ng's", [Scope.AUDIT], None)
    office.keys.revoke(office.admin, "main", made.key.id)
    for event in office.told(made.key.id):
        _, payload = encode(event)
        for word in (made.secret, made.secret[3:-6], "Iris", str(made.key.principal)):
            assert word.encode() not in payload


def test_a_revocation_is_told_once_however_often_it_is_asked_for(office: Office) -> None:
    key = office.make()
    other = office.access.create(wanted_key("main", "another admin's")).key
    at = office.clock()
    assert office.keys.revoke(office.admin, "main", key.id)
    office.clock.pass_by(hours=1)
    assert office.keys.revoke(other, "main", key.id)
    assert office.told(key.id)[1:] == [
        KeyRevoked(workspace="main", by=office.subject(office.admin), at=at)
    ]


def test_an_older_key_is_revoked_as_any(office: Office) -> None:
    older = office.access.create(wanted_key("main", "older")).key
    assert office.keys.revoke(office.admin, "main", older.id)
    (recorded,) = office.store.read(older.id)
    assert (type(recorded.event), recorded.version) == (KeyRevoked, 1)


def test_what_is_refused_tells_nothing(office: Office) -> None:
    key = office.make()
    assert not office.keys.revoke(office.admin, "other", key.id)
    assert not office.keys.revoke(office.admin, "main", uuid4())
    with pytest.raises(LastAdminKey):
        office.keys.revoke(office.admin, "main", office.admin.id)
    assert office.store.head() == 1
    assert office.works(office.admin.id)


def test_without_the_log_no_key_is_made(office: Office) -> None:
    office.store.unavailable = True
    with pytest.raises(StoreUnavailable):
        office.make()
    assert len(office.access.keys) == 1


def test_a_key_that_broke_off_is_told_of_and_has_never_worked(office: Office) -> None:
    office.access.unavailable = True
    with pytest.raises(StoreUnavailable):
        office.make()
    office.access.unavailable = False
    assert len(office.access.keys) == 1
    key = office.make()
    log = [each.event for each in office.store.log(0, 10)]
    assert len(created(log)) == 2
    assert office.told(key.id) == created(log)[1:]


def test_a_revocation_that_broke_off_is_told_when_it_is_repeated(office: Office) -> None:
    key = office.make()
    office.store.unavailable = True
    with pytest.raises(StoreUnavailable):
        office.keys.revoke(office.admin, "main", key.id)
    assert not office.works(key.id)
    office.store.unavailable = False
    assert len(office.told(key.id)) == 1
    office.clock.pass_by(minutes=1)
    assert office.keys.revoke(office.admin, "main", key.id)
    assert office.told(key.id)[1:] == [
        KeyRevoked(workspace="main", by=office.subject(office.admin), at=office.clock())
    ]


def test_a_key_that_could_not_be_revoked_is_not_called_so(office: Office) -> None:
    key = office.make()
    office.access.unavailable = True
    with pytest.raises(StoreUnavailable):
        office.keys.revoke(office.admin, "main", key.id)
    assert office.works(key.id)
    assert len(office.told(key.id)) == 1


def test_of_two_who_revoke_at_once_one_is_told_of(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, first = office.make(), KeyRevoked(workspace="main", by=SOMEBODY, at=AT)
    append = office.store.append

    def overtaken(aggregate_id: UUID, after: int, events: Sequence[Event]) -> int:
        monkeypatch.setattr(office.store, "append", append)
        append(aggregate_id, after, [first])
        return append(aggregate_id, after, events)

    monkeypatch.setattr(office.store, "append", overtaken)
    assert office.keys.revoke(office.admin, "main", key.id)
    assert office.told(key.id)[1:] == [first]


def test_the_first_key_is_made_by_nobody_who_is_known(office: Office) -> None:
    assert office.keys.create_first("main") is None
    made = office.keys.create_first("new")
    assert made is not None
    assert made.key.scopes == set(Scope)
    assert office.told(made.key.id) == [
        KeyCreated(
            workspace="new",
            by=None,
            holder=office.subject(made.key),
            scopes=tuple(sorted(Scope)),
            expires_at=None,
            at=office.clock(),
        )
    ]
    assert office.keys.create_first("new") is None
    assert office.store.head() == 1


def test_without_the_log_no_first_key_is_made(office: Office) -> None:
    office.store.unavailable = True
    with pytest.raises(StoreUnavailable):
        office.keys.create_first("new")
    assert office.access.list("new") == []
