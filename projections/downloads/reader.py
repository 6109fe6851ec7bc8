"""What can be asked of the downloads, as a protocol: the API knows no database."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol, TypeAlias
from uuid import UUID

from projections.downloads.row import DownloadRow

DownloadsCursor: TypeAlias = tuple[datetime, UUID]
"""The `granted_at` and `download_id` of the last row of a page."""


class Downloads(Protocol):
    """Each answer is one table's, live when the call began. Raises `StoreUnavailable`."""

    def of_export(
        self, workspace: str, export_id: UUID, after: DownloadsCursor | None, limit: int
    ) -> list[DownloadRow]:
        """Up to `limit` downloads of an export's files, the last granted first, beginning behind
        the cursor. None for another workspace's export."""
