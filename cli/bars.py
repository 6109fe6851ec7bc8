"""Progress bars: live ones at a terminal, a line now and then where the output is read later."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from cli import wording

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

_WIDTH = 30
_STEP = 0.1  # of the whole
_EVERY = 5.0  # seconds


class Bar(Protocol):
    def to(self, share: float, label: str, detail: str) -> None:
        """`share` of the whole, from 0 to 1; it never goes back. `label` says what is done now,
        `detail` how much of it."""


@contextmanager
def bar(console: Console) -> Iterator[Bar]:
    """One bar, until the block ends."""
    if not console.is_terminal:
        yield PlainBar(console)
        return
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (
        TextColumn("{task.description:<10}"),
        BarColumn(bar_width=_WIDTH),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[detail]}", style="dim"),
    )
    with Progress(*columns, console=console, refresh_per_second=10) as progress:
        yield _RichBar(progress)


class NoBar:
    """Where a program reads, nobody watches."""

    def to(self, share: float, label: str, detail: str) -> None:
        pass


class PlainBar:
    """A line at each tenth, at each new label, and at least every few seconds of change."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._share = -1.0
        self._label = ""
        self._at = 0.0

    def to(self, share: float, label: str, detail: str) -> None:
        share = max(share, self._share)
        now = time.monotonic()
        ended = share >= 1 > self._share
        moved = share - self._share
        due = moved >= _STEP or (moved > 0 and now - self._at >= _EVERY)
        if label == self._label and not due and not ended:
            return
        self._share, self._label, self._at = share, label, now
        done = int(share * _WIDTH)
        drawn = "#" * done + "-" * (_WIDTH - done)
        line = f"{label:<10} [{drawn}] {wording.share(share):>5}  {detail}"
        self._console.print(line.rstrip(), markup=False, soft_wrap=True)


class _RichBar:
    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID | None = None
        self._share = 0.0

    def to(self, share: float, label: str, detail: str) -> None:
        self._share = max(share, self._share)
        if self._task is None:  # where there is nothing to do, nothing is drawn
            self._task = self._progress.add_task(label, total=1.0, detail=detail)
        self._progress.update(self._task, completed=self._share, description=label, detail=detail)
