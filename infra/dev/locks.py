"""File locks that the kernel drops however their holder ends."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_A_LOOK_SECONDS = 1.0  # microseconds, but the one who looks can be descheduled meanwhile


@contextmanager
def holding(path: Path, kind: int) -> Iterator[None]:
    """Waits for the lock (`fcntl.LOCK_SH` or `LOCK_EX`) and holds it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, kind)
        yield
    finally:
        os.close(descriptor)


class Lock:
    """An exclusive lock that is taken without waiting."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def take(self) -> bool:
        """Whether it is ours now."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def take_from_lookers(self) -> bool:
        """Whether it is ours now, where others look at it: `is_held` has it for a moment itself,
        which must not be taken for a holder."""
        deadline = time.monotonic() + _A_LOOK_SECONDS
        while not (taken := self.take()) and time.monotonic() < deadline:
            time.sleep(0.001)
        return taken

    def release(self) -> None:
        """Gives it back. Idempotent."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def is_held(path: Path) -> bool:
    """Whether some process holds the lock."""
    if not path.exists():
        return False
    lock = Lock(path)
    taken = lock.take()
    lock.release()
    return not taken
