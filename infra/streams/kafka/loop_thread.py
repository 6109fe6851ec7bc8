"""An event loop in a thread of its own: all else in this service is synchronous, but the clients
of Kafka are not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from threading import Thread
from typing import Any, TypeVar
from weakref import WeakSet

_ROUNDS = 5
_GRACE_SECONDS = 1.0

Result = TypeVar("Result")


class LoopThread:
    """Runs coroutines for other threads.

    with LoopThread("producer") as loop:
        loop.submit(coroutine()).result()"""

    def __init__(self, name: str) -> None:
        self._name = name
        self._submitted: WeakSet[Coroutine[Any, Any, Any]] = WeakSet()

    def start(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def submit(self, coroutine: Coroutine[Any, Any, Result]) -> Future[Result]:
        """Starts the coroutine; cancelling the future cancels it."""
        self._submitted.add(coroutine)
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def call_soon(self, callback: Callable[..., object], *arguments: object) -> None:
        """Calls it in the loop's thread."""
        self._loop.call_soon_threadsafe(callback, *arguments)

    def stop(self) -> None:
        """Cancels what was submitted and still runs, then what else does, and ends the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def __enter__(self) -> LoopThread:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            self._loop.run_until_complete(_end(self._is_submitted))
            self._loop.run_until_complete(_end(_is_any))
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()

    def _is_submitted(self, task: asyncio.Task[Any]) -> bool:
        return task.get_coro() in self._submitted


def _is_any(task: asyncio.Task[Any]) -> bool:
    return True


async def _end(chosen: Callable[[asyncio.Task[Any]], bool]) -> None:
    """In rounds, as what is cancelled may begin something to clean up after itself."""
    for _ in range(_ROUNDS):
        others = asyncio.all_tasks() - {asyncio.current_task()}
        tasks = {task for task in others if chosen(task)}
        if not tasks:
            return
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=_GRACE_SECONDS)
