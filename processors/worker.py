"""Does released jobs: takes the lease, lets a child process do the work, records what came of it.

Rendering answers when it is done; extraction and assembly are long and go on beside the transport,
under their lease. A job that is not wanted any more loses its row, the next heartbeat notices, and
the child is ended.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from domain.leases import Held
from domain.streams import JobKind, JobMessage
from processors.children import Children, Stop, TaskStopped
from processors.faults import Fault, fault_of
from processors.job_runs import JobRuns, NotWanted
from processors.ports import Ports
from processors.queue_work import queue_work

log = logging.getLogger(__name__)

_BEAT_SECONDS = 1.0


class Worker:
    """`name` is this process's, unique over all workers. `renders` and `extractions` are processes
    of their own kinds, so that neither waits for the other."""

    def __init__(self, name: str, ports: Ports, renders: Children, extractions: Children) -> None:
        self.name = name
        self._ports = ports
        self._children = {
            JobKind.EXTRACT: extractions,
            JobKind.RENDER: renders,
            JobKind.ASSEMBLE: renders,
        }
        self._runs = JobRuns(ports)
        self._under_way: dict[str, Stop] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._beating = threading.Thread(target=self._beat_on, name="heartbeat", daemon=True)

    def start(self) -> None:
        self.beat()
        self._beating.start()

    def stop(self) -> None:
        """Ends what is under way and gives it back, so that others take it at once."""
        self._stopping.set()
        with self._lock:
            stops = list(self._under_way.values())
        for stop in stops:
            stop()
        self._beating.join(timeout=5)
        self._ports.work.leave(self.name)

    def run(self, job: JobMessage) -> None:
        """Handles one job message. Never raises: what fails is recorded or released again."""
        if job.kind is JobKind.RENDER:
            self._run(job)
        else:
            threading.Thread(target=self._run, args=(job,), name=job.id, daemon=True).start()

    def beat(self) -> None:
        """One heartbeat: ends what this worker has no lease for any more."""
        limits = self._ports.limits
        with self._lock:
            under_way = dict(self._under_way)
        mine = self._ports.work.beat(
            self.name, limits.render_processes, limits.extractions, under_way
        )
        for job_id in under_way.keys() - mine:
            under_way[job_id]()

    def _beat_on(self) -> None:
        while not self._stopping.wait(_BEAT_SECONDS):
            self._safely(self.beat)

    def _run(self, job: JobMessage) -> None:
        self._safely(lambda: self._claim_and_do(job))
        self._ports.wake()

    def _claim_and_do(self, job: JobMessage) -> None:
        if self._stopping.is_set():
            return
        held = self._ports.work.claim(job.id, self.name)
        if held is None:
            return
        stop = Stop()
        with self._lock:
            self._under_way[job.id] = stop
        try:
            self._do(held, stop)
        finally:
            with self._lock:
                self._under_way.pop(job.id, None)

    def _do(self, held: Held, stop: Stop) -> None:
        job = held.job
        try:
            self._runs.do(job, self._children[job.kind], stop)
        except NotWanted:
            self._ports.work.done(job.id)
        except TaskStopped:
            log.info("stopped %s of export %s", job.kind, job.export_id)
        except Exception as error:  # noqa: BLE001 - every fault has an answer
            self._answer(held, fault_of(error), error)
        else:
            self._ports.work.done(job.id)

    def _answer(self, held: Held, fault: Fault, error: Exception) -> None:
        """Tries again after a while, or fails the export with its reason."""
        job = held.job
        log.warning(
            "%s of export %s failed (%s, try %d): %s",
            job.kind,
            job.export_id,
            fault.reason,
            held.tries,
            type(error).__name__,
            exc_info=error if fault.unexpected else None,
        )
        if held.tries < fault.tries:
            self._ports.work.release(job.id, self.name, fault.pause * 2 ** (held.tries - 1))
        else:
            self._runs.fail(job, fault.reason, str(error))
            queue_work(job.export_id, self._ports)

    def _safely(self, action: Callable[[], None]) -> None:
        """The database may be away: the lease runs out and the job is done again."""
        try:
            action()
        except Exception:
            log.exception("a worker's step failed; it is tried again")
