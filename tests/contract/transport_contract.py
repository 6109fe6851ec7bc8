"""What every transport must keep. A handler can't tell which one it runs in."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from threading import Event as Signal
from threading import Lock
from typing import Protocol
from uuid import UUID, uuid4

import pytest

from domain.events import Event
from domain.exports.decide import decide
from domain.exports.events import ExportPaused, ExportResumed
from domain.ports import StoreUnavailable
from domain.streams import (
    Envelope,
    JobKind,
    JobMessage,
    Jobs,
    Kind,
    Subscription,
    Tick,
    Ticks,
)
from infra.database import Pool
from infra.store import EventStoreOnPostgresql
from infra.streams.consumers import Consumers, EpochChanged
from infra.streams.delivery import unpark
from infra.streams.local_ticks import Unsubscribe, Watcher
from infra.streams.parking import Parking
from infra.streams.patience import Patience
from infra.streams.watchdog import RESTARTS, ConsumersStalled, Watchdog, Watched
from tests.export_commands import AT, SOMEBODY, request

(REQUESTED,) = decide(request(), None)
PAUSED = ExportPaused(paused_by=SOMEBODY, at=AT)
RESUMED = ExportResumed(resumed_by=SOMEBODY, at=AT)

IMPATIENT = Patience(tries=3, first=0.01, longest=0.02, outage=0.05)
SECRET = "Frau Müller's 4711"  # an error's text that must not be kept

KILLED = -9
GRACE = 20.0


class Transport(Protocol):
    @property
    def failure(self) -> BaseException | None: ...

    def start(self) -> None: ...

    def stop(self, timeout: float) -> bool: ...


class EventTransport(Transport, Protocol):
    @property
    def watched(self) -> Sequence[Watched]: ...


class JobTransport(Transport, Jobs, Protocol): ...


class TickTransport(Ticks, Protocol):
    def subscribe(self, watcher: Watcher) -> Unsubscribe: ...


class Stage(Protocol):
    """An event store in PostgreSQL, with one kind of transport for what it holds."""

    @property
    def store(self) -> EventStoreOnPostgresql: ...

    @property
    def pool(self) -> Pool: ...

    def transport(self, *subscriptions: Subscription) -> EventTransport: ...

    def jobs(self, run: Callable[[JobMessage], None]) -> JobTransport:
        """At least two at once."""

    def ticks(self) -> AbstractContextManager[TickTransport]: ...

    def meet_another_epoch(self) -> None:
        """Lets the running transport meet an event of another life of the store."""

    @property
    def consumer_program(self) -> list[str]:
        """Arguments of `tests.contract.consumer_program` for this stage."""


class Recorder:
    """A handler that remembers. `fail` may raise."""

    def __init__(self, fail: Callable[[Envelope], None] = lambda _: None) -> None:
        self.seen: list[Envelope] = []
        self.fail = fail
        self._lock = Lock()

    def __call__(self, envelope: Envelope) -> None:
        self.fail(envelope)
        with self._lock:
            self.seen.append(envelope)

    def versions(self, aggregate_id: UUID) -> list[int]:
        """In the order of their first time."""
        with self._lock:
            mine = [each.version for each in self.seen if each.aggregate_id == aggregate_id]
        return list(dict.fromkeys(mine))

    def positions(self) -> set[int]:
        with self._lock:
            return {envelope.position for envelope in self.seen}


class Running:
    """Starts a transport, and stops it whatever happens."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def __enter__(self) -> Transport:
        self.transport.start()
        return self.transport

    def __exit__(self, *error: object) -> None:
        began = time.monotonic()
        assert self.transport.stop(GRACE), f"still at work after {time.monotonic() - began:.0f} s"


class TransportContract:
    """A test class inherits this and has a fixture `stage`."""

    def test_each_consumer_gets_everything_in_order_per_aggregate(self, stage: Stage) -> None:
        first, second = Recorder(), Recorder()
        exports = [new_export(stage) for _ in range(5)]
        with Running(stage.transport(subscription(first, "first"), subscription(second, "second"))):
            for version in range(1, 20):
                for export in exports:
                    append(stage, export, version)
            for recorder in (first, second):
                until(lambda: len(recorder.positions()) == 100)  # noqa: B023 - called at once
                for export in exports:
                    assert recorder.versions(export) == list(range(1, 21))

    def test_a_consumer_whose_handler_hangs_is_replaced_and_nothing_is_lost(
        self, stage: Stage
    ) -> None:
        released, hung = Signal(), Signal()
        export = new_export(stage)

        def hang_once(envelope: Envelope) -> None:
            if envelope.version == 2 and not hung.is_set():
                hung.set()
                released.wait()

        recorder = Recorder(fail=hang_once)
        transport = stage.transport(subscription(recorder))
        with Running(transport):
            watchdog = Watchdog(transport.watched, patience=1.0)
            watchdog.start()
            for version in range(1, 4):
                append(stage, export, version)
            until(lambda: recorder.versions(export) == [1, 2, 3, 4], seconds=40)
            assert hung.is_set()
            watchdog.check()
            assert watchdog.stop(5)
            released.set()
        assert transport.failure is None

    def test_a_handler_that_hangs_for_ever_makes_no_storm_and_is_told(self, stage: Stage) -> None:
        released = Signal()
        tries: list[float] = []

        def hang(envelope: Envelope) -> None:
            tries.append(time.monotonic())
            released.wait()

        transport = stage.transport(subscription(hang))
        watchdog = Watchdog(transport.watched, patience=0.3)
        with Running(transport):
            new_export(stage)
            watchdog.start()
            try:
                until(lambda: says_so(watchdog), seconds=60)
                assert watchdog.stop(30)
            finally:
                released.set()
            assert len(tries) in {RESTARTS, RESTARTS + 1}
            assert tries[2] - tries[0] >= 0.3 + 0.6

    def test_an_envelope_says_what_was_recorded(self, stage: Stage) -> None:
        recorder = Recorder()
        export = new_export(stage)
        with Running(stage.transport(subscription(recorder))):
            until(lambda: recorder.seen)
        envelope = recorder.seen[0]
        assert replace(envelope, data={}) == Envelope(
            position=stage.store.head(),
            epoch=stage.store.epoch(),
            kind=Kind.EXPORT,
            aggregate_id=export,
            version=1,
            type="export.requested.v2",
            at=AT,
            data={},
        )
        assert envelope.data["dataset"] == "orders"
        assert "filter" not in envelope.data

    def test_other_kinds_are_left_out(self, stage: Stage) -> None:
        downloads, exports = Recorder(), Recorder()
        with Running(
            stage.transport(
                subscription(downloads, "downloads", Kind.DOWNLOAD),
                subscription(exports, "both", Kind.DOWNLOAD, Kind.EXPORT),
            )
        ):
            export = new_export(stage)
            until(lambda: exports.versions(export) == [1])
        assert downloads.seen == []

    def test_a_restart_goes_on_where_it_stopped(self, stage: Stage) -> None:
        before, after = Recorder(), Recorder()
        old = [new_export(stage) for _ in range(3)]
        with Running(stage.transport(subscription(before))):
            until(lambda: len(before.positions()) == 3)
        new = [new_export(stage) for _ in range(3)]
        with Running(stage.transport(subscription(after))):
            until(lambda: len(after.positions()) == 3)
        assert {envelope.aggregate_id for envelope in before.seen} == set(old)
        assert {envelope.aggregate_id for envelope in after.seen} == set(new)

    def test_what_a_killed_process_had_in_hand_is_delivered_again(self, stage: Stage) -> None:
        exports = [new_export(stage) for _ in range(10)]
        killed = subprocess.run(
            [sys.executable, "-m", "tests.contract.consumer_program", *stage.consumer_program],
            timeout=60,
            check=False,
        )
        assert killed.returncode == KILLED
        handled = _handled_by_the_killed(stage)
        assert 1 <= len(handled) < 10
        recorder = Recorder()
        with Running(stage.transport(subscription(recorder, "killed"))):
            until(lambda: handled | recorder.positions() == _positions(stage), 30)
            until(lambda: handled & recorder.positions(), 5)
        assert {envelope.aggregate_id for envelope in recorder.seen} <= set(exports)

    def test_a_poison_message_parks_its_key_and_others_go_on(self, stage: Stage) -> None:
        poisoned, healthy = new_export(stage), new_export(stage)

        def refuse(envelope: Envelope) -> None:
            if envelope.aggregate_id == poisoned and envelope.version == 2:
                raise ValueError(SECRET)

        recorder = Recorder(refuse)
        parking = Parking(stage.pool)
        with Running(stage.transport(subscription(recorder))) as transport:
            for version in (1, 2):
                append(stage, poisoned, version)
                append(stage, healthy, version)
            until(lambda: recorder.versions(healthy) == [1, 2, 3])
            until(lambda: [key.events for key in parking.parked_keys()] == [2])
            assert transport.failure is None
        assert recorder.versions(poisoned) == [1]
        (parked,) = parking.parked_keys()
        assert (parked.subscription, parked.aggregate_id) == ("recorder", poisoned)
        assert parked.error.type == "ValueError"
        assert parked.error.place.startswith("tests.contract.transport_contract:")
        assert SECRET not in _everything_parked(stage)

    def test_a_released_key_gets_its_events_in_order_and_goes_on(self, stage: Stage) -> None:
        poisoned = new_export(stage)

        def refuse(_: Envelope) -> None:
            raise ValueError(SECRET)

        recorder = Recorder(refuse)
        parking = Parking(stage.pool)
        to_recorder = subscription(recorder)
        with Running(stage.transport(to_recorder)):
            append(stage, poisoned, 1)
            until(lambda: [key.events for key in parking.parked_keys()] == [2])
            with pytest.raises(ValueError, match=SECRET):
                unpark(parking, to_recorder, poisoned)
            recorder.fail = lambda _: None
            assert unpark(parking, to_recorder, poisoned) == 2
            assert parking.parked_keys() == []
            append(stage, poisoned, 2)
            until(lambda: recorder.versions(poisoned) == [1, 2, 3])

    def test_an_outage_is_waited_out_and_parks_nothing(self, stage: Stage) -> None:
        tries: Counter[UUID] = Counter()

        def away(envelope: Envelope) -> None:
            tries[envelope.aggregate_id] += 1
            if tries[envelope.aggregate_id] <= 3 * IMPATIENT.tries:
                raise StoreUnavailable

        recorder = Recorder(away)
        export = new_export(stage)
        with Running(stage.transport(subscription(recorder))):
            until(lambda: recorder.versions(export) == [1])
        assert Parking(stage.pool).parked_keys() == []

    def test_a_stop_in_an_outage_gives_back_what_was_in_hand(self, stage: Stage) -> None:
        tries = Counter[int]()

        def away(envelope: Envelope) -> None:
            tries[envelope.version] += 1
            raise StoreUnavailable

        export = new_export(stage)
        with Running(stage.transport(subscription(away))):
            until(lambda: tries[1] > IMPATIENT.tries)
        recorder = Recorder()
        with Running(stage.transport(subscription(recorder))):
            until(lambda: recorder.versions(export) == [1])

    def test_an_event_of_another_epoch_stops_the_consumer(self, stage: Stage) -> None:
        recorder = Recorder()
        export = new_export(stage)
        with Running(stage.transport(subscription(recorder))) as transport:
            until(lambda: recorder.versions(export) == [1])
            stage.meet_another_epoch()
            until(lambda: transport.failure is not None)
            assert isinstance(transport.failure, EpochChanged)
        assert len(recorder.seen) == 1

    def test_a_restored_store_is_refused_until_the_consumer_starts_over(self, stage: Stage) -> None:
        consumers = Consumers(stage.pool)
        consumers.enter("recorder", stage.store.epoch())
        epoch = stage.store.new_epoch()
        with pytest.raises(EpochChanged, match="recorder"):
            stage.transport(subscription(Recorder())).start()
        consumers.restart("recorder", epoch)
        assert consumers.enter("recorder", epoch) == 0

    def test_jobs_run_side_by_side_and_one_that_fails_stops_nothing(self, stage: Stage) -> None:
        ran: list[str] = []
        running, most = 0, 0
        lock = Lock()

        def run(job: JobMessage) -> None:
            nonlocal running, most
            ran.append(job.id)
            if job.attempt == 1:
                raise ValueError(SECRET)
            with lock:
                running += 1
                most = max(most, running)
            time.sleep(0.2)
            with lock:
                running -= 1

        jobs = [job_of(attempt=1 if number < 4 else 2) for number in range(16)]
        with Running(transport := stage.jobs(run)):
            for job in jobs:
                transport.release(job)
            until(lambda: set(ran) == {job.id for job in jobs})
            assert transport.failure is None
        assert most >= 2

    def test_a_job_arrives_as_it_was_released(self, stage: Stage) -> None:
        ran: list[JobMessage] = []
        job = job_of(attempt=3)
        with Running(transport := stage.jobs(ran.append)):
            transport.release(job)
            until(lambda: ran)
        assert ran == [job]

    def test_ticks_reach_whoever_watches(self, stage: Stage) -> None:
        tick = Tick(export_id=uuid4(), attempt=1, rows=5, size=99, at=AT)
        seen: list[Tick] = []

        def fail(_: Tick) -> None:
            raise ValueError(SECRET)

        with stage.ticks() as ticks:
            ticks.subscribe(fail)
            unsubscribe = ticks.subscribe(seen.append)
            until(lambda: told(ticks, tick, seen), every=0.1)
            unsubscribe()
            count = len(seen)
            last: list[Tick] = []
            ticks.subscribe(last.append)
            until(lambda: told(ticks, tick, last), every=0.1)
        assert set(seen) == {tick}
        assert len(seen) <= count + 1  # one may have been in hand


def new_export(stage: Stage) -> UUID:
    export = uuid4()
    stage.store.append(export, 0, [REQUESTED])
    return export


def append(stage: Stage, export: UUID, after: int) -> None:
    event: Event = PAUSED if after % 2 else RESUMED
    stage.store.append(export, after, [event])


def subscription(
    handle: Callable[[Envelope], None], name: str = "recorder", *kinds: Kind
) -> Subscription:
    return Subscription(name=name, kinds=frozenset(kinds or {Kind.EXPORT}), handle=handle)


def job_of(attempt: int) -> JobMessage:
    return JobMessage(
        id=f"job-{uuid4()}",
        export_id=uuid4(),
        kind=JobKind.RENDER,
        attempt=attempt,
        index=7,
        file="csv.gz",
    )


def told(ticks: Ticks, tick: Tick, seen: Sequence[Tick]) -> bool:
    ticks.publish(tick)
    return bool(seen)


def says_so(watchdog: Watchdog) -> bool:
    try:
        watchdog.check()
    except ConsumersStalled:
        return True
    return False


def until(condition: Callable[[], object], seconds: float = 20.0, every: float = 0.01) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it has not happened"
        time.sleep(every)


def _positions(stage: Stage) -> set[int]:
    return {recorded.position for recorded in stage.store.log(0, 1000)}


def _handled_by_the_killed(stage: Stage) -> set[int]:
    with stage.pool.connection() as connection:
        return {row["position"] for row in connection.execute("SELECT position FROM handled")}


def _everything_parked(stage: Stage) -> str:
    with stage.pool.connection() as connection:
        return str(connection.execute("SELECT * FROM parked").fetchall())
