"""Sources of rows, one adapter for each kind of database."""

from __future__ import annotations

from domain.ports import Rows
from infra.rows.describing import describe
from infra.rows.postgresql import PostgresqlRows
from infra.rows.source import Source

__all__ = ["PostgresqlRows", "Source", "describe", "open_source"]


def open_source(source: Source) -> Rows:
    """The adapter for a declared source. It connects when it is asked something."""
    return PostgresqlRows(source.dsn, statement_timeout=source.statement_timeout)
