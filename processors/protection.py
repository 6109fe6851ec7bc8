"""PDFs encrypted in child processes, for whoever waits for the download.

The plain bytes and the password reach a child through its pipe and lie on no disk. It ends after
its copy, so that neither stays in the memory of a process that lives on.
"""

from __future__ import annotations

import secrets
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Final

from domain.protection import LARGEST, ProtectedCopy, ProtectionBusy, ProtectionTooSlow
from processors.child_life import Emit
from processors.children import TaskStopped
from processors.short_tasks import PATIENCE, PLACES, PRELOAD, PlacesTaken, ShortTasks

SECONDS: Final = 30.0
"""That a copy may take, once it has begun; the largest take a tenth of that on a free core."""
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
        seconds: float = SECONDS,
        patience: float = PATIENCE,
        preload: tuple[str, ...] = PRELOAD,
    ) -> None:
        self._room = _Room(held)
        self._tasks = ShortTasks(
            protection_work,
            None,
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
        return found


def protection_work(_: None) -> Callable[[Any, Emit], bytes]:
    """What a child does."""
    return lambda asked, emit: encrypted(asked.plain, asked.password)


def encrypted(plain: bytes, password: str) -> bytes:
    """The PDF by AES-256, its metadata too. Nobody learns the owner's password, so that what the
    password opens can be printed and copied, and nothing can be forbidden afterwards."""
    import pikepdf  # here, as the API itself never needs it

    everything = pikepdf.Permissions(modify_assembly=True)
    lock = pikepdf.Encryption(
        user=password, owner=secrets.token_urlsafe(32), R=6, allow=everything, metadata=True
    )
    copy = BytesIO()
    with pikepdf.open(BytesIO(plain)) as document:
        document.save(copy, encryption=lock)
    return copy.getvalue()


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
