"""How many refusals of one caller are recorded: a program that asks the same in a loop must not
fill the log, and what is left out is said once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from domain.refusals.events import RefusalsOmitted

MOST = 60
WINDOW = timedelta(minutes=1)


@dataclass(slots=True)
class _Window:
    since: datetime
    admitted: int = 0
    omitted: int = 0


class Allowance:
    """Of each caller `most` refusals within `window`, which begins with the first of them. To be
    used from one thread."""

    def __init__(self, most: int = MOST, window: timedelta = WINDOW) -> None:
        self._most = most
        self._window = window
        self._callers: dict[tuple[str, UUID], _Window] = {}

    def admits(self, workspace: str, by: UUID, at: datetime) -> bool:
        """Whether this one is recorded; otherwise it is counted. Windows that are over must have
        been taken with `settle`."""
        window = self._callers.setdefault((workspace, by), _Window(at))
        if window.admitted < self._most:
            window.admitted += 1
            return True
        window.omitted += 1
        return False

    def settle(self, now: datetime) -> list[RefusalsOmitted]:
        """Ends the windows that are over, and says what was left out in them."""
        return self._end({k: w for k, w in self._callers.items() if now >= w.since + self._window})

    def settle_all(self) -> list[RefusalsOmitted]:
        """The same for all, at the end of a process."""
        return self._end(dict(self._callers))

    def _end(self, over: dict[tuple[str, UUID], _Window]) -> list[RefusalsOmitted]:
        for key in over:
            del self._callers[key]
        return [
            RefusalsOmitted(
                workspace=workspace,
                by=by,
                count=window.omitted,
                since=window.since,
                at=window.since + self._window,
            )
            for (workspace, by), window in over.items()
            if window.omitted
        ]
