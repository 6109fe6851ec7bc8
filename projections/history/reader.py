"""What can be asked of the history, as a protocol: the API knows no database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias
from uuid import UUID

from domain.exports.state import Status
from projections.history.row import HistoryRow

HistoryCursor: TypeAlias = tuple[datetime, UUID]
"""The `requested_at` and `export_id` of the last row of a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryFilters:
    """All that is set must hold. `since` is inclusive, `until` is not; both are about the request.
    `q` is words that must all occur, in any case, in the dataset's id or label, the files' names or
    the filter's sentence; or the first 4 or more characters of an export's id."""

    statuses: frozenset[Status] = frozenset()
    dataset: str | None = None
    requested_by: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    q: str = ""


class History(Protocol):
    """Each answer is one table's, live when the call began. Raises `StoreUnavailable`."""

    def page(
        self, workspace: str, filters: HistoryFilters, after: HistoryCursor | None, limit: int
    ) -> list[HistoryRow]:
        """Up to `limit` exports, the last requested first, beginning behind the cursor."""

    def get(self, workspace: str, export_id: UUID) -> HistoryRow | None:
        """None as well for another workspace's export."""

    def counts(self, workspace: str, filters: HistoryFilters) -> dict[Status, int]:
        """How many exports there are of each status that occurs."""
