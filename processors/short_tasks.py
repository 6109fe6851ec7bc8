"""Tasks that a request waits for, in child processes: bounded in number and in time. They hold the
interpreter, and one that takes too long can only be ended with its process."""

from __future__ import annotations

import threading
from typing import Any, Final

from processors.child_life import Setup
from processors.children import MOST_MEMORY, Children, Stop

PLACES: Final = 2
SECONDS: Final = 20.0
"""That a task may take, once it has begun."""
PATIENCE: Final = 2.0
"""Seconds that one waits for a place."""
PRELOAD: Final = ("processors.previews", "processors.protection")
"""What the server that children are forked from loads. A process has one, so that the first to
start it must name what the others need too."""


class PlacesTaken(Exception):
    """As many tasks are being done as this process does at once."""


class ShortTasks:
    """The first task starts the first child: most processes never need one. `setup`, `settings`,
    `name` and `most_memory` are those of `Children`."""

    def __init__(
        self,
        setup: Setup,
        settings: Any,
        places: int = PLACES,
        *,
        name: str,
        seconds: float = SECONDS,
        patience: float = PATIENCE,
        preload: tuple[str, ...] = PRELOAD,
        most_memory: int = MOST_MEMORY,
    ) -> None:
        self._setup, self._settings, self._name = setup, settings, name
        self._places, self._seconds, self._patience = places, seconds, patience
        self._preload, self._most_memory = preload, most_memory
        self._free = threading.BoundedSemaphore(places)
        self._starting = threading.Lock()
        self._children: Children | None = None

    def run(self, task: Any) -> Any:
        """The task's result. Raises what it raised, `PlacesTaken`, `ChildDied`, or `TaskStopped`
        when it took too long."""
        if not self._free.acquire(timeout=self._patience):
            raise PlacesTaken
        stop = Stop()
        late = threading.Timer(self._seconds, stop)
        late.start()
        try:
            return self._started().run(task, _nothing, stop)
        finally:
            late.cancel()
            self._free.release()

    def close(self) -> None:
        with self._starting:
            if self._children is not None:
                self._children.close()

    def _started(self) -> Children:
        with self._starting:
            if self._children is None:
                self._children = Children(
                    self._places,
                    self._setup,
                    self._settings,
                    [*self._preload],
                    self._most_memory,
                    self._name,
                )
            return self._children


def _nothing(_: Any) -> None:
    return
