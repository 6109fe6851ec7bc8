"""What `waybill doctor` looks at behind the migrations: the log, who follows it, who works."""

from __future__ import annotations

from collections.abc import Iterator

from cli import wording
from cli.finding import Finding, looked, wrong
from infra.database import Pool
from infra.installation import now
from infra.projections import Projector
from infra.settings import Settings
from infra.store import EventStoreOnPostgresql
from infra.streams.parking import Parking
from projections.catalogue import READ_MODELS

_LATE = 60.0  # seconds


def work_findings(settings: Settings, url: str, pool: Pool) -> Iterator[Finding]:
    yield from looked("workers", lambda: _workers(settings, pool))
    yield from looked("parked events", lambda: _parked(pool))
    try:
        store = EventStoreOnPostgresql(url, connections=4)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
        yield wrong("event store", error)
        return
    try:
        yield from looked("event store", lambda: _store(store))
        yield from looked("consumers", lambda: _consumers(settings, store, pool))
        yield from looked("read models", lambda: _read_models(store, pool))
        if settings.transport == "kafka":
            yield from looked("topics' events", lambda: _topics(settings, store))
    finally:
        store.close()


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
    detail = "follows another life of the store"
    return Finding(name=f"lag {name}", ok=False, detail=detail, advice=_epoch_changed())


def _topics(settings: Settings, store: EventStoreOnPostgresql) -> Iterator[Finding]:
    """A store that was restored knows less than its topics."""
    from infra.streams.kafka.lives import foreign_places

    places = foreign_places(settings, store)
    yield Finding(
        name="topics' events",
        ok=not places,
        detail=f"not in the store: the last of {', '.join(places)}" if places else "in the store",
        advice=_epoch_changed(),
    )


def _epoch_changed() -> str:
    from infra.streams.consumers import EpochChanged

    return " ".join((EpochChanged.__doc__ or "").split())


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
