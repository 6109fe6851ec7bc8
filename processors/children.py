"""Processes that do the heavy work: rendering uses cores through processes, and a job that is no
longer wanted is ended by ending its process.

A child does one task at a time. It imports its task's code once (the fork server has it loaded),
builds its ports once, and is used again; one that was killed, died or has grown too large is
replaced. It ends with its parent, in whatever it is.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import socket
import threading
from collections.abc import Iterator
from typing import Any

from processors import metrics
from processors.child_life import (
    LAST_WORDS,
    Done,
    Emit,
    Emitted,
    Given,
    Raised,
    Setup,
    Told,
    serve,
)
from schemas import traces

MOST_MEMORY = 300 * 1024 * 1024
"""Bytes; a child that holds more after a task is replaced, as freed memory seldom goes back."""


class ChildDied(Exception):
    """The process that did this work died. Look at the machine's memory and the logs."""


class TaskStopped(Exception):
    """The work was no longer wanted, so its process was ended."""


class Stop:
    """Lets another thread end a task's process. Safe across threads, once or many times."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked = threading.Event()
        self._child: _Child | None = None

    @property
    def asked(self) -> bool:
        return self._asked.is_set()

    def __call__(self) -> None:
        with self._lock:
            self._asked.set()
            if self._child is not None:
                self._child.kill()

    def wait(self, seconds: float) -> None:
        """Raises `TaskStopped` as soon as that is asked for."""
        if self._asked.wait(seconds):
            raise TaskStopped

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
    """Up to `size` processes; a task waits for a free place. `setup` must be importable. `name`
    is what the system calls them, in 15 characters."""

    def __init__(
        self,
        size: int,
        setup: Setup,
        settings: Any,
        preload: list[str],
        most_memory: int = MOST_MEMORY,
        name: str = "wb-child",
    ) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(preload)
        self._serving = name, setup, settings, most_memory
        self._free = threading.BoundedSemaphore(size)
        self._idle: list[_Child] = []
        self._all: set[_Child] = set()
        self._lock = threading.Lock()
        self._closed = False

    def warm(self, count: int) -> None:
        """Starts some processes ahead, so that the first tasks needn't wait for them."""
        for child in [self._start() for _ in range(count)]:
            self._give(child)

    @contextlib.contextmanager
    def place(self) -> Iterator[Place]:
        """Waits for a free place. Whoever has one can begin a task at once."""
        with self._free:
            yield Place(self)

    def run(self, task: Any, heard: Emit, stop: Stop | None = None) -> Any:
        """Does a task as soon as there is a place; see `Place.run`."""
        with self.place() as place:
            return place.run(task, heard, stop or Stop())

    def close(self) -> None:
        """Ends every process: the idle ones in order, the others at once."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
            busy = self._all.difference(idle)
        for child in busy:
            child.kill()  # whoever waits for its answer drops it
        for child in idle:
            child.hang_up()
        for child in idle:
            self._drop(child)

    def _run(self, task: Any, heard: Emit, stop: Stop) -> Any:
        child = self._take()
        try:
            with stop.over(child):
                return child.run(task, heard)
        except ChildDied:
            if stop.asked:
                raise TaskStopped from None
            metrics.children_died.inc()
            raise
        finally:
            self._give(child)

    def _take(self) -> _Child:
        while True:
            with self._lock:
                child = self._idle.pop() if self._idle else None
            if child is None:
                return self._start()
            if child.fit:
                return child
            self._drop(child)

    def _give(self, child: _Child) -> None:
        """Keeps a child for the next task if it can do one."""
        with self._lock:
            keep = child.fit and not self._closed
            if keep:
                self._idle.append(child)
        if not keep:
            self._drop(child)

    def _start(self) -> _Child:
        child = _Child(self._context, self._serving)
        with self._lock:
            self._all.add(child)
        return child

    def _drop(self, child: _Child) -> None:
        child.end()
        with self._lock:
            self._all.discard(child)


class Place:
    """A free place among the children, for one task after another."""

    def __init__(self, children: Children) -> None:
        self._children = children

    def run(self, task: Any, heard: Emit, stop: Stop) -> Any:
        """Does a task in a child and returns its result; `heard` gets what it says meanwhile.

        Raises what the task or `heard` raised, `ChildDied`, or `TaskStopped`."""
        return self._children._run(task, heard, stop)


class _Child:
    """One process and the pipe to it."""

    def __init__(self, context: Any, serving: tuple[Any, ...]) -> None:
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, *serving), daemon=True)
        self._usable, self._busy = True, False
        self._closing = threading.Lock()
        try:
            self._process.start()
        except (OSError, EOFError) as error:  # the fork server has just died
            self._pipe.close()
            raise ChildDied from error
        finally:
            theirs.close()

    @property
    def fit(self) -> bool:
        """Whether it can do another task."""
        return self._usable and not self._busy and bool(self._process.is_alive())

    def run(self, task: Any, heard: Emit) -> Any:
        self._busy = True
        with _pipe_errors():
            self._pipe.send(Given(task, traces.current(), traces.wanted()))
        while True:
            with _pipe_errors():
                said = self._pipe.recv()
            match said:
                case Emitted(value=value):
                    heard(value)
                case Told(span=span):
                    traces.tell(span)
                case Done(value=value, last=last):
                    self._busy, self._usable = False, not last
                    return value
                case Raised(error=error, last=last):
                    self._busy, self._usable = False, not last
                    raise error
                case other:
                    raise ChildDied(f"a child said {type(other).__name__}")

    def kill(self) -> None:
        """At once and from any thread; whoever waits for its answer gets `ChildDied`."""
        self._process.kill()
        self.hang_up()

    def hang_up(self) -> None:
        """It ends by itself when it next looks, and soon in any case. A process whose fork server
        is dead counts as dead itself, so that no signal reaches it, but this does."""
        self._usable = False
        with self._closing, contextlib.suppress(OSError):
            _shut_down(os.dup(self._pipe.fileno()))

    def end(self) -> None:
        """Waits until it is gone; only for the one who took it."""
        if not self._busy:
            self.hang_up()
            self._process.join(timeout=LAST_WORDS)
        self._process.kill()
        self._process.join(timeout=5)
        with self._closing:
            self._pipe.close()


def _shut_down(descriptor: int) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, fileno=descriptor) as pipe:
        pipe.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def _pipe_errors() -> Iterator[None]:
    try:
        yield
    except (EOFError, OSError) as error:
        raise ChildDied from error
