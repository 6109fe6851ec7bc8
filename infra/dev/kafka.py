"""A real Kafka broker (KRaft, broker and controller in one JVM) in a folder of ours."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from infra.dev.debian import require_programs
from infra.dev.kafka_jars import kafka_jars
from infra.dev.processes import ServerFailed, ServerProcess
from infra.free_ports import LOOPBACK, free_ports_below, is_free

_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller}
advertised.listeners=PLAINTEXT://{host}:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
num.partitions=8
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=8
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
# With these three a restart takes 2 s instead of 12.
controlled.shutdown.enable=true
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
log.segment.bytes=16777216
# The default takes 128 MB of heap.
log.cleaner.dedupe.buffer.size=8388608
log.cleaner.threads=1
num.network.threads=2
num.io.threads=4
"""

_LOGGING = """\
status=ERROR
rootLogger.level=INFO
rootLogger.appenderRef.console.ref=console
appender.console.type=Console
appender.console.name=console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=[%d] %p %m (%c)%n
"""

_JAVA = ("java", "-Xms64m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


class Kafka:
    """The broker of one folder. Its data and its port survive a stop and a kill."""

    def __init__(
        self,
        directory: Path,
        *,
        settings: Mapping[str, str] | None = None,
        users: Mapping[str, str] | None = None,
        cluster_id: str | None = None,
    ) -> None:
        """`users` are names and passwords of SCRAM-SHA-512; brokers of one cluster share an id."""
        self._directory = directory.absolute()
        self._settings = settings or {}
        self._users = users or {}
        self._cluster_id = cluster_id or new_cluster_id()
        self._process: ServerProcess | None = None

    def start(self) -> str:
        """Starts the broker, waits until it answers, and returns its bootstrap address."""
        require_programs({"java": "default-jre-headless"})
        self._directory.mkdir(parents=True, exist_ok=True)
        port = self._configure()
        self._format()
        bootstrap = f"{LOOPBACK}:{port}"
        self._process = ServerProcess(
            [*self._java(), "kafka.Kafka", self._file("server.properties")],
            log=self._file("kafka.log"),
        )
        self._process.start(lambda: asyncio.run(broker_answers(bootstrap)), seconds=90)
        return bootstrap

    def stop(self) -> None:
        """Ends the broker; a clean shutdown takes about a second. Idempotent."""
        if self._process is not None:
            self._process.stop(patience=15)

    def kill(self) -> None:
        """Ends the broker as a crash would."""
        if self._process is not None:
            self._process.kill()

    def alive(self) -> bool:
        """Whether the broker runs."""
        return self._process is not None and self._process.alive()

    def _configure(self) -> int:
        port, controller = self.ports()
        text = _PROPERTIES.format(
            host=LOOPBACK, port=port, controller=controller, data=self._file("data")
        )
        extra = "".join(f"{name}={value}\n" for name, value in self._settings.items())
        self._file("server.properties").write_text(text + extra)
        self._file("log4j2.properties").write_text(_LOGGING)
        return port

    def ports(self) -> tuple[int, int]:
        """The broker's and the controller's: those of last time if they are free, so that clients
        find a restarted broker."""
        self._directory.mkdir(parents=True, exist_ok=True)
        kept = self._file("ports.json")
        ports = json.loads(kept.read_text()) if kept.exists() else []
        if not ports or not all(is_free(port) for port in ports):
            ports = free_ports_below(32_000, count=2)
            kept.write_text(json.dumps(ports))
        return ports[0], ports[1]

    def _format(self) -> None:
        if self._file("data/meta.properties").exists():
            return
        command = [
            *self._java(), "kafka.tools.StorageTool", "format",
            "--cluster-id", self._cluster_id, "--config", self._file("server.properties"),
            *(f"--add-scram=SCRAM-SHA-512=[name={name},password={password}]"
              for name, password in self._users.items()),
        ]  # fmt: skip
        result = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if result.returncode:
            raise ServerFailed(f"Kafka can't format its folder:\n{result.stdout}{result.stderr}")

    def _java(self) -> list[str | Path]:
        logging_file = f"-Dlog4j2.configurationFile={self._file('log4j2.properties')}"
        return [*_JAVA, logging_file, "-cp", f"{kafka_jars()}/*"]

    def _file(self, name: str) -> Path:
        return self._directory / name


def new_cluster_id() -> str:
    """Random; one that begins with "-" would be read as an option."""
    return "W" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode()[:21]


async def broker_answers(bootstrap: str) -> bool:
    """Whether a broker has registered itself: only then can topics be made."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it logs every refused connection
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=2_000)
    try:
        await admin.start()
        return bool((await admin.describe_cluster())["brokers"])
    except (KafkaError, OSError):
        return False
    finally:
        await admin.close()
