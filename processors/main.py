"""The workers' composition root: which adapters the processors run over, embedded or on Kafka.

`build` gives a `Processing` to start and stop; the `*_work` functions are what a child process
sets itself up with.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, assert_never
from uuid import uuid4

import psycopg
from pydantic import SecretStr

from domain.ports import Signer
from domain.streams import JobKind, JobMessage, Jobs, Subscription, Tick, Ticks
from infra import readiness
from infra.files.sealed import SealedFiles
from infra.installation import DeclaredSources, Installation, file_store, now, open_catalog
from infra.leadership import Leadership
from infra.projections import Projector
from infra.readiness import Checks
from infra.rows import open_source
from infra.settings import Settings
from infra.signing import open_signing_key
from infra.store import Wakeups
from infra.streams.life import Life
from infra.streams.local import LocalTransport
from infra.streams.local_jobs import LocalJobs
from infra.streams.local_ticks import LocalTicks
from infra.streams.watchdog import Watchdog
from processors import plan_exports, queue_work
from processors.assemble_files import AssembleTask, assemble
from processors.child_life import Emit, Setup
from processors.children import Children
from processors.dispatch import SMALL_PLACES, assemblies
from processors.fault_points import Point, reach
from processors.pdf_fonts import pdf_fonts
from processors.ports import Limits, Ports
from processors.reap import take_over
from processors.render_chunks import RenderTask, render
from processors.stage_rows import ExtractTask, extract
from processors.steward import Steward
from processors.worker import Worker
from projections.catalogue import READ_MODELS

if TYPE_CHECKING:
    from infra.streams.kafka.producer import Producer
    from infra.streams.relay import Relay

_WORK_CHANNEL = "waybill_work"
PRELOAD = ["processors.main"]
"""What the server that children are forked from has loaded."""


GRACE = 15.0
"""Seconds that handlers get to finish what they have in hand when a process stops."""

Watcher = Callable[[Tick], None]


class Transport(Protocol):
    """A way of events, jobs or ticks through this process."""

    def start(self) -> None: ...

    def stop(self, timeout: float) -> bool: ...


class Processing:
    """Everything that turns requests into files, in this process. `watch` calls back with every
    tick and returns what ends that. `alone` says that there is no other such process."""

    def __init__(
        self,
        installation: Installation,
        jobs: Jobs,
        ticks: Ticks,
        watch: Callable[[Watcher], Callable[[], None]],
        *,
        alone: bool = False,
    ) -> None:
        self.ports = build_ports(installation, jobs, ticks)
        self._alone = alone
        self.watch = watch
        self._installation = installation
        self.worker, self._end_children = build_workers(installation, self.ports)
        self._steward = build_steward(installation, self.ports)
        self._life = Life(installation.store)
        self.carriers: list[Transport] = []
        self.transports: list[Transport] = []
        self.watchdog = Watchdog([], installation.settings.consumer_stalled_seconds)

    def start(self) -> None:
        if self._alone:
            take_over(self.ports)
        self.worker.start()
        for transport in (*self.carriers, *self.transports):
            transport.start()
        self.watchdog.start()
        self._steward.start()
        self.worker.help_others()

    def checks(self) -> Checks:
        """What this process needs to be ready; see `infra.readiness`."""
        over_kafka = self._installation.settings.transport == "kafka"
        return {
            **readiness.parts(self._installation),
            **(readiness.kafka(self._installation) if over_kafka else {}),
            "consumers": self.watchdog.check,
        }

    def alive(self) -> bool:
        """False when only a new process helps."""
        return self.watchdog.failure is None

    @property
    def failure(self) -> BaseException | None:
        """What a consumer has ended for, None while all is well."""
        found = (getattr(transport, "failure", None) for transport in self.transports)
        return next(
            (error for error in found if error is not None),
            self.watchdog.failure or self._life.failure(),
        )

    def stop(self) -> bool:
        """No new work first, then what is under way is given back. False when something did not
        end in time: the process should then end hard, which loses nothing."""
        self.watchdog.stop(GRACE)
        self._steward.stop()
        ended = [self.worker.stop(), self._stop_transports()]
        self._end_children()
        return all(ended)

    def _stop_transports(self) -> bool:
        """Those that consume side by side, as a slow one may take all of the grace; then those
        that carry what they say."""
        with ThreadPoolExecutor(max(1, len(self.transports))) as threads:
            ended = list(threads.map(lambda each: each.stop(GRACE), self.transports))
        return all([*ended, *(each.stop(GRACE) for each in self.carriers)])


def embedded(installation: Installation) -> Processing:
    """Over the event store's own log, all in this process."""
    settings = installation.settings
    ticks = LocalTicks()
    processing: Processing

    def run(job: JobMessage) -> None:
        processing.worker.run(job)

    jobs = LocalJobs(
        run,
        # A thread for each chunk on its way, and some that hand over what is long.
        capacity=2 * settings.render_processes + 2,
    )
    processing = Processing(installation, jobs, ticks, ticks.subscribe, alone=True)
    consumers = subscriptions(processing.ports, installation)
    bell = installation.store.listen()
    installation.on_close(bell.close)
    events = LocalTransport(installation.store, installation.pool, consumers, bell)
    processing.transports = [jobs, events]
    processing.watchdog = Watchdog(events.watched, settings.consumer_stalled_seconds)
    return processing


def on_kafka(installation: Installation) -> Processing:
    """Over Kafka's topics, with any number of workers beside this one."""
    # Imported here: faust costs a second and 20 MB that the embedded default needn't spend.
    from infra.streams.kafka.jobs import KafkaJobs
    from infra.streams.kafka.producer import Producer
    from infra.streams.kafka.ticks import KafkaTicks
    from infra.streams.kafka.transport import FaustTransport

    settings = installation.settings
    producer = Producer(settings, "waybill-worker")
    ticks = KafkaTicks(settings, watch=False)
    processing: Processing

    def run(job: JobMessage) -> None:
        processing.worker.run(job)

    jobs = KafkaJobs(settings, producer, run)
    processing = Processing(installation, jobs, ticks, ticks.subscribe)
    processing.carriers = [_Producing(producer), ticks]
    events = FaustTransport(
        settings,
        installation.pool,
        subscriptions(processing.ports, installation),
        installation.store.epoch(),
        producer,
        head=installation.store.head,
    )
    processing.transports = [events, jobs]
    processing.watchdog = Watchdog(
        [*events.watched, *jobs.watched], settings.consumer_stalled_seconds
    )
    return processing


class _Producing:
    """The producer's life among the other transports."""

    def __init__(self, producer: Producer) -> None:
        self._producer = producer

    def start(self) -> None:
        self._producer.start()

    def stop(self, timeout: float) -> bool:
        self._producer.stop(timeout)
        return True


def build_relay(installation: Installation) -> Relay:
    """What carries the event store's log to Kafka."""
    from infra.streams.kafka.lives import foreign_places
    from infra.streams.kafka.producer import Producer
    from infra.streams.relay import Relay

    settings = installation.settings
    bell = installation.store.listen()
    installation.on_close(bell.close)
    return Relay(
        installation.url,
        installation.store,
        bell,
        lambda: Producer(settings, "waybill-relay"),
        prefix=settings.kafka_prefix,
        before_saving=partial(reach, Point.RELAY_SAVE),
        foreign_places=lambda: foreign_places(settings, installation.store),
    )


def build(installation: Installation) -> Processing:
    """Over the transport that the settings name."""
    match installation.settings.transport:
        case "local":
            return embedded(installation)
        case "kafka":
            return on_kafka(installation)
        case _:
            assert_never(installation.settings.transport)


def subscriptions(ports: Ports, installation: Installation) -> list[Subscription]:
    """Every consumer of the event stream, each a consumer group of its own."""
    return [
        plan_exports.subscription(ports),
        queue_work.subscription(ports),
        *(projector.subscription for projector in projectors(installation)),
    ]


def projectors(installation: Installation) -> list[Projector[Any]]:
    """What keeps each read model up to date."""
    return [
        Projector(model, installation.store, installation.pool) for model in READ_MODELS.values()
    ]


def build_ports(installation: Installation, jobs: Jobs, ticks: Ticks) -> Ports:
    settings = installation.settings
    return Ports(
        store=installation.store,
        exports=installation.exports,
        sources=DeclaredSources(installation),
        files=installation.files,
        sealed=installation.sealed,
        keys=installation.keys,
        vault=installation.vault,
        work=installation.work,
        jobs=jobs,
        ticks=ticks,
        clock=now,
        limits=Limits(
            row_cap=settings.row_cap,
            render_processes=settings.render_processes,
            extractions=settings.extractions,
            lease_seconds=settings.lease_seconds,
            stalled_seconds=settings.stalled_seconds,
        ),
        wake=partial(_ring, installation),
        fonts=pdf_fonts(settings.pdf_fonts),
    )


def build_workers(installation: Installation, ports: Ports) -> tuple[Worker, Callable[[], None]]:
    """The worker over its child processes, and what ends those."""
    settings = _for_children(installation)
    sizes: dict[JobKind, tuple[int, Setup]] = {
        JobKind.EXTRACT: (settings.extractions + SMALL_PLACES, extract_work),
        JobKind.RENDER: (settings.render_processes, render_work),
        JobKind.ASSEMBLE: (assemblies(settings.render_processes) + SMALL_PLACES, render_work),
    }
    places = {
        kind: Children(size, setup, settings, PRELOAD, name=f"wb-{kind}")
        for kind, (size, setup) in sizes.items()
    }
    places[JobKind.RENDER].warm(settings.render_processes)
    places[JobKind.EXTRACT].warm(1)
    places[JobKind.ASSEMBLE].warm(1)
    name = f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:6]}"

    def close() -> None:
        for children in places.values():
            children.close()

    return Worker(name, ports, places), close


def build_steward(installation: Installation, ports: Ports) -> Steward:
    url = installation.url
    often = {
        # Messages can be lost for good, and late: after kills a group of consumers takes up to a
        # minute to share its partitions anew. Who lists exports should not see that.
        f"catch up {projector.subscription.name}": projector.catch_up
        for projector in projectors(installation)
    }
    return Steward(ports, Leadership(url, "steward"), Wakeups(url, _WORK_CHANNEL), often)


def extract_work(settings: Settings) -> Callable[[ExtractTask, Emit], Any]:
    """In a child that extracts: sources are opened once."""
    url = _url(settings)
    catalog = open_catalog(settings, url)
    rows = {name: open_source(source) for name, source in catalog.sources.items()}
    sealed = SealedFiles(file_store(settings))
    return lambda task, emit: extract(task, rows[task.source], sealed, emit)


def render_work(settings: Settings) -> Callable[[RenderTask | AssembleTask, Emit], Any]:
    """In a child that renders and assembles."""
    files = file_store(settings)
    sealed = SealedFiles(files)
    signer: Signer = open_signing_key(settings.signing_key_path, create=False)

    def work(task: RenderTask | AssembleTask, _: Emit) -> Any:
        match task:
            case RenderTask():
                return render(task, sealed)
            case AssembleTask():
                return assemble(task, files, sealed, signer)

    return work


def _for_children(installation: Installation) -> Settings:
    """A child must find the database that this process has found or started."""
    return installation.settings.model_copy(update={"database_url": SecretStr(installation.url)})


def _url(settings: Settings) -> str:
    assert settings.database_url is not None  # noqa: S101 - see _for_children
    return settings.database_url.get_secret_value()


def _ring(installation: Installation) -> None:
    """Only to be faster: the dispatcher looks twice a second anyway."""
    with suppress(psycopg.Error), installation.pool.connection() as connection:
        connection.execute(f"NOTIFY {_WORK_CHANNEL}")
