"""The table of consumers: which life of the event store each follows, and how far it has come."""

from __future__ import annotations

from uuid import UUID

from psycopg import Connection
from psycopg.rows import DictRow

from infra.database import Pool
from infra.queries import load_queries

_SQL = load_queries("infra", "sql/consumers_queries.sql")


class EpochChanged(Exception):
    """The event store is another life of the one that this consumer followed: it was restored
    from a backup, or replaced. Stop every process of Waybill and run `waybill new-epoch`, which
    says how to go on (docs/transports.md, "After a restore")."""

    def __init__(self, consumer: str) -> None:
        said = " ".join((EpochChanged.__doc__ or "").split())
        super().__init__(f"{said} Consumer: {consumer}.")


class Consumers:
    """Places in the log by consumer name."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def enter(self, name: str, epoch: UUID) -> int:
        """See `enter`."""
        with self._pool.connection() as connection:
            return enter(connection, name, epoch)

    def save(self, name: str, epoch: UUID, position: int) -> None:
        """See `save`."""
        with self._pool.connection() as connection:
            save(connection, name, epoch, position)

    def restart(self, name: str, epoch: UUID) -> None:
        """Lets a consumer of another epoch start over with this one, from the first event."""
        with self._pool.connection() as connection:
            connection.execute(_SQL["restart"], {"name": name, "epoch": epoch})


def enter(connection: Connection[DictRow], name: str, epoch: UUID) -> int:
    """Where the consumer has to go on: it has handled everything up to this position. A new one
    begins at 0. Raises `EpochChanged`."""
    values = {"name": name, "epoch": epoch}
    connection.execute(_SQL["enter"], values)
    row = connection.execute(_SQL["look"], values).fetchone()
    if row is None or row["epoch"] != epoch:
        raise EpochChanged(name)
    return int(row["position"])


def save(connection: Connection[DictRow], name: str, epoch: UUID, position: int) -> None:
    """Notes that everything up to `position` was handled; an older position changes nothing."""
    values = {"name": name, "epoch": epoch, "position": position}
    connection.execute(_SQL["save"], values)
