"""The same three servers as containers, for machines with a Docker engine and without Java.

Chosen by WAYBILL_TEST_SERVERS=docker. The images are the ones of docker-compose.yml.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from infra.dev.kafka import broker_answers
from infra.dev.processes import ServerFailed
from infra.dev.s3 import S3Address, s3_answers
from infra.free_ports import LOOPBACK, free_port

if TYPE_CHECKING:
    from testcontainers.core.container import DockerContainer

KAFKA_IMAGE = "apache/kafka:4.4.0"
POSTGRES_IMAGE = "postgres:18"
S3_IMAGE = "chrislusf/seaweedfs:4.48"


class _Container:
    """A container with one port of the loopback; it keeps nothing in its folder."""

    image: str
    port: int

    def __init__(self, _directory: Path) -> None:
        self._container: DockerContainer | None = None
        self._secret = secrets.token_hex(20)

    def start(self) -> str:
        """Starts the container, waits until its server answers, and returns the address."""
        from testcontainers.core.container import DockerContainer  # only developers have it

        outside = free_port()
        container = DockerContainer(self.image)
        bind = {f"{self.port}/tcp": (LOOPBACK, outside)}  # its own call binds every interface
        container.ports.update(bind)  # type: ignore[arg-type]  # the Docker SDK takes pairs
        self.configure(container, outside)
        self._container = container
        container.start()
        address = self.address(outside)
        self._await(lambda: self.answers(address))
        return address

    def stop(self) -> None:
        """Removes the container. Idempotent."""
        if self._container is not None:
            self._container.stop()
            self._container = None

    def alive(self) -> bool:
        """Whether the container is there; its engine watches the server."""
        return self._container is not None

    def configure(self, container: DockerContainer, outside: int) -> None:
        raise NotImplementedError

    def address(self, outside: int) -> str:
        raise NotImplementedError

    def answers(self, address: str) -> bool:
        raise NotImplementedError

    def _await(self, ready: Callable[[], bool], seconds: float = 120) -> None:
        deadline = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > deadline:
                raise ServerFailed(f"{self.image} does not answer after {seconds:.0f} s.")
            time.sleep(0.1)


class KafkaContainer(_Container):
    """Apache Kafka's own image."""

    image = KAFKA_IMAGE
    port = 9092

    def configure(self, container: DockerContainer, outside: int) -> None:
        container.with_envs(
            KAFKA_NODE_ID="1",
            KAFKA_PROCESS_ROLES="broker,controller",
            KAFKA_LISTENERS="PLAINTEXT://:9092,CONTROLLER://:9093",
            KAFKA_ADVERTISED_LISTENERS=f"PLAINTEXT://{LOOPBACK}:{outside}",
            KAFKA_CONTROLLER_LISTENER_NAMES="CONTROLLER",
            KAFKA_LISTENER_SECURITY_PROTOCOL_MAP="CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
            KAFKA_CONTROLLER_QUORUM_VOTERS="1@localhost:9093",
            KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR="1",
            KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR="1",
            KAFKA_TRANSACTION_STATE_LOG_MIN_ISR="1",
            KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS="0",
            KAFKA_AUTO_CREATE_TOPICS_ENABLE="false",
        )

    def address(self, outside: int) -> str:
        return f"{LOOPBACK}:{outside}"

    def answers(self, address: str) -> bool:
        return asyncio.run(broker_answers(address))


class PostgresContainer(_Container):
    """PostgreSQL's official image."""

    image = POSTGRES_IMAGE
    port = 5432

    def configure(self, container: DockerContainer, outside: int) -> None:
        container.with_envs(POSTGRES_USER="waybill", POSTGRES_PASSWORD=self._secret)

    def address(self, outside: int) -> str:
        return f"postgresql://waybill:{self._secret}@{LOOPBACK}:{outside}/waybill"

    def answers(self, address: str) -> bool:
        try:
            psycopg.connect(address, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


class S3Container(_Container):
    """SeaweedFS's own image."""

    image = S3_IMAGE
    port = 8333

    def configure(self, container: DockerContainer, outside: int) -> None:
        container.with_envs(AWS_ACCESS_KEY_ID="waybill", AWS_SECRET_ACCESS_KEY=self._secret)
        container.with_command("mini -dir=/data -master.telemetry=false")

    def address(self, outside: int) -> str:
        return f"http://waybill:{self._secret}@{LOOPBACK}:{outside}"

    def answers(self, address: str) -> bool:
        return s3_answers(S3Address.parse(address))
