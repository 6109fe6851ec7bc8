"""What `waybill doctor` looks at: each look is a finding, and what is wrong comes with advice."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from importlib.resources import files as package_files

import psycopg

from cli import wording
from cli.refusals import refusal
from domain.ports import FileMissing
from infra.catalog import Catalog
from infra.database import MIGRATIONS, Pool, open_pool
from infra.installation import file_store, now, open_catalog
from infra.keys import open_kek
from infra.projections import Projector
from infra.settings import Settings
from infra.signing import open_signing_key
from infra.store import EventStoreOnPostgresql
from infra.streams.parking import Parking
from projections.catalogue import READ_MODELS

_LITTLE_DISK = 1_000_000_000
_KEY_ADVICE = (
    "A new installation's keys are made by `waybill migrate` or `waybill up`. Every machine needs "
    "the same two files, and an installation that lost them needs them back from its backup."
)
_LATE = 60.0  # seconds
_SKEW = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`ok` is None for what is neither right nor wrong."""

    name: str
    ok: bool | None
    detail: str
    advice: str = ""


def findings(settings: Settings, url: str) -> Iterator[Finding]:
    """From the database up. What needs something that is broken isn't looked at."""
    yield _disk(settings)
    yield from _looked("datasets", lambda: _datasets(settings, url))
    yield from _looked("files", lambda: _files(settings))
    yield from _looked("signing key", lambda: _signing(settings), _KEY_ADVICE)
    pool = open_pool(url, size=4)
    with pool:
        yield from _looked("clock", lambda: _clock(pool))
        migrations = list(_looked("migrations", lambda: _migrations(pool)))
        yield from migrations
        if all(found.ok for found in migrations):
            yield from _of_the_service(settings, url, pool)


def _of_the_service(settings: Settings, url: str, pool: Pool) -> Iterator[Finding]:
    yield from _looked("key-encryption key", lambda: _kek(settings, pool), _KEY_ADVICE)
    yield from _looked("workers", lambda: _workers(settings, pool))
    yield from _looked("parked events", lambda: _parked(pool))
    try:
        store = EventStoreOnPostgresql(url, connections=4)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
        yield _wrong("event store", error)
        return
    try:
        yield from _looked("event store", lambda: _store(store))
        yield from _looked("consumers", lambda: _consumers(settings, store, pool))
        yield from _looked("read models", lambda: _read_models(store, pool))
    finally:
        store.close()


def _looked(
    name: str, look: Callable[[], Iterator[Finding]], advice: str = ""
) -> Iterator[Finding]:
    try:
        yield from list(look())
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
        yield _wrong(name, error, advice)


def _wrong(name: str, error: Exception, advice: str = "") -> Finding:
    known = refusal(error)
    detail = str(known) if known else type(error).__name__
    return Finding(name=name, ok=False, detail=detail, advice=advice)


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


def _datasets(settings: Settings, url: str) -> Iterator[Finding]:
    catalog = open_catalog(settings, url)
    declared = f"{len(catalog.datasets)} in {settings.datasets_path}"
    advice = "Declare some: docs/datasets.md, `waybill datasets describe`."
    yield Finding(
        name="datasets", ok=bool(catalog.datasets) or None, detail=declared, advice=advice
    )
    for name in catalog.sources:
        yield from _looked(f"source {name}", lambda name=name: _source(catalog, name))  # type: ignore[misc] # a default argument has no type in a lambda


def _source(catalog: Catalog, name: str) -> Iterator[Finding]:
    with psycopg.connect(catalog.sources[name].dsn, connect_timeout=10) as connection:
        version = connection.info.parameter_status("server_version")
    yield Finding(name=f"source {name}", ok=True, detail=f"PostgreSQL {version}")


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
        row = connection.execute("SELECT clock_timestamp() AS at, version() AS version").fetchone()
    assert row is not None  # noqa: S101 - a SELECT without a table has one row
    version = " ".join(str(row["version"]).split()[:2])
    yield Finding(name="database", ok=True, detail=version)
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


def _workers(settings: Settings, pool: Pool) -> Iterator[Finding]:
    with pool.connection() as connection:
        rows = connection.execute(
            "SELECT id, renders FROM workers WHERE seen_at > now() - make_interval(secs => %s)",
            (settings.lease_seconds,),
        ).fetchall()
    places = sum(row["renders"] for row in rows)
    yield Finding(
        name="workers",
        ok=bool(rows),
        detail=f"{len(rows)} at work, {places} processes that render",
        advice="Nobody works at exports. Start `waybill up`, or `waybill worker` on Kafka.",
    )


def _parked(pool: Pool) -> Iterator[Finding]:
    keys = Parking(pool).parked_keys()
    for key in keys:
        yield Finding(
            name="parked events",
            ok=False,
            detail=f"{key.subscription} could not take {key.events} of {key.aggregate_id}: "
            f"{key.error.type} in {key.error.place}",
            advice="When the cause is mended: "
            f"waybill unpark {key.subscription} {key.aggregate_id}",
        )
    if not keys:
        yield Finding(name="parked events", ok=True, detail="none")


def _store(store: EventStoreOnPostgresql) -> Iterator[Finding]:
    detail = f"{wording.count(store.head())} events, epoch {store.epoch()}"
    yield Finding(name="event store", ok=True, detail=detail)


def _consumers(settings: Settings, store: EventStoreOnPostgresql, pool: Pool) -> Iterator[Finding]:
    """Those that read the log itself; what Kafka's groups have read, Kafka knows."""
    epoch, head = store.epoch(), store.head()
    with pool.connection() as connection:
        rows = connection.execute("SELECT name, epoch, position FROM consumers ORDER BY name")
        consumers = rows.fetchall()
    for row in consumers:
        if row["epoch"] != epoch:
            yield _other_epoch(row["name"])
        elif settings.transport == "local" or row["name"] == f"{settings.kafka_prefix}relay":
            yield lag_finding(row["name"], head - row["position"], _waiting(store, row["position"]))


def _other_epoch(name: str) -> Finding:
    from infra.streams.consumers import EpochChanged

    advice = " ".join((EpochChanged.__doc__ or "").split())
    return Finding(name=f"lag {name}", ok=False, detail="follows another store", advice=advice)


def _waiting(store: EventStoreOnPostgresql, position: int) -> float:
    """The age of the first event after this position, in seconds."""
    following = store.log(position, 1)
    return (now() - following[0].event.at).total_seconds() if following else 0.0


def _read_models(store: EventStoreOnPostgresql, pool: Pool) -> Iterator[Finding]:
    for name, model in READ_MODELS.items():
        lag = Projector(model, store, pool).lag(now())
        yield lag_finding(f"table {name}", lag.positions, lag.seconds)


def lag_finding(name: str, positions: int, seconds: float) -> Finding:
    return Finding(
        name=f"lag {name}",
        ok=seconds < _LATE,
        detail=f"{wording.count(positions)} positions, {wording.duration(seconds)}",
        advice="It is behind. Check that its process runs, and what its log says.",
    )
