"""All that the HTTP API works with, in one value that its composition root makes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from api.tail import Tail
from domain.access import Access
from domain.keys.recorded import RecordedKeys
from domain.ledger import Downloads, Exports
from domain.manifests import Manifest
from domain.ports import Clock, EventStore, Sources, Vault
from domain.previews import Previews
from domain.protection import Protection
from projections.audit import Audit
from projections.downloads import Downloads as Fetched
from projections.history import History


class FinishedFiles(Protocol):
    """The files of ended exports, unsealed while they are read; each belongs to the attempt that
    made it. Every method may raise
    `FileMissing`, `FileBroken`, `FilesUnavailable` or `KeyDestroyed`."""

    def manifest(self, export_id: UUID, attempt: int, file: str) -> Manifest: ...

    def read(self, manifest: Manifest, start: int, length: int) -> Iterator[bytes]:
        """Plain bytes in pieces; it may also raise in the middle."""

    def waybill(self, export_id: UUID, attempt: int, file: str) -> bytes:
        """The signed waybill as it was stored."""

    def rejections(self, export_id: UUID, attempt: int, file: str) -> bytes:
        """NDJSON, one rejected row a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What a download link says. `expires_at` has whole seconds."""

    download_id: UUID
    export_id: UUID
    file: str
    workspace: str
    principal: UUID
    expires_at: datetime


class TicketInvalid(Exception):
    """This download link was altered or isn't ours. Ask for a new one."""


class TicketExpired(Exception):
    """This download link has expired. Ask for a new one."""


class Tickets(Protocol):
    def issue(self, ticket: Ticket) -> str: ...

    def read(self, text: str, now: datetime) -> Ticket:
        """Raises `TicketInvalid` or `TicketExpired`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """The public half of the key that signs waybills; `public` are its 32 raw bytes."""

    key_id: str
    public: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiPorts:
    """`secret` keys the digests of requests and the signatures of cursors. A health check raises
    when its part can't be used; the name of the exception is shown, its text is not. Pages of
    `allowed_origins` may open a WebSocket; they are written as browsers send them. `stored` is
    called when a request for an export is stored and not answered yet."""

    exports: Exports
    downloads: Downloads
    store: EventStore
    history: History
    fetched: Fetched
    audit: Audit
    sources: Sources
    vault: Vault
    access: Access
    recorded_keys: RecordedKeys
    files: FinishedFiles
    tickets: Tickets
    signing_key: SigningKey
    tail: Tail
    previews: Previews
    protection: Protection
    clock: Clock
    secret: bytes
    public_url: str
    retention_days: int
    health: Mapping[str, Callable[[], None]]
    allowed_origins: frozenset[str] = frozenset()
    stored: Callable[[], None] = lambda: None
