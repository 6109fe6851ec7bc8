"""What `waybill doctor` looks at first: the places that an installation consists of."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from importlib.resources import files as package_files

import psycopg

from cli import wording
from cli.finding import Finding, looked
from cli.refusals import DATABASE_ADVICE
from cli.work_findings import work_findings
from domain.ports import FileMissing
from infra.catalog import Catalog
from infra.database import MIGRATIONS, Pool, open_pool
from infra.installation import file_store, open_catalog
from infra.keys import open_kek
from infra.settings import Settings
from infra.signing import open_signing_key
from processors.kernel import kernel
from processors.pdf_fonts import pdf_fonts

_LITTLE_DISK = 1_000_000_000
_SOURCE_ADVICE = "Check its dsn in the datasets file, and that the database runs."
_KEY_ADVICE = (
    "A new installation's keys are made by `waybill migrate` or `waybill up`. Every machine needs "
    "the same two files, and an installation that lost them needs them back from its backup."
)
_SKEW = 5.0  # seconds


def findings(settings: Settings, url: str) -> Iterator[Finding]:
    """From the database up. What needs something that is broken isn't looked at."""
    yield _disk(settings)
    yield from looked("fonts for PDFs", lambda: _fonts(settings))
    yield _rendering()
    database = list(looked("database", lambda: _database(url), DATABASE_ADVICE))
    yield from database
    if not database[0].ok:
        return
    yield from looked("datasets", lambda: _datasets(settings, url))
    yield from looked("files", lambda: _files(settings))
    yield from looked("signing key", lambda: _signing(settings), _KEY_ADVICE)
    pool = open_pool(url, size=4)
    with pool:
        yield from looked("clock", lambda: _clock(pool))
        migrations = list(looked("migrations", lambda: _migrations(pool)))
        yield from migrations
        if all(found.ok for found in migrations):
            yield from looked("key-encryption key", lambda: _kek(settings, pool), _KEY_ADVICE)
            yield from work_findings(settings, url, pool)


def _disk(settings: Settings) -> Finding:
    path = settings.data_dir.absolute()
    while not path.exists():
        path = path.parent
    free = shutil.disk_usage(path).free
    return Finding(
        name="disk",
        ok=free > _LITTLE_DISK,
        detail=f"{wording.size(free)} free at {settings.data_dir}",
        advice="Free some space: exports fail where it ends.",
    )


def _fonts(settings: Settings) -> Iterator[Finding]:
    """Nothing where none are named: those that come with Waybill are there."""
    if fonts := pdf_fonts(settings.pdf_fonts):
        from processors.renderers.pdf.added_faces import font_name

        yield Finding(name="fonts for PDFs", ok=True, detail=", ".join(map(font_name, fonts)))


def _rendering() -> Finding:
    found = kernel()
    how = "by Python alone" if found is None else "by the compiled kernel and Python"
    return Finding(
        name="rendering",
        ok=True if found is not None else None,
        detail=how,
        advice="The same bytes come sooner with the kernel: docs/kernel.md.",
    )


def _datasets(settings: Settings, url: str) -> Iterator[Finding]:
    catalog = open_catalog(settings, url)
    declared = f"{len(catalog.datasets)} in {settings.datasets_path}"
    advice = "Declare some: docs/datasets.md, `waybill datasets describe`."
    yield Finding(
        name="datasets", ok=bool(catalog.datasets) or None, detail=declared, advice=advice
    )
    for name in catalog.sources:
        look = partial(_source, catalog, name)
        yield from looked(f"source {name}", look, _SOURCE_ADVICE)


def _source(catalog: Catalog, name: str) -> Iterator[Finding]:
    yield Finding(name=f"source {name}", ok=True, detail=_release(catalog.sources[name].dsn))


def _database(url: str) -> Iterator[Finding]:
    yield Finding(name="database", ok=True, detail=_release(url))


def _release(dsn: str) -> str:
    with psycopg.connect(dsn, connect_timeout=10) as connection:
        return f"PostgreSQL {connection.info.parameter_status('server_version')}"


def _files(settings: Settings) -> Iterator[Finding]:
    store, key, data = file_store(settings), f"doctor/{secrets.token_hex(8)}", b"waybill doctor"
    store.put(key, data)
    same = store.get(key) == data
    store.delete([key])
    try:
        store.get(key)
    except FileMissing:
        gone = True
    else:
        gone = False
    yield Finding(
        name="files",
        ok=same and gone,
        detail=f"{settings.files_url}: written, read, deleted",
        advice="It doesn't keep what it is given. Check the store.",
    )


def _signing(settings: Settings) -> Iterator[Finding]:
    key = open_signing_key(settings.signing_key_path, create=False)
    yield Finding(name="signing key", ok=True, detail=f"{key.key_id}, {settings.signing_key_path}")


def _kek(settings: Settings, pool: Pool) -> Iterator[Finding]:
    key = open_kek(settings.kek_path, pool, create=False)
    yield Finding(name="key-encryption key", ok=True, detail=f"{key.id}, {settings.kek_path}")


def _clock(pool: Pool) -> Iterator[Finding]:
    with pool.connection() as connection:
        row = connection.execute("SELECT clock_timestamp() AS at").fetchone()
    assert row is not None  # noqa: S101 - a SELECT without a table has one row
    skew = abs((datetime.now(UTC) - row["at"]).total_seconds())
    yield Finding(
        name="clock",
        ok=skew < _SKEW,
        detail=f"{skew:.1f} s between this machine and the database",
        advice="Let both machines keep their time by NTP: links and leases expire by it.",
    )


def _migrations(pool: Pool) -> Iterator[Finding]:
    with pool.connection() as connection:
        made = connection.execute("SELECT to_regclass('migrations') AS made").fetchone()
        rows = (
            connection.execute("SELECT name, sha256 FROM migrations").fetchall()
            if made and made["made"]
            else []
        )
    applied = {row["name"]: row["sha256"] for row in rows}
    missing = [name for name in MIGRATIONS if name not in applied]
    changed = [name for name in MIGRATIONS if applied.get(name, _digest(name)) != _digest(name)]
    yield Finding(
        name="migrations",
        ok=not missing and not changed,
        detail=f"{len(MIGRATIONS) - len(missing)} of {len(MIGRATIONS)}"
        + (f"; changed: {', '.join(changed)}" if changed else ""),
        advice="Use the release that made this database." if changed else "Run `waybill migrate`.",
    )


def _digest(name: str) -> str:
    return sha256(package_files("infra").joinpath("sql", name).read_bytes()).hexdigest()
