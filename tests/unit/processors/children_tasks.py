"""What the children of test_children do."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from domain.ports import RowsRefused


class Unpicklable(Exception):
    """Has no way through a pipe."""

    def __init__(self) -> None:
        super().__init__()
        self.held = lambda: None


def unfit(settings: dict[str, Any]) -> Callable[[Any, Callable[[Any], None]], Any]:
    raise RowsRefused("no such source")


def setup(settings: dict[str, Any]) -> Callable[[Any, Callable[[Any], None]], Any]:
    calls = [0]

    def work(task: Any, emit: Callable[[Any], None]) -> Any:
        calls[0] += 1
        match task:
            case "count":
                return settings["start"] + calls[0]
            case "emit":
                emit(1)
                emit(2)
                return 3
            case "refuse":
                raise RowsRefused("no such column")
            case "os error":
                raise ConnectionResetError("the task's own")
            case "unpicklable":
                raise Unpicklable
            case "die":
                os._exit(9)
            case "name":
                return Path("/proc/self/comm").read_text()
            case "pid":
                return os.getpid()
            case "quote a row":
                raise ValueError("Zoë, 12 Elm Street")
            case "fork server":
                return os.getppid()
            case _:
                emit(os.getpid())
                return time.sleep(60)

    return work


if __name__ == "__main__":  # a parent that the tests can kill
    from processors.children import Children

    Children(1, setup, {"start": 0}, []).run("sleep", lambda pid: print(pid, flush=True))
