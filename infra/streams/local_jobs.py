"""Jobs inside one process: a bounded queue and threads.

A job that is lost here, because the process ends or the queue is full, is released again when its
lease runs out.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from queue import Empty, Full, Queue
from threading import Event, Thread

from domain.streams import JobMessage
from infra.streams.failures import describe

log = logging.getLogger(__name__)

_GLANCE = 0.2  # seconds until an idle thread sees that it should stop


class LocalJobs:
    """Satisfies `domain.streams.Jobs`. `run` does a job; up to `capacity` run at once."""

    failure: Exception | None = None  # no job can end the flow of jobs

    def __init__(
        self, run: Callable[[JobMessage], None], capacity: int, backlog: int = 1000
    ) -> None:
        self._run = run
        self._queue: Queue[JobMessage] = Queue(backlog)
        self._stopping = Event()
        self._threads = [
            Thread(target=self._work, name=f"job-{number}", daemon=True)
            for number in range(capacity)
        ]

    def release(self, job: JobMessage) -> None:
        try:
            self._queue.put_nowait(job)
        except Full:
            log.warning("no room for job %s: it will be released again", job.id)

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self, timeout: float) -> bool:
        """Lets running jobs finish; True if all did within `timeout` seconds."""
        self._stopping.set()
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                job = self._queue.get(timeout=_GLANCE)
            except Empty:
                continue
            run_logged(self._run, job)


def run_logged(run: Callable[[JobMessage], None], job: JobMessage) -> None:
    """A job that fails says so and is left to its lease; the flow of jobs goes on."""
    try:
        run(job)
    except Exception as error:  # noqa: BLE001 - whatever it is, the lease answers it
        failure = describe(error)
        log.error(  # noqa: TRY400 - the error's text can quote rows
            "job %s failed with %s in %s; its lease will release it again",
            job.id,
            failure.type,
            failure.place,
        )
