"""Does released jobs: waits for a free place, takes the lease, lets a child process do the work,
records what came of it.

Rendering answers when it is done; extraction and assembly are long and go on beside the transport,
under their lease. A job that is not wanted any more loses its row, the next heartbeat notices, and
the child is ended.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Protocol

from domain.leases import Held
from domain.streams import JobKind, JobMessage
from processors import metrics
from processors.children import TaskStopped
from processors.error_places import described
from processors.fault_points import Point, reach
from processors.faults import Fault, fault_of
from processors.job_runs import JobRuns, NotWanted, Place, Run
from processors.ports import Ports
from processors.queue_work import queue_work
from schemas import traces

log = logging.getLogger(__name__)

_BEAT_SECONDS = 0.5
"""A cancelled job is ended at the next beat."""
_STOP_SECONDS = 10.0
_HELPS_NOT_SECONDS = 30.0
"""After a job that failed: it may be the worker that is ill."""


class Places(Protocol):
    """See `processors.children.Children`."""

    def place(self) -> AbstractContextManager[Place]: ...


class Worker:
    """`name` is this process's, unique over all workers. Each kind has processes of its own, so
    that none waits for another. For `finish_seconds` what is under way may go on when the worker
    stops: a chunk ends within that and is rendered once. What is longer is given back, and an
    extraction at once, unless it is small."""

    finish_seconds = 5.0

    def __init__(self, name: str, ports: Ports, places: Mapping[JobKind, Places]) -> None:
        self.name = name
        self._ports, self._places = ports, places
        self._runs = JobRuns(ports)
        self._under_way: dict[str, Run] = {}
        self._busy = self._renders = 0
        self._draining = threading.Event()
        self._changed = threading.Condition()
        self.stopping = threading.Event()
        self._freed = threading.Event()
        self._looking, self._helps_from = False, 0.0
        self._beating = threading.Thread(target=self._beat_on, name="heartbeat", daemon=True)
        self._helping = threading.Thread(target=self._help_on, name="help", daemon=True)

    def start(self) -> None:
        self._safely(self.beat)
        self._beating.start()

    def help_others(self) -> None:
        """From now on; when messages can come too."""
        self._helping.start()

    def stop(self) -> bool:
        """Begins nothing new, lets what is short end, and gives the rest back, so that others take
        it at once. False when something did not end in time."""
        with self._changed:
            self._draining.set()
            long = [run for run in self._under_way.values() if not run.brief]
        for run in long:
            run.stop()
        with self._changed:
            self._changed.wait_for(lambda: self._busy == 0, self.finish_seconds)
            self.stopping.set()
            runs = list(self._under_way.values())
        for run in runs:
            run.stop()
        with self._changed:
            ended = self._changed.wait_for(lambda: self._busy == 0, _STOP_SECONDS)
        self._freed.set()
        for thread in (self._beating, self._helping):
            if thread.is_alive():
                thread.join(timeout=5)
        self._safely(lambda: self._ports.work.leave(self.name))
        return ended

    def run(self, job: JobMessage) -> None:
        """Handles one job message. Never raises: what fails is recorded or released again."""
        if job.kind is JobKind.RENDER:
            with self._rendering():
                self._safely(lambda: self.claim_and_do(job))
            self._freed.set()
        else:
            action = partial(self._safely, lambda: self.claim_and_do(job))
            threading.Thread(target=action, name=job.id, daemon=True).start()

    def beat(self) -> None:
        """One heartbeat: ends what this worker has no lease for any more."""
        limits = self._ports.limits
        with self._changed:
            under_way = {run.held: run for run in self._under_way.values()}
        kept = self._ports.work.beat(
            self.name, limits.render_processes, limits.extractions, under_way
        )
        for held in under_way.keys() - kept:
            under_way[held].stop()

    def _beat_on(self) -> None:
        while not self.stopping.wait(_BEAT_SECONDS):
            self._safely(self.beat)

    def claim_and_do(self, job: JobMessage) -> None:
        """The lease begins when there is a place: a job that only waits is left to others."""
        with self._places[job.kind].place() as place, self._counted():
            self._claim_and_do(lambda: self._ports.work.claim(job.id, self.name), place)

    def help(self) -> None:
        """Does chunks whose messages wait at other workers, until there is none or one of this
        worker's own messages wants the place. Messages are spread by chance: without this a worker
        would idle for a fifth of the time where there are two, for a third where there are many."""
        with self._places[JobKind.RENDER].place() as place, self._counted():
            while self._may_help() and self._renders <= self._ports.limits.render_processes:
                if not self._claim_and_do(self._claim_waiting, place):
                    break

    def _may_help(self) -> bool:
        """A worker that can't do its jobs must not take everybody's: each would soon have failed as
        often as it may."""
        return not self._draining.is_set() and time.monotonic() >= self._helps_from

    def _claim_waiting(self) -> Held | None:
        held = self._ports.work.claim_waiting(self.name)
        self._looking = False
        if held is not None:
            self._freed.set()  # there may be more, and more places for them
        return held

    def _help_on(self) -> None:
        """Looks when a place falls free, and after a while; once at a time, as the database may be
        slow."""
        while not self._draining.is_set():
            self._freed.wait(_BEAT_SECONDS)
            self._freed.clear()
            free = self._renders < self._ports.limits.render_processes
            if free and not self._looking and self._may_help():
                self._looking = True
                threading.Thread(target=self._help, name="help", daemon=True).start()

    def _help(self) -> None:
        with self._rendering():
            self._safely(self.help)
        self._looking = False

    @contextmanager
    def _rendering(self) -> Iterator[None]:
        """Counts those who have a place for rendering or wait for one."""
        with self._changed:
            self._renders += 1
        try:
            yield
        finally:
            with self._changed:
                self._renders -= 1

    def _claim_and_do(self, claim: Callable[[], Held | None], place: Place) -> bool:
        """False when there was nothing to claim."""
        run = self._claimed(claim, place)
        if run is None:
            return False
        try:
            self._do(run)
        finally:
            self._forget(run)
            self._safely(self._ports.wake)
        return True

    @contextmanager
    def _counted(self) -> Iterator[None]:
        """What `stop` waits for."""
        with self._changed:
            self._busy += 1
        try:
            yield
        finally:
            with self._changed:
                self._busy -= 1
                self._changed.notify_all()

    def _claimed(self, claim: Callable[[], Held | None], place: Place) -> Run | None:
        if self.stopping.is_set():
            return None
        held = claim()
        if held is None:
            return None
        if self._draining.is_set():
            self._ports.work.hand_on(held)
            return None
        run = Run(held, place)
        with self._changed:
            before, self._under_way[run.job.id] = self._under_way.get(run.job.id), run
            stopping = self.stopping.is_set() or (self._draining.is_set() and not run.brief)
        if before is not None:
            before.stop()  # its lease ran out, or this one would not have been given
        if stopping:
            run.stop()
        return run

    def _forget(self, run: Run) -> None:
        with self._changed:
            if self._under_way.get(run.job.id) is run:
                del self._under_way[run.job.id]

    def _do(self, run: Run) -> None:
        began = time.monotonic()
        outcome = "stopped"
        job = run.job
        try:
            with traces.span(
                job.kind.value,
                job.export_id,
                file=job.file,
                index=job.index,
                attempt=job.attempt,
                tries=run.held.tries,
                worker=self.name,
            ) as said:
                reach(Point.CLAIM)
                outcome = said["outcome"] = self._outcome(run)
        except TaskStopped:
            log.info("stopped %s of export %s", run.job.kind, run.job.export_id)
            if self._draining.is_set():
                self._ports.work.hand_on(run.held)
        finally:
            metrics.job_seconds.labels(run.job.kind, outcome).observe(time.monotonic() - began)
            if outcome in ("retried", "failed"):
                self._helps_from = time.monotonic() + _HELPS_NOT_SECONDS

    def _outcome(self, run: Run) -> str:
        """Raises `TaskStopped`: whoever stopped it has taken the job, or gives it back."""
        try:
            self._runs.do(run)
        except TaskStopped:
            raise
        except NotWanted:
            run.outlast(lambda: self._ports.work.release(run.held, 0))
            run.outlast(lambda: queue_work(run.job.export_id, self._ports))
            return "not wanted"
        except Exception as error:  # noqa: BLE001 - every fault has an answer
            return self._answer(run, fault_of(error), error)
        reach(Point.DONE)
        run.outlast(lambda: self._ports.work.done(run.held))
        return "done"

    def _answer(self, run: Run, fault: Fault, error: Exception) -> str:
        """Tries again after a while, or fails the export with its reason."""
        job, again = run.job, run.held.tries < fault.tries
        outcome = "retried" if again else "failed"
        log.warning(
            "%s of export %s %s (%s, try %d): %s",
            job.kind,
            job.export_id,
            outcome,
            fault.reason,
            run.held.tries,
            described(error),
        )
        metrics.faults.labels(job.kind, fault.reason, outcome).inc()
        if again:
            run.outlast(
                lambda: self._ports.work.release(run.held, fault.pause_after(run.held.tries))
            )
        else:
            run.outlast(lambda: self._runs.fail(run, fault.reason, str(error)))
            run.outlast(lambda: queue_work(job.export_id, self._ports))
        return outcome

    def _safely(self, action: Callable[[], None]) -> None:
        """The database may be away: the lease runs out and the job is done again."""
        try:
            action()
        except Exception as error:  # noqa: BLE001 - whatever it is, the lease answers it
            log.error("a worker's step failed; it is tried again: %s", described(error))  # noqa: TRY400
