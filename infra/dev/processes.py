"""One server process: its log in a file, ended politely and then by force, never left behind."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path


class ServerFailed(Exception):
    """A development server did not start. Its log says why."""


class ServerProcess:
    """A program in the background. It dies with the thread that started it, even by kill -9, so
    start it from a thread that lives as long as the server should."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._command = command
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self.log = log

    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    def start(self, ready: Callable[[], bool], seconds: float) -> None:
        """Starts it and waits until it is ready; ends it again and raises if it never is."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*_dying_with_us(), *self._command],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=self.log.parent, env=self._environment, start_new_session=True,
            )  # fmt: skip
        try:
            self._await(ready, seconds)
        except BaseException:
            self.kill()
            raise

    def stop(self, patience: float = 10.0) -> None:
        """SIGTERM, and SIGKILL if it has not ended after so many seconds. Idempotent."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _await(self, ready: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not ready():
            if not self.alive():
                raise ServerFailed(f"{self._describe()} ended at once.\n{self._tail()}")
            if time.monotonic() > deadline:
                raise ServerFailed(
                    f"{self._describe()} does not answer after {seconds:.0f} s.\n{self._tail()}"
                )
            time.sleep(0.05)

    def _describe(self) -> str:
        return Path(self._command[0]).name

    def _tail(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-15:]
        return "\n".join([f"The end of {self.log}:", *lines])


def _dying_with_us() -> list[str]:
    """util-linux can have the kernel end a process with its parent; elsewhere, a server outlives
    a parent that was killed."""
    setpriv = shutil.which("setpriv") if os.uname().sysname == "Linux" else None
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []
