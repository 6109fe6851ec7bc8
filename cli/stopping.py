"""How a process that serves is stopped: by SIGINT or SIGTERM, in order, and once more at once."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from types import FrameType

from cli.exits import Code

_GLANCE = 0.5  # seconds between looks at what may have failed
_IMPATIENT = 1.0  # seconds; a shell can send the same signal twice
_CLOSING = 20.0  # seconds that the rest gets when something hangs

Failure = Callable[[], BaseException | None]


def no_failure() -> BaseException | None:
    return None


def interrupt_on_sigterm() -> None:
    """While a process starts, SIGTERM is like Ctrl-C: what was opened is closed again."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@contextmanager
def children_deaf_to_ctrl_c() -> Iterator[None]:
    """A terminal sends Ctrl-C to every process of ours. What is started in here inherits that it
    is blocked: this process tells the others when to end."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def until_stopped(failure: Failure = no_failure) -> BaseException | None:
    """Returns at a signal, or with what has failed."""
    # A SimpleQueue may be put into by a signal handler; an Event or a Condition may not.
    asked: SimpleQueue[float] = SimpleQueue()
    _on_signals(lambda: asked.put(time.monotonic()))
    while True:
        try:
            asked_at = asked.get(timeout=_GLANCE)
        except Empty:
            if (error := failure()) is not None:
                return error
            continue
        _answer_impatience(asked_at)
        return None


def code_of(failure: BaseException | None) -> Code:
    """What a process ends with that was stopped, or has ended by itself for this."""
    from infra.streams.watchdog import ProcessHangs

    match failure:
        case None:
            return Code.OK
        case ProcessHangs():
            return Code.STALLED
        case _:
            return Code.FAILED


@contextmanager
def ended_if_interrupted(close: Callable[[], None]) -> Iterator[None]:
    """What starts in here has nothing in hand yet, and threads that can't be stopped halfway: a
    signal ends the process."""
    try:
        yield
    except KeyboardInterrupt:
        end_hard(Code.OK, close)


def end_hard(code: int, close: Callable[[], None]) -> None:
    """Ends a process in which something hangs, after `close` had its time."""
    thread = threading.Thread(target=close, daemon=True)
    thread.start()
    thread.join(_CLOSING)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _on_signals(action: Callable[[], None]) -> None:
    def handle(_number: int, _frame: FrameType | None) -> None:
        action()

    signal.signal(signal.SIGINT, handle)
    signal.signal(signal.SIGTERM, handle)


def _answer_impatience(asked_at: float) -> None:
    def answer() -> None:
        if time.monotonic() > asked_at + _IMPATIENT:
            os._exit(Code.INTERRUPTED)

    _on_signals(answer)
