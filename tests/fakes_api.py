"""The HTTP API over fakes, and a client that calls it without a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from api.app import create_app
from api.main import SignedTickets
from api.ports import ApiPorts, SigningKey
from api.tail import Tail
from domain.access import ApiKey, LastAdminKey, NewKey, Scope, WantedKey
from domain.acts import Act
from domain.exports.state import Status
from domain.keys.recorded import RecordedKeys
from domain.ledger import open_downloads, open_keys
from domain.ports import StoreUnavailable
from domain.previews import Preview, PreviewAsked
from domain.protection import ProtectedCopy
from domain.streams import Tick
from infra.access import new_secret
from infra.finished_files import FinishedFiles
from processors.pdf_encryption import encrypted
from processors.previews import preview
from projections.audit import AUDIT, AuditCursor, AuditFilters, AuditRow
from projections.downloads import DOWNLOADS, DownloadRow, DownloadsCursor
from projections.history import HISTORY, HistoryCursor, HistoryFilters, HistoryRow
from projections.read_model import folded
from projections.texts import searchable, words
from tests.fakes_store import FakeEventStore
from tests.fakes_work import FakeClock, FakeRows, FakeSources
from tests.processing import World
from tests.wanted_keys import wanted_key

PROBLEM = "application/problem+json"


class FakeAccess:
    """Keeps secrets as they are: nobody else reads them here. `unavailable`: keys are known, but
    none is made or revoked while it is set."""

    def __init__(self, clock: FakeClock) -> None:
        self.unavailable = False
        self.keys: dict[str, ApiKey] = {}
        self._clock = clock

    def authenticate(self, secret: str) -> ApiKey | None:
        key = self.keys.get(secret)
        return key if key is not None and self._works(key) else None

    def create(self, wanted: WantedKey) -> NewKey:
        self._check()
        key = ApiKey(
            id=wanted.id,
            workspace=wanted.workspace,
            principal=wanted.principal,
            label=wanted.label,
            scopes=wanted.scopes,
            created_at=self._clock(),
            expires_at=wanted.expires_at,
        )
        secret = new_secret()
        self.keys[secret] = key
        return NewKey(key=key, secret=secret)

    def usable(self, workspace: str) -> bool:
        return any(self._works(key) for key in self.list(workspace))

    def create_first(self, wanted: WantedKey, before: Callable[[], None]) -> NewKey | None:
        if self.usable(wanted.workspace):
            return None
        before()
        return self.create(wanted)

    def list(self, workspace: str) -> list[ApiKey]:
        return [key for key in self.keys.values() if key.workspace == workspace]

    def revoke(self, workspace: str, key_id: UUID) -> bool:
        self._check()
        for secret, key in self.keys.items():
            if key.id == key_id and key.workspace == workspace:
                self._refuse_last_admin(key)
                revoked_at = key.revoked_at or self._clock()
                self.keys[secret] = replace(key, revoked_at=revoked_at)
                return True
        return False

    def _check(self) -> None:
        if self.unavailable:
            raise StoreUnavailable

    def _works(self, key: ApiKey) -> bool:
        return key.revoked_at is None and (key.expires_at is None or key.expires_at > self._clock())

    def _refuse_last_admin(self, wanted: ApiKey) -> None:
        admins = [
            key.id
            for key in self.list(wanted.workspace)
            if self._works(key) and Scope.ADMIN in key.scopes
        ]
        if admins == [wanted.id]:
            raise LastAdminKey


class FakeHistory:
    """Folds the log anew for each question."""

    def __init__(self, store: FakeEventStore) -> None:
        self._store = store

    def page(
        self, workspace: str, filters: HistoryFilters, after: HistoryCursor | None, limit: int
    ) -> list[HistoryRow]:
        found = [
            row
            for row in folded(HISTORY, self._store.log(0, 1_000_000))
            if _matches(row, workspace, filters)
        ]
        found.sort(key=_requested, reverse=True)
        return [row for row in found if after is None or _requested(row) < after][:limit]

    def get(self, workspace: str, export_id: UUID) -> HistoryRow | None:
        rows = self.page(workspace, HistoryFilters(), None, 10_000)
        return next((row for row in rows if row.export_id == export_id), None)

    def counts(self, workspace: str, filters: HistoryFilters) -> dict[Status, int]:
        rows = self.page(workspace, filters, None, 10_000)
        return {status: sum(row.status is status for row in rows) for status in Status}


class FakeFetched:
    def __init__(self, store: FakeEventStore) -> None:
        self._store = store

    def of_export(
        self, workspace: str, export_id: UUID, after: DownloadsCursor | None, limit: int
    ) -> list[DownloadRow]:
        found = [
            row
            for row in folded(DOWNLOADS, self._store.log(0, 1_000_000))
            if row.workspace == workspace and row.export_id == export_id
        ]
        found.sort(key=_granted, reverse=True)
        return [row for row in found if after is None or _granted(row) < after][:limit]


class FakeAudit:
    def __init__(self, store: FakeEventStore) -> None:
        self._store = store

    def page(
        self, workspace: str, filters: AuditFilters, after: AuditCursor | None, limit: int
    ) -> list[AuditRow]:
        rows = folded(AUDIT, self._store.log(0, 1_000_000))
        asked = {row.export_id: row for row in rows if row.act is Act.REQUEST_EXPORT}
        found = []
        for row in rows:
            request = asked.get(row.export_id, row)
            told = replace(row, dataset=row.dataset or request.dataset)
            if _told(told, [each.dataset for each in request.sheets], workspace, filters):
                found.append(told)
        found.sort(key=_placed, reverse=True)
        return [row for row in found if after is None or _placed(row) < after][:limit]


class FakePreviews:
    """Renders on the spot."""

    def render(self, asked: PreviewAsked) -> Preview:
        return preview(asked)


class FakeProtection:
    """Encrypts on the spot."""

    def protect(self, size: int, plain: Callable[[], bytes], password: str) -> ProtectedCopy:
        return ProtectedCopy(data=encrypted(plain(), password))


@dataclass
class Site:
    """An installation over fakes behind its API. `call` sends a request with the key of `secret`
    and waits for the answer; each of them is checked to be JSON, a problem or bytes."""

    world: World = field(default_factory=World)

    def __post_init__(self) -> None:
        store = self.world.store
        self.access = FakeAccess(self.world.clock)
        self.watchers: list[Any] = []
        self.tail = Tail(store, store.listen().wait, self._subscribe)
        self.parts: dict[str, Any] = {"events": lambda: store.head() and None}
        self.ports = ApiPorts(
            exports=self.world.ports.exports,
            downloads=open_downloads(store),
            store=store,
            history=FakeHistory(store),
            fetched=FakeFetched(store),
            audit=FakeAudit(store),
            sources=FakeSources(self.world.datasets, self.world.rows),
            vault=self.world.vault,
            access=self.access,
            recorded_keys=RecordedKeys(
                access=self.access,
                keys=open_keys(store),
                vault=self.world.vault,
                clock=self.world.clock,
            ),
            files=FinishedFiles(
                files=self.world.files, sealed=self.world.sealed, keys=self.world.keys
            ),
            tickets=SignedTickets(b"t" * 32),
            signing_key=SigningKey(
                key_id=self.world.signer.key_id, public=self.world.signer.public
            ),
            tail=self.tail,
            previews=FakePreviews(),
            protection=FakeProtection(),
            clock=self.world.clock,
            secret=b"s" * 32,
            public_url="http://waybill.test",
            retention_days=7,
            health=self.parts,
        )
        self.app: FastAPI = create_app(self.ports, CollectorRegistry())
        self.secret = self.key()
        self.runner = asyncio.Runner()

    def key(self, *scopes: Scope, workspace: str = "default") -> str:
        """The secret of a new key; with every scope when none is named."""
        return self.access.create(wanted_key(workspace, "a key", scopes or tuple(Scope))).secret

    def call(
        self,
        method: str,
        path: str,
        *,
        secret: str | None = "",
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> httpx.Response:
        """`secret` None sends no key."""
        sent = dict(headers or {})
        if secret is not None:
            sent["Authorization"] = f"Bearer {secret or self.secret}"
        answer: httpx.Response = self.runner.run(self._send(method, path, headers=sent, **more))
        return answer

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.call("GET", path, **more)

    def post(self, path: str, body: object = None, **more: Any) -> httpx.Response:
        """`body` is sent as JSON; with None there is none."""
        sent: dict[str, Any] = {} if body is None else {"json": body}
        return self.call("POST", path, **sent, **more)

    def export(self, *formats: object, **body: Any) -> str:
        """Requests an export of the things and answers its id."""
        asked = {"dataset": "things", "formats": list(formats or ("csv",)), **body}
        answer = self.post("/v1/exports", asked)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def finished(self, *formats: object, **body: Any) -> str:
        """The id of an export that is done."""
        export_id = self.export(*formats, **body)
        self.world.finish(UUID(export_id))
        return export_id

    def tick(self, tick: Tick) -> None:
        for watcher in self.watchers:
            watcher(tick)

    def close(self) -> None:
        self.tail.close()
        self.runner.close()

    async def _send(self, method: str, path: str, **more: Any) -> httpx.Response:
        transport = httpx.ASGITransport(app=self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://waybill.test") as client:
            return await client.request(method, path, **more)

    def _subscribe(self, watcher: Any) -> Any:
        self.watchers.append(watcher)
        return lambda: self.watchers.remove(watcher)


@contextmanager
def open_site(lines: list[bytes] | None = None) -> Iterator[Site]:
    """`lines` are the rows of the things as COPY text."""
    site = Site(World(rows=FakeRows(lines=list(lines or []))))
    try:
        yield site
    finally:
        site.close()


def problem(answer: httpx.Response, slug: str) -> dict[str, Any]:
    """The problem that was answered, once it is one of this kind."""
    assert answer.headers["content-type"] == PROBLEM, answer.text
    found: dict[str, Any] = answer.json()
    assert found["type"] == f"/problems/{slug}", found
    assert found["status"] == answer.status_code
    assert found["request_id"] == answer.headers["x-request-id"]
    assert found["detail"]
    return found


def _matches(row: HistoryRow, workspace: str, filters: HistoryFilters) -> bool:
    text = searchable(row.dataset, row.dataset_label or "", row.sentence or "")
    return (
        row.workspace == workspace
        and row.status in (filters.statuses or Status)
        and filters.dataset in (None, row.dataset, *(each.dataset for each in row.sheets))
        and filters.requested_by in (None, row.requested_by)
        and (filters.since is None or row.requested_at >= filters.since)
        and (filters.until is None or row.requested_at < filters.until)
        and all(word in text for word in words(filters.q))
    )


def _told(row: AuditRow, sheets: list[str], workspace: str, filters: AuditFilters) -> bool:
    return (
        row.workspace == workspace
        and filters.by in (None, row.by)
        and row.act in (filters.acts or Act)
        and filters.dataset in (None, row.dataset, *sheets)
        and filters.export_id in (None, row.export_id)
        and filters.key_id in (None, row.key_id)
        and (filters.since is None or row.at >= filters.since)
        and (filters.until is None or row.at < filters.until)
        and filters.result in (None, row.result)
        and filters.outcome in (None, row.outcome)
    )


def _placed(row: AuditRow) -> AuditCursor:
    return row.at, row.position


def _requested(row: HistoryRow) -> HistoryCursor:
    return row.requested_at, row.export_id


def _granted(row: DownloadRow) -> DownloadsCursor:
    return row.granted_at, row.download_id
