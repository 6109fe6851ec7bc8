"""Begins another life of a store that was restored from a backup: what was remembered of the
former one is forgotten in the same transaction, so that nobody goes on from a wrong place."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from infra.queries import load_queries

_SQL = load_queries("infra", "sql/new_epoch_queries.sql")
_STORE_SQL = load_queries("infra", "sql/store_queries.sql")


class DatabaseInUse(Exception):
    """The database is in use. Stop every process of Waybill first: one that goes on would work
    from what it remembers of the former life. Where all of these are none of Waybill's, say
    --force."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEpoch:
    """`consumers` start over, `parked` events were dropped from their list; they come again."""

    epoch: UUID
    consumers: int
    parked: int


def begin_epoch(url: str, *, force: bool = False) -> NewEpoch:
    """All or nothing. Raises `DatabaseInUse` unless it is forced."""
    with psycopg.connect(url, row_factory=dict_row, connect_timeout=5) as connection:
        others = [row["said"] for row in connection.execute(_SQL["others"])]
        if others and not force:
            said = " ".join((DatabaseInUse.__doc__ or "").split())
            raise DatabaseInUse(f"{said} Connected are: {'; '.join(others)}.")
        (row,) = connection.execute(_STORE_SQL["new_epoch"]).fetchall()
        consumers = connection.execute(_SQL["start_over"], {"epoch": row["epoch"]}).rowcount
        parked = connection.execute(_SQL["unpark_all"]).rowcount
        connection.execute(_SQL["forget_work"])
        return NewEpoch(epoch=row["epoch"], consumers=consumers, parked=parked)
