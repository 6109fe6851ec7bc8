"""One process's connections to everything that an installation consists of, opened in order and
closed in reverse. The composition roots build their parts over it."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

from domain.datasets import Dataset
from domain.keys.recorded import RecordedKeys
from domain.ledger import Downloads, Exports, open_downloads, open_exports, open_keys
from domain.ports import Rows, Source
from infra.access import ApiKeys
from infra.catalog import Catalog, load_catalog
from infra.database import Pool, migrate, open_pool
from infra.embedded_postgres import EmbeddedPostgres
from infra.files import FileStore, S3Settings, open_files
from infra.files.sealed import SealedFiles
from infra.key_encryption import KeyEncryptionKey
from infra.keys import PostgresDataKeys, open_kek
from infra.projections import make_read_models
from infra.rows import open_source
from infra.settings import Settings
from infra.signing import SigningKey, open_signing_key
from infra.store import EventStoreOnPostgresql
from infra.vault import PostgresVault
from infra.work import WorkTable

_WRONG = timedelta(seconds=float(os.environ.get("WAYBILL_FAULTS_CLOCK") or 0))


def now() -> datetime:
    """The clock of everything that is recorded. WAYBILL_FAULTS_CLOCK sets it wrong, by so many
    seconds, to try what becomes of that (docs/faults.md)."""
    return datetime.now(UTC) + _WRONG


@dataclass(slots=True, kw_only=True)
class Installation:
    """What `open_installation` opened. A context manager: leaving it closes all."""

    settings: Settings
    url: str
    pool: Pool
    store: EventStoreOnPostgresql
    exports: Exports
    downloads: Downloads
    kek: KeyEncryptionKey
    keys: PostgresDataKeys
    vault: PostgresVault
    access: ApiKeys
    recorded_keys: RecordedKeys
    files: FileStore
    sealed: SealedFiles
    signing: SigningKey
    catalog: Catalog
    rows: dict[str, Rows]
    work: WorkTable
    _closing: ExitStack = field(repr=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._closing.close()

    def on_close(self, action: Callable[[], None]) -> None:
        """Has `action` run when this is closed, before what is open now is closed."""
        self._closing.callback(action)


@dataclass(frozen=True, slots=True)
class DeclaredSources:
    """Satisfies `domain.ports.Sources`."""

    installation: Installation

    def find(self, dataset: str) -> Source | None:
        found = self.installation.catalog.datasets.get(dataset)
        if found is None:
            return None
        return Source(dataset=found, rows=self.installation.rows[found.source])

    def all(self) -> list[Dataset]:
        return [each for _, each in sorted(self.installation.catalog.datasets.items())]


def database_url(settings: Settings, closing: ExitStack) -> str:
    """The URL of the service's own database; starts the embedded one where none is named."""
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    postgres = EmbeddedPostgres(settings.data_dir / "postgres")
    url = postgres.start()
    closing.callback(postgres.stop)
    return url


def open_installation(settings: Settings, *, prepare: bool) -> Installation:
    """Opens everything. With `prepare` it also makes what isn't there yet: tables, the folder or
    bucket, the keys.

    Raises what says which part is missing and what to do."""
    with ExitStack() as closing:
        url = database_url(settings, closing)
        if prepare:
            migrate(url)
        opened = _open(settings, url, closing, prepare=prepare)
        opened._closing = closing.pop_all()
        return opened


def file_store(settings: Settings) -> FileStore:
    """The store that the settings name; nothing is contacted yet."""
    s3 = S3Settings(
        endpoint=settings.s3_endpoint,
        access_key=settings.s3_access_key,
        secret_key=settings.s3_secret_key.get_secret_value(),
        region=settings.s3_region,
        secure=settings.s3_secure,
    )
    return open_files(settings.files_url, s3 if settings.s3_endpoint else None)


def open_catalog(settings: Settings, url: str) -> Catalog:
    """The declared datasets. `${WAYBILL_DATABASE}` in a dsn is the service's own database, so that
    a first try needs no other. Without a file at the default place there are none yet.

    Raises `CatalogInvalid`."""
    if settings.datasets is None and not settings.datasets_path.exists():
        return Catalog(datasets={}, sources={})
    return load_catalog(settings.datasets_path, {**os.environ, "WAYBILL_DATABASE": url})


def _open(settings: Settings, url: str, closing: ExitStack, *, prepare: bool) -> Installation:
    pool = open_pool(url, size=16)
    closing.callback(pool.close)
    store = EventStoreOnPostgresql(url, connections=16)
    closing.callback(store.close)
    kek = open_kek(settings.kek_path, pool, create=prepare)
    files = file_store(settings)
    if prepare:
        make_read_models(pool)
        files.prepare()
    catalog = open_catalog(settings, url)
    access, vault = ApiKeys(pool), PostgresVault(pool, kek)
    return Installation(
        settings=settings,
        url=url,
        pool=pool,
        store=store,
        exports=open_exports(store),
        downloads=open_downloads(store),
        kek=kek,
        keys=PostgresDataKeys(pool, kek),
        vault=vault,
        access=access,
        recorded_keys=RecordedKeys(access=access, keys=open_keys(store), vault=vault, clock=now),
        files=files,
        sealed=SealedFiles(files),
        signing=open_signing_key(settings.signing_key_path, create=prepare),
        catalog=catalog,
        rows={name: open_source(source) for name, source in catalog.sources.items()},
        work=WorkTable(pool, lease=settings.lease_seconds, sweep=settings.sweep_seconds),
        _closing=closing,
    )
