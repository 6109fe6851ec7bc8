"""The life of a child process: it is set up once, does one task after another, and ends with its
parent, in whatever it is."""

from __future__ import annotations

import contextlib
import os
import pickle
import resource
import select
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeAlias

from processors.error_places import note_place
from processors.kept_memory import keep_freed_memory
from schemas import traces

Emit: TypeAlias = Callable[[Any], None]
Setup: TypeAlias = Callable[[Any], Callable[[Any, Emit], Any]]
"""Called once in the child with the settings; gives the function that does the tasks."""

LAST_WORDS = 1.0
"""Seconds that a process gets to end by itself."""


@dataclass(frozen=True, slots=True)
class Emitted:
    value: Any


@dataclass(frozen=True, slots=True)
class Done:
    """`last`: the child does nothing more after this."""

    value: Any
    last: bool = False


@dataclass(frozen=True, slots=True)
class Raised:
    error: BaseException
    last: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """A span that ended in the child: its parent sends it on."""

    span: traces.Span


@dataclass(frozen=True, slots=True)
class Given:
    """A task, and what it is a part of; `spans` where somebody wants to know of those."""

    task: Any
    work: traces.Work | None
    spans: bool


def serve(pipe: Connection, name: str, setup: Setup, settings: Any, most_memory: int) -> None:
    """A child's life: ends when its parent does, as reading the pipe then gives an end of file.
    `name` is what `ps` and `top` call it."""
    with contextlib.suppress(OSError):  # no Linux
        Path("/proc/self/comm").write_text(name)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    keep_freed_memory()
    threading.Thread(target=_end_with_parent, args=(pipe.fileno(),), daemon=True).start()
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        work = _set_up(setup, settings)
        last = False
        while not last:
            answer = _traced(work, pipe.recv(), pipe)
            last = isinstance(work, _Unfit) or _resident() > most_memory
            pipe.send(replace(answer, last=last))


def _end_with_parent(pipe: int) -> None:
    """A task can be deep in a query or a calculation when its parent is killed."""
    hung_up = select.poll()
    hung_up.register(pipe, 0)
    hung_up.poll()
    time.sleep(LAST_WORDS)
    os._exit(1)


class _Unfit:
    """Stands in for the work of a child that could not be set up: whoever asks for it learns why,
    and the next one gets a new child."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __call__(self, task: Any, emit: Emit) -> Any:
        raise self._error


def _set_up(setup: Setup, settings: Any) -> Callable[[Any, Emit], Any]:
    try:
        return setup(settings)
    except Exception as error:  # noqa: BLE001 - it is raised again in the parent
        return _Unfit(error)


def _traced(work: Callable[[Any, Emit], Any], given: Given, pipe: Connection) -> Done | Raised:
    """Its spans are told as they end, so that a child that is killed has told the most of them."""
    sending = threading.Lock()  # a task may have threads

    def send(said: Emitted | Told) -> None:
        with sending:
            pipe.send(said)

    end = traces.send_to(lambda span: send(Told(span))) if given.spans else None
    try:
        with traces.continued(given.work):
            return _answer(work, given.task, lambda value: send(Emitted(value)))
    finally:
        if end is not None:
            end()


def _answer(work: Callable[[Any, Emit], Any], task: Any, emit: Emit) -> Done | Raised:
    try:
        return Done(work(task, emit))
    except Exception as error:  # noqa: BLE001 - it is raised again in the parent
        return Raised(_sendable(error))


def _sendable(error: Exception) -> Exception:
    """An error without its causes and its frames, which can't cross the pipe."""
    note_place(error)
    error.__cause__ = error.__context__ = None
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    except Exception:  # noqa: BLE001 - any class may have its own way of not being picklable
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error.with_traceback(None)


def _resident() -> int:
    """Bytes of memory that this process holds."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:  # no Linux: at least what it held at most
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return pages * resource.getpagesize()
