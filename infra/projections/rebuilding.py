"""Makes a read model's table anew from the log, beside the live one, and switches to it.

Live traffic goes on meanwhile. A rebuild that dies leaves the live table as it was; what it left
behind is removed by the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from domain.ports import EventStore, Recorded
from infra.database import Pool
from infra.projections.folding import Folding
from infra.projections.tables import (
    SQL,
    Here,
    ReadModelFault,
    Table,
    drop_all_but,
    limit_waiting,
    live,
    make_read_models,
    shape,
    versions,
)
from projections.read_model import ReadModel, Row

Report = Callable[[int, int], None]
"""Told the position that a rebuild has come to, and the log's last one."""

_BATCH = 5_000
"""Events read in one go: some megabytes."""

_SWITCH_PATIENCE = "5s"
"""How long a switch waits for those who apply events: they need milliseconds."""


class RebuildRunning(ReadModelFault):
    """This read model is being rebuilt already. Wait until that rebuild has ended."""


class SwitchBlocked(ReadModelFault):
    """The new table is built, but the live one is in use and could not be switched. Look whether
    a connection to the database hangs in a transaction, then rebuild again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """`events` were applied, leading to `rows` in the table that is live now."""

    projection: str
    version: int
    events: int
    rows: int


def rebuild(
    model: ReadModel[Row],
    store: EventStore,
    pool: Pool,
    report: Report = lambda position, head: None,
) -> Rebuilt:
    """Raises `RebuildRunning`, `SwitchBlocked` and what the store and psycopg raise; the live
    table is untouched then."""
    make_read_models(pool, [model])
    with pool.connection() as connection, _alone(connection, model):
        drop_all_but(connection, Table(model, live(connection, model).version))
        new = Table(model, versions(connection, model)[-1] + 1)
        new.create(connection)
        folding = Folding(new, connection)
        _fold_to_the_end(folding, store, report)
        new.analyze(connection)
        _switch(connection, folding, store)
        report(folding.position, folding.position)
        drop_all_but(connection, new)
        return Rebuilt(
            projection=model.name, version=new.version, events=folding.events, rows=folding.rows
        )


def _fold_to_the_end(folding: Folding[Row], store: EventStore, report: Report) -> None:
    """Of the log as it is when this is nearly done: what comes in now is for the switch."""
    for events in _batches(store, folding.position):
        folding.add(events)
        report(folding.position, max(store.head(), folding.position))
        if len(events) < _BATCH:
            break
    folding.flush()


def _batches(store: EventStore, after: int) -> Iterator[list[Recorded]]:
    """The next one is read while the present one is folded."""
    with ThreadPoolExecutor(1, thread_name_prefix="rebuild") as reader:
        coming = reader.submit(store.log, after, _BATCH)
        while events := coming.result():
            coming = reader.submit(store.log, events[-1].position, _BATCH)
            yield events


def _switch(connection: Here, folding: Folding[Row], store: EventStore) -> None:
    """While the lock is held nothing is applied to the live table, so what it holds is in the log
    by now, and so in the new table when this is done; what comes later goes to the new one."""
    model = folding.table.model
    try:
        with connection.transaction():
            limit_waiting(connection, _SWITCH_PATIENCE)
            connection.execute(SQL["begin_switching"], {"projection": model.name})
            _fold_up_to(store.head(), folding, store)
            values = {"live": folding.table.version, "position": folding.position}
            names = {"projection": model.name, "shape": shape(model)}
            connection.execute(SQL["switch"], {**names, **values})
    except psycopg.errors.LockNotAvailable as error:
        raise SwitchBlocked from error


def _fold_up_to(head: int, folding: Folding[Row], store: EventStore) -> None:
    while folding.position < head and (events := store.log(folding.position, _BATCH)):
        folding.add(events)
    folding.flush()


@contextmanager
def _alone(connection: Here, model: ReadModel[Any]) -> Iterator[None]:
    names = {"projection": model.name}
    row = connection.execute(SQL["try_rebuilding"], names).fetchone()
    if row is None or not row["taken"]:
        raise RebuildRunning
    try:
        yield
    finally:
        if not connection.closed:  # else the server has released the lock
            connection.execute(SQL["end_rebuilding"], names)
