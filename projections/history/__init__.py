"""The history of exports: who asked for what, how far it is, how it ended."""

from __future__ import annotations

from typing import get_args

from domain.exports.events import ExportEvent
from domain.streams import Kind
from projections.history.columns import COLUMNS, from_columns, to_columns
from projections.history.files import FileStatus, HistoryFile
from projections.history.project import project
from projections.history.reader import History, HistoryCursor, HistoryFilters
from projections.history.row import HistoryRow
from projections.read_model import ReadModel, one_row

__all__ = [
    "HISTORY",
    "FileStatus",
    "History",
    "HistoryCursor",
    "HistoryFile",
    "HistoryFilters",
    "HistoryRow",
    "project",
]

HISTORY: ReadModel[HistoryRow] = ReadModel(
    name="history",
    revision=1,
    kinds=frozenset({Kind.EXPORT}),
    key="export_id",
    columns=COLUMNS,
    project=one_row(project),
    to_columns=to_columns,
    from_columns=from_columns,
    reads=frozenset(get_args(ExportEvent)),
)
