"""The read models' answers, from whichever tables are live.

The live table's name and its rows are two statements, between which a rebuild can switch and drop
the table; then the name is looked up again. So each answer is one table's, and no reader ever
waits for a rebuild."""

from __future__ import annotations

from typing import Any, Generic
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import DictRow

from domain.exports.state import Status
from domain.ports import StoreUnavailable
from infra.database import Pool
from infra.projections.tables import Here, Table, live
from infra.queries import load_queries
from projections.audit import AUDIT, AuditCursor, AuditFilters, AuditRow
from projections.downloads import DOWNLOADS, DownloadRow, DownloadsCursor
from projections.history import HISTORY, HistoryCursor, HistoryFilters, HistoryRow
from projections.read_model import ReadModel, Row
from projections.texts import patterns, storable, words

_SWITCHES = 10
"""More switches than this within one answer aren't rebuilds."""

_ID_START = 4
"""Characters; fewer are found in too many ids."""

_FIRST_PAGE = ("infinity", UUID(int=(1 << 128) - 1))
_LATEST = ("infinity", (1 << 63) - 1)


class HistoryReader:
    """Satisfies `projections.history.History`."""

    def __init__(self, pool: Pool) -> None:
        self._live = _LiveTable(HISTORY, pool)

    def page(
        self, workspace: str, filters: HistoryFilters, after: HistoryCursor | None, limit: int
    ) -> list[HistoryRow]:
        after_at, after_id = after or _FIRST_PAGE
        cursor = {"after_at": after_at, "after_id": after_id, "limit": limit}
        return self._live.rows("page", {**_matching(workspace, filters), **cursor})

    def get(self, workspace: str, export_id: UUID) -> HistoryRow | None:
        values = {"workspace": workspace, "export_id": export_id}
        return next(iter(self._live.rows("get", values)), None)

    def counts(self, workspace: str, filters: HistoryFilters) -> dict[Status, int]:
        found = self._live.ask("counts", _matching(workspace, filters))
        return {Status(row["status"]): row["exports"] for row in found}


class DownloadsReader:
    """Satisfies `projections.downloads.Downloads`."""

    def __init__(self, pool: Pool) -> None:
        self._live = _LiveTable(DOWNLOADS, pool)

    def of_export(
        self, workspace: str, export_id: UUID, after: DownloadsCursor | None, limit: int
    ) -> list[DownloadRow]:
        after_at, after_id = after or _FIRST_PAGE
        values = {"workspace": workspace, "export_id": export_id}
        cursor = {"after_at": after_at, "after_id": after_id, "limit": limit}
        return self._live.rows("of_export", {**values, **cursor})


class AuditReader:
    """Satisfies `projections.audit.Audit`."""

    def __init__(self, pool: Pool) -> None:
        self._live = _LiveTable(AUDIT, pool)

    def page(
        self, workspace: str, filters: AuditFilters, after: AuditCursor | None, limit: int
    ) -> list[AuditRow]:
        after_at, after_position = after or _LATEST
        return self._live.rows(
            "page",
            {
                "workspace": workspace,
                "by": filters.by,
                "acts": [act.value for act in filters.acts] or None,
                "dataset": None if filters.dataset is None else storable(filters.dataset),
                "export_id": filters.export_id,
                "key_id": filters.key_id,
                "since": filters.since or "-infinity",
                "until": filters.until or "infinity",
                "result": filters.result,
                "outcome": filters.outcome,
                "after_at": after_at,
                "after_position": after_position,
                "limit": limit,
            },
        )


class _LiveTable(Generic[Row]):
    def __init__(self, model: ReadModel[Row], pool: Pool) -> None:
        self._model = model
        self._pool = pool
        self._queries = load_queries("projections", f"{model.name}/queries.sql")

    def rows(self, query: str, values: dict[str, Any]) -> list[Row]:
        return [self._model.from_columns(columns) for columns in self.ask(query, values)]

    def ask(self, query: str, values: dict[str, Any]) -> list[DictRow]:
        try:
            with self._pool.connection() as connection:
                return self._ask(connection, query, values)
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            raise StoreUnavailable(StoreUnavailable.__doc__) from error

    def _ask(self, connection: Here, query: str, values: dict[str, Any]) -> list[DictRow]:
        for _ in range(_SWITCHES):
            table = Table(self._model, live(connection, self._model).version)
            try:
                return connection.execute(self._statement(query, table), values).fetchall()
            except psycopg.errors.UndefinedTable:
                continue  # switched in between, and dropped
        raise StoreUnavailable(StoreUnavailable.__doc__)

    def _statement(self, query: str, table: Table[Row]) -> sql.Composed:
        matching = sql.SQL(self._queries.get("matching", ""))
        return sql.SQL(self._queries[query]).format(table=table.name, matching=matching)


def _matching(workspace: str, filters: HistoryFilters) -> dict[str, Any]:
    """The values of the condition in projections/history/queries.sql."""
    looked_for = words(filters.q)
    is_id_start = len(looked_for) == 1 and len(looked_for[0]) >= _ID_START
    return {
        "workspace": workspace,
        "statuses": [status.value for status in filters.statuses] or None,
        "dataset": None if filters.dataset is None else storable(filters.dataset),
        "requested_by": filters.requested_by,
        "since": filters.since or "-infinity",
        "until": filters.until or "infinity",
        "patterns": patterns(looked_for),
        "id_start": looked_for[0] if is_id_start else None,
    }
