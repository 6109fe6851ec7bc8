"""One process at a time serves a data directory; everybody else can learn where."""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from cli.exits import Code, Refused

_NAME = "serving.json"


class DataDirectory:
    """Held from `claim` to the process's end, however that comes: the kernel drops the lock."""

    def __init__(self, path: Path) -> None:
        self._file = path / _NAME
        self._held: TextIO | None = None

    def claim(self) -> None:
        """Raises `Refused` when another process serves it."""
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            held = self._file.open("a+")
        except OSError as error:
            raise Refused(f"{self._file.parent} can't be used: {error.strerror}.") from error
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held.close()
            raise Refused(self._taken(), Code.BUSY) from None
        self._held = held
        self._say("")

    def serves(self, url: str) -> None:
        self._say(json.dumps({"url": url, "pid": os.getpid()}))

    def release(self) -> None:
        if self._held is not None:
            self._say("")
            self._held.close()
            self._held = None

    def _say(self, text: str) -> None:
        if self._held is not None:
            self._held.truncate(0)
            self._held.write(text)
            self._held.flush()

    def _taken(self) -> str:
        where = f" at {url}" if (url := serving_url(self._file.parent)) else ""
        return (
            f"Another Waybill serves {self._file.parent} already{where}. "
            "Use that one, stop it, or choose another directory: --data-dir."
        )


def serving_url(path: Path) -> str | None:
    """Where the process that serves this data directory listens; None when none does."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        return str(json.loads((path / _NAME).read_text())["url"])
    return None
