"""What the CPU time of an export's tasks goes into: they are done in this process, one after the
other, under Python's profiler.

That takes time itself at each call, so that what is many calls looks dearer than it is."""

from __future__ import annotations

import cProfile
import pstats
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, Final, Self, TypeAlias
from unittest.mock import patch

from processors import stage_rows, stored_parts

Function: TypeAlias = tuple[str, int, str]
"""File, line and name, as `pstats` has it; built-in ones have no file."""

Calls: TypeAlias = Mapping[Function, tuple[int, int, float, float]]
Profiled: TypeAlias = Mapping[Function, tuple[int, int, float, float, Calls]]

REST: Final = "the rest"
_BY_NAME: Final = {
    "AESGCM": "sealing",
    "sha256": "SHA-256",
    "_hashlib.HASH": "SHA-256",
    "crc32": "CRC-32",
    "zstandard": "zstd",
    "zlib_ng": "deflate",
    "builtins.Rows": "kernel",
}
_BY_FILE: Final = {
    "infra/rows/": "reading",
    "psycopg": "reading",
    "domain/masks/": "masks",
    "infra/files/": "sealing",
    "processors/renderers/": "rows by Python",
    "reportlab/": "rows by Python",
    "openpyxl/": "rows by Python",
    "pyarrow": "rows by Python",
}
PARTS: Final = (*dict.fromkeys([*_BY_FILE.values(), *_BY_NAME.values()]), REST)


class Timing:
    """CPU seconds of what runs between `begin` and `end`, again and again."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._began = 0.0

    def begin(self, _task: object = None) -> None:
        self._began = time.thread_time()

    def end(self, _task: object = None) -> None:
        self.seconds += time.thread_time() - self._began


class Profiling:
    """The same, by part."""

    def __init__(self) -> None:
        self._profile = cProfile.Profile(time.thread_time)

    def begin(self, _task: object = None) -> None:
        self._profile.enable()

    def end(self, _task: object = None) -> None:
        self._profile.disable()

    def spent(self) -> dict[str, float]:
        """CPU seconds by part."""
        self._profile.create_stats()
        return by_part(pstats.Stats(self._profile).stats)  # type: ignore[attr-defined]


def by_part(profiled: Profiled) -> dict[str, float]:
    """A function's own time is its part's. What is built in and of no part, such as joining bytes,
    is done for whoever calls it."""
    spent: defaultdict[str, float] = defaultdict(float)
    for function, (_, _, own, _, callers) in profiled.items():
        part = _part(function)
        if part is None and callers:
            for caller, (_, _, seconds, _) in callers.items():
                spent[_part(caller) or REST] += seconds
        else:
            spent[part or REST] += own
    return dict(spent)


def _part(function: Function) -> str | None:
    file, _, name = function
    known, where = (_BY_NAME, name) if file == "~" else (_BY_FILE, file.replace("\\", "/"))
    return next((part for words, part in known.items() if words in where), None)


class AtOnce:
    """Stands in for a pool of threads, which the profiler doesn't see: all is done when it is
    submitted."""

    def __init__(self, *_: object) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def submit(self, work: Callable[..., Any], *arguments: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(work(*arguments))
        return done


@contextmanager
def in_one_thread() -> Iterator[None]:
    """Extraction and assembly have threads beside their own."""
    with (
        patch.object(stage_rows, "ThreadPoolExecutor", AtOnce),
        patch.object(stored_parts, "ThreadPoolExecutor", AtOnce),
    ):
        yield
