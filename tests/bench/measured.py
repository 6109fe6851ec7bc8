"""The installations that are measured, and what their processes are called in the tables."""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.bench.measuring import in_seconds
from tests.bench.orders import declared
from tests.bench.processes import Process, Use, everyone, server_of, title, watched
from tests.bench.tables import Table
from tests.installations import installation, start_all
from tests.servers import fresh_database
from tests.stacks import Client, started

MAIN = "main process"
SOURCE = "source's server"
STORE = "Waybill's database"
ALONE = ", Python alone"
"""Behind the name of what an installation without the kernel exports."""

SERVERS = (SOURCE, STORE, "Kafka", "S3")
"""What is no process of Waybill."""

CHILDREN = {"wb-extract": "extract", "wb-render": "render", "wb-assemble": "assemble"}
_PARTS = (*CHILDREN.values(), MAIN, SOURCE, STORE)


@contextmanager
def installed(
    request: pytest.FixtureRequest,
    transport: str,
    source_url: str,
    home: Path,
    env: Mapping[str, str],
    workers: int = 2,
) -> Iterator[Client]:
    """An installation with a database of its own over this source, with the product's defaults,
    and a client that follows its exports."""
    with fresh_database(request.getfixturevalue("postgres_url")) as url:
        defaults = {"WAYBILL_LEASE_SECONDS": "10", **declared(source_url, home)}
        stack = installation(transport, request, home, url, {**defaults, **env})
        if transport == "kafka":
            stack.workers = stack.workers[:workers]
        with started(stack, start_all) as key:
            client = Follower(stack, key)
            with client.http:
                yield client


class Follower(Client):
    """Hears of the end of an export by its server-sent events. To ask again and again would take
    as much of the service's time as a small export does."""

    def ended(self, export_id: str, patience: float = 3600.0) -> dict[str, Any]:
        with self.http.stream(
            "GET", f"/v1/exports/{export_id}/progress", timeout=patience
        ) as events:
            for _ in events.iter_lines():
                pass
        return super().ended(export_id, patience)


def use_of(client: Client, source_url: str) -> AbstractContextManager[Use]:
    """What every process of the installation takes, and the servers that it needs."""
    roots = {
        process.pid: MAIN if name == "up" else name
        for name, process in client.stack.processes.items()
    }
    roots |= _kept()
    if server := server_of(source_url):
        roots[server] = STORE
    database = str(conninfo_to_dict(source_url)["dbname"])

    def naming(process: Process) -> str:
        if process.name == "postgres":
            return SOURCE if database in title(process.pid).split() else STORE
        return CHILDREN.get(process.name, "")

    return watched(roots, naming)


def costs(uses: Mapping[str, Sequence[Use]]) -> Table:
    rows = []
    for name, measured in uses.items():
        of = [statistics.median(use.seconds.get(part, 0.0) for use in measured) for part in _PARTS]
        whole = statistics.median(use.cpu for use in measured)
        rows.append((name, *map(in_seconds, of), in_seconds(whole)))
    return Table(
        title="What the time goes into: CPU seconds of the processes",
        headings=("format", *_PARTS, "all"),
        rows=rows,
    )


def _kept() -> dict[int, str]:
    """Kafka and S3, as far as this run has started them (`infra.dev.keeper`)."""
    names = {"kafka": "Kafka", "s3": "S3"}
    return {
        process.pid: name
        for process in everyone()
        if process.parent == os.getpid()
        for kind, name in names.items()
        if f" infra.dev.keeper {kind} " in title(process.pid)
    }
