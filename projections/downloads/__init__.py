"""The downloads: who was given which file, and how much of it was fetched."""

from __future__ import annotations

from typing import get_args

from domain.downloads.events import DownloadEvent
from domain.streams import Kind
from projections.downloads.columns import COLUMNS, from_columns, to_columns
from projections.downloads.project import project
from projections.downloads.reader import Downloads, DownloadsCursor
from projections.downloads.row import DownloadRow, OpenTransfer
from projections.read_model import ReadModel, one_row

__all__ = [
    "DOWNLOADS",
    "DownloadRow",
    "Downloads",
    "DownloadsCursor",
    "OpenTransfer",
    "project",
]

DOWNLOADS: ReadModel[DownloadRow] = ReadModel(
    name="downloads",
    revision=1,
    kinds=frozenset({Kind.DOWNLOAD}),
    key="download_id",
    columns=COLUMNS,
    project=one_row(project),
    to_columns=to_columns,
    from_columns=from_columns,
    reads=frozenset(get_args(DownloadEvent)),
)
