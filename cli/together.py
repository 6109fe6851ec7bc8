"""Everything in one process: API, worker and, on Kafka, relay; started in order, stopped in
reverse."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from api.main import app_over, server, subscription
from cli.installing import installed
from cli.instance import DataDirectory
from cli.refusals import refusals
from cli.serving import HttpServer, bind, bound, stored
from cli.stopping import children_deaf_to_ctrl_c, code_of, end_hard, ended_if_interrupted
from infra.installation import Installation
from infra.readiness import Vitals
from infra.settings import Settings
from infra.streams.kafka.topics import ensure_topics
from infra.streams.watchdog import Watchdog
from infra.tracing import start_tracing
from processors.main import GRACE, PRELOAD, build, build_relay
from processors.previews import ChildPreviews
from processors.protection import ChildProtection


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A service that answers. `settings` have the port that was really taken."""

    settings: Settings
    installation: Installation
    together: Together

    @property
    def here(self) -> str:
        """The address for whoever is on this machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.settings.host, self.settings.host)  # noqa: S104
        return (
            f"http://[{host}]:{self.settings.port}"
            if ":" in host
            else (f"http://{host}:{self.settings.port}")
        )


@contextmanager
def running(settings: Settings, prepare: Callable[[Installation], None]) -> Iterator[Running]:
    """Serves inside the block. `prepare` is called when the database is there and nothing works
    yet. Raises `Refused` when directory or port are taken."""
    directory = DataDirectory(settings.data_dir)
    directory.claim()
    with bind(settings.host, settings.port) as listener:
        settings = bound(settings, listener)
        with installed(settings, prepare=True) as installation:
            installation.on_close(start_tracing(settings, "up"))
            prepare(installation)
            with (
                refusals(),
                ended_if_interrupted(installation.close),
                children_deaf_to_ctrl_c(),
            ):
                together = Together(installation, settings, listener)
                together.start()
            found = Running(settings=settings, installation=installation, together=together)
            directory.serves(found.here)
            try:
                yield found
            finally:
                failure = sys.exc_info()[1] or together.failure
                if not together.stop():
                    end_hard(code_of(failure), installation.close)
    directory.release()


class Together:
    """`failure` is what ended by itself, None while all is well."""

    def __init__(
        self, installation: Installation, settings: Settings, listener: socket.socket
    ) -> None:
        on_kafka = settings.transport == "kafka"
        if on_kafka:
            ensure_topics(settings)
        self._processing = build(installation)
        self._relay = build_relay(installation) if on_kafka else None
        relays = [self._relay] if self._relay else []
        self._watchdog = Watchdog(relays, settings.consumer_stalled_seconds)
        watch = subscription(installation) if on_kafka else self._processing.watch
        previews = ChildPreviews(preload=(*PRELOAD,), fonts=self._processing.ports.fonts)
        protection = ChildProtection(preload=(*PRELOAD,))
        installation.on_close(previews.close)
        installation.on_close(protection.close)
        app = app_over(
            installation,
            watch,
            stored=stored,
            more=self.vitals(),
            previews=previews,
            protection=protection,
        )
        self._http = HttpServer(server(app, settings), listener)

    def start(self) -> None:
        if self._relay:
            self._relay.start()
        self._watchdog.start()
        self._processing.start()
        self._http.start()

    def vitals(self) -> Vitals:
        """Of all that is in this process beside the API."""
        relay = {"relay": self._relay.check} if self._relay else {}
        return Vitals(checks={**self._processing.checks(), **relay}, alive=self._alive)

    def _alive(self) -> bool:
        return self._watchdog.failure is None and self._processing.alive()

    @property
    def failure(self) -> BaseException | None:
        relay = self._relay.failure if self._relay else None
        ended = self._processing.failure or relay or self._http.failure
        return ended or self._watchdog.failure

    def stop(self) -> bool:
        """False when something did not end in time."""
        ended = [self._watchdog.stop(GRACE), self._http.stop(), self._processing.stop()]
        if self._relay:
            ended.append(self._relay.stop(GRACE))
        return all(ended)
