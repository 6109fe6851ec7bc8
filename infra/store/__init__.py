"""The event store in PostgreSQL, and its bell."""

from infra.store.postgresql import EventStoreOnPostgresql, StoreNotMade
from infra.store.wakeups import Wakeups

__all__ = ["EventStoreOnPostgresql", "StoreNotMade", "Wakeups"]
