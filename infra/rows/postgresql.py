"""Rows out of PostgreSQL by COPY: each value as the database itself writes it, at its full speed.

A message of COPY is one row, so a fragment is the next so many messages, joined.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from threading import Event
from typing import Final

from psycopg.abc import Buffer

from domain.datasets import Dataset
from domain.ports import Estimate, Fragment, RowsRefused, RowsUnavailable
from domain.rows import Nested, ReadingStopped, RowQuery, beyond
from infra.rows import sql
from infra.rows.copied_rows import CopiedRows
from infra.rows.estimating import cheaper_shape, estimated
from infra.rows.session import Session, open_session
from infra.rows.types import fits, type_name

QUICK_SECONDS: Final = 10.0
"""A preview or an estimate that takes longer is stopped."""


class PostgresqlRows:
    """`statement_timeout` is in seconds; None leaves it to the database."""

    def __init__(self, dsn: str, *, statement_timeout: float | None = None) -> None:
        self._dsn = dsn
        self._timeout = statement_timeout

    @contextmanager
    def snapshot(self, dataset: Dataset, query: RowQuery) -> Iterator[PostgresqlSnapshot]:
        """One read-only transaction. Left early, it stops the server's query and hangs up."""
        with open_session(self._dsn, self._timeout) as session:
            yield _snapshot(session, dataset, query)

    def estimate(self, dataset: Dataset, query: RowQuery) -> Estimate:
        """By the planner's statistics: current after ANALYZE, and never below 1 row for a
        table."""
        with open_session(self._dsn, self._quick()) as session:
            return estimated(session, dataset, query)

    def count(self, dataset: Dataset, query: RowQuery) -> int:
        with open_session(self._dsn, self._timeout) as session:
            return _count(session, dataset, query)

    def preview(self, dataset: Dataset, query: RowQuery, rows: int) -> Fragment:
        limited = replace(query, limit=min(rows, query.limit or rows))
        with open_session(self._dsn, self._quick()) as session:
            fragments = [*_snapshot(session, dataset, limited).fragments(rows)]
            return fragments[0] if fragments else Fragment(rows=0, data=b"")

    def _quick(self) -> float:
        return min(QUICK_SECONDS, self._timeout or QUICK_SECONDS)


class PostgresqlSnapshot:
    """Its questions are asked one after the other: none while fragments are being read."""

    def __init__(self, session: Session, dataset: Dataset, query: RowQuery) -> None:
        self._session = session
        self._dataset = dataset
        self._query = query
        self._stopped = Event()

    @property
    def taken_at(self) -> datetime:
        return self._session.taken_at

    def fragments(self, rows: int) -> Iterator[Fragment]:
        """Leaving the iterator early ends the whole snapshot."""
        shape = cheaper_shape(self._session, self._dataset, self._query)
        statement = sql.copy_rows(self._dataset, self._query, self._session.folding, shape)
        try:
            with self._session.copying(statement) as copy:
                while block := self._block(copy, rows):
                    yield Fragment(rows=len(block), data=b"".join(block))
        except (RowsRefused, RowsUnavailable):
            # Perhaps the server says that it was cancelled, and that was us.
            self._check_running()
            raise

    def count(self) -> int:
        return _count(self._session, self._dataset, self._query)

    def of(self, dataset: Dataset, query: RowQuery) -> PostgresqlSnapshot:
        return _snapshot(self._session, dataset, query)

    def cancel(self) -> None:
        """From another thread: whoever reads gets `ReadingStopped`, at once even if the server is
        still sorting and has sent no row."""
        self._stopped.set()
        self._session.cancel()

    def _block(self, copy: CopiedRows, rows: int) -> list[Buffer]:
        self._check_running()
        return copy.take(rows)

    def _check_running(self) -> None:
        if self._stopped.is_set():
            raise ReadingStopped


def _snapshot(session: Session, dataset: Dataset, query: RowQuery) -> PostgresqlSnapshot:
    _check_types(session, dataset, query)
    return PostgresqlSnapshot(session, dataset, query)


def _count(session: Session, dataset: Dataset, query: RowQuery) -> int:
    return int(session.value(sql.count_rows(dataset, query, session.folding)))


def _check_types(session: Session, dataset: Dataset, asked: RowQuery | Nested) -> None:
    fields = sql.used_fields(dataset, asked)
    for field, oid in zip(fields, session.types(sql.no_rows_of(dataset, fields)), strict=True):
        if not fits(field.type, oid):
            raise RowsRefused(
                f"The field {field.name} is declared as {field.type}, but its column is of type"
                f" {type_name(oid)}. Change the type in the dataset, or cast in a query."
            )
    for each in asked.fields:
        if isinstance(each, Nested):
            _check_types(session, beyond(each.relation, dataset), each)
