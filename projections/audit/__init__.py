"""The audit: who asked for what, why, when, and what came of it."""

from __future__ import annotations

from domain.streams import Kind
from projections.audit.columns import COLUMNS, from_columns, to_columns
from projections.audit.project import READS, project
from projections.audit.reader import Audit, AuditCursor, AuditFilters
from projections.audit.row import AuditRow, Result
from projections.read_model import Entries, ReadModel

__all__ = [
    "AUDIT",
    "Audit",
    "AuditCursor",
    "AuditFilters",
    "AuditRow",
    "Result",
    "project",
]

AUDIT: ReadModel[AuditRow] = ReadModel(
    name="audit",
    revision=1,
    kinds=frozenset(Kind),
    key="aggregate_id",
    entries=Entries(number=lambda row: row.entry, open=lambda row: row.open),
    columns=COLUMNS,
    project=project,
    to_columns=to_columns,
    from_columns=from_columns,
    reads=READS,
)
