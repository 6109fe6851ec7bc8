"""The table of parked events: what a handler refused, and all that came after it for that key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from domain.streams import Envelope
from infra.database import Pool
from infra.queries import load_queries
from infra.streams.failures import Failure
from schemas.cloudevents import from_cloudevent, to_cloudevent

_SQL = load_queries("infra", "sql/consumers_queries.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedKey:
    """An aggregate that a subscription doesn't follow at present, and the error it began with."""

    subscription: str
    aggregate_id: UUID
    events: int
    since: datetime
    error: Failure


class Parking:
    """Parked events by subscription and aggregate, in order of position."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def is_parked(self, subscription: str, aggregate_id: UUID) -> bool:
        with self._pool.connection() as connection:
            row = connection.execute(_SQL["is_parked"], _key(subscription, aggregate_id)).fetchone()
        return row is not None and bool(row["parked"])

    def park(self, subscription: str, envelope: Envelope, failure: Failure) -> None:
        """Parks the key, with this event as its first. A repeat changes nothing."""
        values = _entry(subscription, envelope) | {"type": failure.type, "place": failure.place}
        with self._pool.connection() as connection:
            connection.execute(_SQL["park"], values)

    def park_behind(self, subscription: str, envelope: Envelope) -> bool:
        """Queues the event behind the others of its key; False if the key is free by now."""
        with self._pool.connection() as connection:
            rows = connection.execute(_SQL["park_behind"], _entry(subscription, envelope))
            return rows.fetchone() is not None

    def release(
        self, subscription: str, aggregate_id: UUID, handle: Callable[[Envelope], None]
    ) -> bool:
        """Hands the first parked event over and takes it off the list; False if none is left.
        What `handle` raises leaves it parked."""
        key = _key(subscription, aggregate_id)
        with self._pool.connection() as connection, connection.transaction():
            row = connection.execute(_SQL["first_parked"], key).fetchone()
            if row is None:
                return False
            handle(from_cloudevent(row["envelope"]))
            _take_off(connection, key, row)
        return True

    def parked_keys(self) -> list[ParkedKey]:
        """Everything parked now, the longest parked first."""
        with self._pool.connection() as connection:
            return [_parked_key(row) for row in connection.execute(_SQL["parked_keys"])]


def _key(subscription: str, aggregate_id: UUID) -> dict[str, Any]:
    return {"subscription": subscription, "aggregate_id": aggregate_id}


def _entry(subscription: str, envelope: Envelope) -> dict[str, Any]:
    return _key(subscription, envelope.aggregate_id) | {
        "position": envelope.position,
        "envelope": Jsonb(to_cloudevent(envelope)),
    }


def _take_off(connection: Connection[DictRow], key: dict[str, Any], row: DictRow) -> None:
    connection.execute(_SQL["unpark"], key | {"position": row["position"]})


def _parked_key(row: DictRow) -> ParkedKey:
    return ParkedKey(
        subscription=row["subscription"],
        aggregate_id=row["aggregate_id"],
        events=row["events"],
        since=row["since"],
        error=Failure(type=row["error_type"] or "", place=row["error_place"] or ""),
    )
