"""All facts this service can record, of every kind of aggregate."""

from __future__ import annotations

from typing import TypeAlias

from domain.downloads.events import DownloadEvent
from domain.exports.events import ExportEvent

Event: TypeAlias = ExportEvent | DownloadEvent
