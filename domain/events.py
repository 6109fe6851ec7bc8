"""All facts this service can record, of every kind of aggregate."""

from __future__ import annotations

from typing import TypeAlias

from domain.downloads.events import DownloadEvent
from domain.exports.events import ExportEvent
from domain.keys.events import KeyEvent
from domain.refusals.events import RefusalEvent

Event: TypeAlias = ExportEvent | DownloadEvent | RefusalEvent | KeyEvent
