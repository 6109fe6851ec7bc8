"""Three Kafka brokers that replicate to each other, each of which can be lost."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from infra.dev.kafka import Kafka, new_cluster_id
from infra.free_ports import LOOPBACK

_NODES = (1, 2, 3)
_REPLICATED = {
    "default.replication.factor": "3",
    "min.insync.replicas": "2",
    "offsets.topic.replication.factor": "3",
    "transaction.state.log.replication.factor": "3",
    "transaction.state.log.min.isr": "2",
    "share.coordinator.state.topic.replication.factor": "3",
}


class Brokers:
    """`bootstrap` names all of them."""

    def __init__(self, nodes: list[Kafka], bootstrap: str) -> None:
        self._nodes = nodes
        self.bootstrap = bootstrap

    def lose(self, number: int) -> None:
        """Kills one for good."""
        self._nodes[number].kill()


@contextmanager
def three_brokers(directory: Path) -> Iterator[Brokers]:
    """Two in-sync replicas are enough to write."""
    settings: dict[str, str] = dict(_REPLICATED)
    cluster_id = new_cluster_id()
    folders = [directory / f"broker-{node}" for node in _NODES]
    # Asked beforehand, as each has to know where the others are.
    ports = [Kafka(folder).ports() for folder in folders]
    settings["controller.quorum.voters"] = ",".join(
        f"{node}@{LOOPBACK}:{controller}"
        for node, (_, controller) in zip(_NODES, ports, strict=True)
    )
    nodes = [
        Kafka(folder, settings=settings | {"node.id": str(node)}, cluster_id=cluster_id)
        for node, folder in zip(_NODES, folders, strict=True)
    ]
    # A broker ends with the thread that has started it.
    with ThreadPoolExecutor(len(nodes)) as threads:
        try:
            yield Brokers(nodes, ",".join(threads.map(Kafka.start, nodes)))
        finally:
            for node in nodes:
                node.stop()
