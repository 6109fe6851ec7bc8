"""Processes that do the heavy work: rendering uses cores through processes, and a job that is no
longer wanted is ended by ending its process.

A child does one task at a time. It imports its task's code once (the fork server has it loaded),
builds its ports once, and is used again; one that was killed or died is replaced.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import pickle
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, TypeAlias

Emit: TypeAlias = Callable[[Any], None]
Setup: TypeAlias = Callable[[Any], Callable[[Any, Emit], Any]]
"""Called once in the child with the settings; gives the function that does the tasks."""


class ChildDied(Exception):
    """The process that did this work died. Look at the machine's memory and the logs."""


class TaskStopped(Exception):
    """The work was no longer wanted, so its process was ended."""


@dataclass(frozen=True, slots=True)
class _Emitted:
    value: Any


@dataclass(frozen=True, slots=True)
class _Done:
    value: Any


@dataclass(frozen=True, slots=True)
class _Raised:
    error: BaseException


class Stop:
    """Lets another thread end a task's process. Safe across threads, once or many times."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: _Child | None = None
        self.asked = False

    def __call__(self) -> None:
        with self._lock:
            self.asked = True
            if self._child is not None:
                self._child.kill()

    @contextlib.contextmanager
    def over(self, child: _Child) -> Iterator[None]:
        with self._lock:
            if self.asked:
                raise TaskStopped
            self._child = child
        try:
            yield
        finally:
            with self._lock:
                self._child = None


class Children:
    """Up to `size` processes; a task waits for a free one. `setup` must be importable."""

    def __init__(self, size: int, setup: Setup, settings: Any, preload: list[str]) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(preload)
        self._setup, self._settings = setup, settings
        self._free = threading.BoundedSemaphore(size)
        self._idle: list[_Child] = []
        self._all: set[_Child] = set()
        self._lock = threading.Lock()
        self._closed = False

    def warm(self, count: int) -> None:
        """Starts some processes ahead, so that the first tasks needn't wait for them."""
        children = [self._start() for _ in range(count)]
        with self._lock:
            self._idle.extend(children)

    def run(self, task: Any, emitted: Callable[[Any], None], stop: Stop | None = None) -> Any:
        """Does a task in a child and returns its result; `emitted` gets what it says meanwhile.

        Raises what the task raised, `ChildDied`, or `TaskStopped`."""
        stop = stop or Stop()
        with self._free:
            child = self._take()
            try:
                with stop.over(child):
                    return child.run(task, emitted)
            except (EOFError, ConnectionError) as error:
                if child.idle:
                    raise  # the task's own error; its process is well
                raise (TaskStopped if stop.asked else ChildDied) from error
            finally:
                self._give(child) if child.idle else self._drop(child)

    def close(self) -> None:
        """Ends every process, at once."""
        with self._lock:
            self._closed = True
            children, self._idle = list(self._all), []
        for child in children:
            child.kill()

    def _take(self) -> _Child:
        while True:
            with self._lock:
                child = self._idle.pop() if self._idle else None
            if child is None:
                return self._start()
            if child.alive:
                return child
            self._drop(child)

    def _give(self, child: _Child) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(child)

    def _start(self) -> _Child:
        child = _Child(self._context, self._setup, self._settings)
        with self._lock:
            self._all.add(child)
        return child

    def _drop(self, child: _Child) -> None:
        child.kill()
        with self._lock:
            self._all.discard(child)


class _Child:
    """One process and the pipe to it."""

    def __init__(self, context: Any, setup: Setup, settings: Any) -> None:
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, setup, settings), daemon=True)
        self._process.start()
        theirs.close()
        self.idle = True

    @property
    def alive(self) -> bool:
        return bool(self._process.is_alive())

    def run(self, task: Any, emitted: Callable[[Any], None]) -> Any:
        self.idle = False
        self._pipe.send(task)
        while True:
            match self._pipe.recv():
                case _Emitted(value=value):
                    emitted(value)
                case _Done(value=value):
                    self.idle = True
                    return value
                case _Raised(error=error):
                    self.idle = True
                    raise error
                case other:
                    raise ConnectionError(f"a child said {other!r}")

    def kill(self) -> None:
        if self._process.is_alive():
            self._process.kill()
        self._process.join(timeout=5)


def _serve(pipe: Connection, setup: Setup, settings: Any) -> None:
    """A child's life: ends when its parent does, as reading the pipe then gives an end of file."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        work = setup(settings)
        while True:
            task = pipe.recv()
            pipe.send(_outcome(work, task, lambda value: pipe.send(_Emitted(value))))


def _outcome(work: Callable[[Any, Emit], Any], task: Any, emit: Emit) -> _Done | _Raised:
    try:
        return _Done(work(task, emit))
    except (BrokenPipeError, ConnectionResetError):
        raise  # the parent is gone
    except Exception as error:  # noqa: BLE001 - it is raised again in the parent
        return _Raised(_sendable(error))


def _sendable(error: Exception) -> Exception:
    """An error without its causes and its frames, which can't cross the pipe."""
    error.__cause__ = error.__context__ = None
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    except Exception:  # noqa: BLE001 - any class may have its own way of not being picklable
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error.with_traceback(None)
