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
    """Held from `claim` to `release` or the process's end, however that comes: the kernel drops
    the lock."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: TextIO | None = None

    def claim(self) -> None:
        """Raises `Refused` when another process has it."""
        if not self.try_claim():
            raise Refused(self._taken(), Code.BUSY)

    def try_claim(self) -> bool:
        """Raises `Refused` when it can't be written to."""
        try:
            self._path.mkdir(parents=True, exist_ok=True)
            held = (self._path / _NAME).open("a+")
        except OSError as error:
            raise Refused(f"{self._path} can't be used: {error.strerror}.") from error
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held.close()
            return False
        self._held = held
        self._say("")
        return True

    def serves(self, url: str) -> None:
        self._say(json.dumps({"url": url, "pid": os.getpid()}) + "\n")

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
        where = f" at {url}" if (url := serving_url(self._path)) else ""
        return (
            f"Another Waybill uses {self._path} already{where}. "
            "Use that one, stop it, or choose another directory: --data-dir."
        )


def serving_url(path: Path) -> str | None:
    """Where the process that serves this data directory listens; None when none does."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        return str(json.loads((path / _NAME).read_text())["url"])
    return None
