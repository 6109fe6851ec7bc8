"""What a consumer has in hand, and since when nothing was heard of it: a handler that hangs says
nothing, one that waits for the database or tries again does."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class InHand:
    """For one consumer; each of its threads has one event in hand at most."""

    def __init__(self) -> None:
        self._heard: dict[threading.Thread, float] = {}
        self._left: list[threading.Thread] = []
        self.handled = 0

    @contextmanager
    def handling(self) -> Iterator[None]:
        thread = threading.current_thread()
        self._heard[thread] = time.monotonic()
        try:
            yield
            self.handled += 1
        finally:
            self._heard.pop(thread, None)

    def heard(self) -> None:
        """A sign of life from the thread that says it."""
        thread = threading.current_thread()
        if thread in self._heard:
            self._heard[thread] = time.monotonic()

    def let_go(self) -> None:
        """What is in hand is left behind: others get it."""
        self._left = [*self.left, *self._heard]
        self._heard.clear()

    @property
    def left(self) -> list[threading.Thread]:
        """The threads that still hang at what was left behind."""
        return [thread for thread in self._left if thread.is_alive()]

    @property
    def silent(self) -> float:
        """Seconds since the last sign of life of whoever has been silent for longest; 0 when
        nothing is in hand."""
        heard = list(self._heard.values())
        return time.monotonic() - min(heard) if heard else 0.0
