"""API, worker and, on Kafka, relay in one process: started in order, stopped in reverse."""

from __future__ import annotations

import socket

from api.main import app_over, server
from cli.serving import HttpServer
from infra.installation import Installation
from infra.settings import Settings
from infra.streams.kafka.ticks import KafkaTicks
from infra.streams.kafka.topics import ensure_topics
from processors.main import GRACE, build, build_relay


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
        self._ticks = KafkaTicks(settings) if on_kafka else None
        watch = self._ticks.subscribe if self._ticks else self._processing.watch
        self._http = HttpServer(server(app_over(installation, watch), settings), listener)

    def start(self) -> None:
        if self._ticks:
            self._ticks.start()
        if self._relay:
            self._relay.start()
        self._processing.start()
        self._http.start()

    @property
    def failure(self) -> BaseException | None:
        return self._http.failure or (self._relay.failure if self._relay else None)

    def stop(self) -> bool:
        """False when something did not end in time."""
        ended = [self._http.stop(), self._processing.stop()]
        if self._relay:
            ended.append(self._relay.stop(GRACE))
        if self._ticks:
            ended.append(self._ticks.stop())
        return all(ended)
