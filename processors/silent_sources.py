"""Sources that gave no answer a moment ago, so that planning doesn't wait for each export of a dead
source in turn, and exports of other sources with it."""

from __future__ import annotations

import time

_SECONDS = 30.0


class SilentSources:
    """Remembers for half a minute. Safe across threads: a lost race costs one more question."""

    def __init__(self, seconds: float = _SECONDS) -> None:
        self._seconds = seconds
        self._until: dict[str, float] = {}

    def add(self, source: str) -> None:
        self._until[source] = time.monotonic() + self._seconds

    def includes(self, source: str) -> bool:
        return time.monotonic() < self._until.get(source, 0.0)
