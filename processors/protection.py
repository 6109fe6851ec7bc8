"""PDFs encrypted in child processes, for whoever waits for the download.

The plain bytes and the password reach a child through its pipe and lie on no disk. It ends after
its copy, so that neither stays in its memory.
"""

from __future__ import annotations

import contextlib
import resource
import threading
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from domain.protection import (
    LARGEST,
    ProtectedCopy,
    ProtectionBusy,
    ProtectionTooLarge,
    ProtectionTooSlow,
)
from processors.child_life import Emit
from processors.children import ChildDied, TaskStopped
from processors.short_tasks import PATIENCE, PLACES, PRELOAD, PlacesTaken, ShortTasks

SECONDS: Final = 30.0
"""That a copy may take, once it has begun; 60 MB of a table take 3 on a free core."""
MOST_MEMORY: Final = 512 * 1024 * 1024
"""Bytes that a child may have for a copy. 60 MB of a table take 220 MB, but qpdf holds every
object: a file full of links takes 30 times its size."""
HELD: Final = 4 * LARGEST
"""Bytes of files whose copies are made or on their way at once: a slow client holds its copy."""


@dataclass(frozen=True, slots=True)
class _Asked:
    plain: bytes = field(repr=False)
    password: str = field(repr=False)


class ChildProtection:
    """Satisfies `domain.protection.Protection`."""

    def __init__(
        self,
        places: int = PLACES,
        *,
        held: int = HELD,
        memory: int = MOST_MEMORY,
        seconds: float = SECONDS,
        patience: float = PATIENCE,
        preload: tuple[str, ...] = PRELOAD,
    ) -> None:
        self._room = _Room(held)
        self._tasks = ShortTasks(
            protection_work,
            memory,
            places,
            name="wb-protect",
            seconds=seconds,
            patience=patience,
            preload=preload,
            most_memory=0,
        )

    def protect(self, size: int, plain: Callable[[], bytes], password: str) -> ProtectedCopy:
        self._room.take(size)
        try:
            copy = ProtectedCopy(data=self._encrypted(_Asked(plain(), password)))
        except BaseException:
            self._room.give(size)
            raise
        weakref.finalize(copy, self._room.give, size)
        return copy

    def close(self) -> None:
        self._tasks.close()

    def _encrypted(self, asked: _Asked) -> bytes:
        try:
            found: bytes = self._tasks.run(asked)
        except PlacesTaken:
            raise ProtectionBusy from None
        except TaskStopped:
            raise ProtectionTooSlow from None
        except ChildDied:  # native code that gets no memory may end its process
            raise ProtectionTooLarge from None
        return found


def protection_work(most_memory: int) -> Callable[[Any, Emit], bytes]:
    """What a child does. Raises `ProtectionTooLarge`."""
    from processors.pdf_encryption import (
        encrypted,
    )  # not in the server that children are forked from

    def work(asked: _Asked, emit: Emit) -> bytes:
        try:
            with _memory(most_memory):
                return encrypted(asked.plain, asked.password)
        except MemoryError:
            raise ProtectionTooLarge from None

    return work


@contextlib.contextmanager
def _memory(most: int) -> Iterator[None]:
    """What asks for more gets a `MemoryError`, on Linux; elsewhere time alone is bounded."""
    before = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


class _Room:
    def __init__(self, size: int) -> None:
        self._left = size
        # Reentrant, as a copy may be collected while its own thread takes room.
        self._lock = threading.RLock()

    def take(self, size: int) -> None:
        """Raises `ProtectionBusy`."""
        with self._lock:
            if size > self._left:
                raise ProtectionBusy
            self._left -= size

    def give(self, size: int) -> None:
        with self._lock:
            self._left += size
