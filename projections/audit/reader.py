"""What can be asked of the audit, as a protocol: the API knows no database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias
from uuid import UUID

from domain.acts import Act
from domain.exports.state import Status
from projections.audit.row import AuditRow, Result

AuditCursor: TypeAlias = tuple[datetime, int]
"""The `at` and `position` of the last row of a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilters:
    """What all rows of an answer have in common; None and empty sets filter nothing. `since` is
    inclusive, `until` is not."""

    by: UUID | None = None
    acts: frozenset[Act] = frozenset()
    dataset: str | None = None
    export_id: UUID | None = None
    key_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    result: Result | None = None
    outcome: Status | None = None


class Audit(Protocol):
    """Each answer is one table's, live when the call began. Raises `StoreUnavailable`."""

    def page(
        self, workspace: str, filters: AuditFilters, after: AuditCursor | None, limit: int
    ) -> list[AuditRow]:
        """Up to `limit` rows, the last first, beginning behind the cursor. A download's row comes
        with its export's dataset."""
