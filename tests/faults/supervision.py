"""What restarts processes that end, as systemd or Kubernetes would."""

from __future__ import annotations

import threading
from types import TracebackType

from tests.stacks import Stack

_LOOK_SECONDS = 0.2


class Supervisor:
    """While the block lasts, every process of the stack that ends is started again. `ended` tells
    which did, and with which codes."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        self.ended: list[tuple[str, int]] = []

    def __enter__(self) -> Supervisor:
        self._stack.supervised = True
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._stack.wait_ready()
        finally:
            self._stopping.set()
            self._thread.join()
            self._stack.supervised = False

    def _watch(self) -> None:
        while not self._stopping.wait(_LOOK_SECONDS):
            for name, process in list(self._stack.processes.items()):
                code = process.poll()
                if code is not None:
                    self.ended.append((name, code))
                    self._stack.start_again(name)
