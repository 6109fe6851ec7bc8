"""What every bench needs: the report, the source, and a Waybill over it."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest

from processors.kernel import SWITCH, kernel
from tests.bench import sizes
from tests.bench.measured import installed
from tests.bench.measuring import timed
from tests.bench.orders import source
from tests.bench.tables import Report, Table
from tests.stacks import Client


@pytest.fixture(scope="session")
def report(postgres_url: str) -> Report:
    """Where the tables go; it begins with the machine."""
    found = Report(sizes.OUT)
    found.tell("machine", _machine(postgres_url))
    return found


@pytest.fixture(scope="session")
def source_url(postgres_url: str) -> Iterator[str]:
    """A database with the orders."""
    with source(postgres_url, sizes.ORDERS) as url:
        yield url


@pytest.fixture(scope="module")
def embedded(
    request: pytest.FixtureRequest, source_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Client]:
    """`waybill up` with its defaults and the compiled kernel."""
    assert kernel() is not None, "the kernel is to be measured: make kernel"
    home = tmp_path_factory.mktemp("embedded")
    with installed(request, "embedded", source_url, home, {}) as client:
        yield client


@pytest.fixture(scope="module")
def without_kernel(
    request: pytest.FixtureRequest, source_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Client]:
    """Another, which renders by Python alone."""
    home = tmp_path_factory.mktemp("without-kernel")
    with installed(request, "embedded", source_url, home, {SWITCH: "off"}) as client:
        yield client


def _machine(postgres_url: str) -> Table:
    with psycopg.connect(postgres_url) as connection:
        version = connection.info.server_version
    rows = [
        ("CPU", f"{_line_of('/proc/cpuinfo', 'model name')}, {os.cpu_count()} cores"),
        ("memory", f"{int(_line_of('/proc/meminfo', 'MemTotal').split()[0]) / 2**20:.0f} GB"),
        ("system", f"{platform.system()} {platform.release().partition('-')[0]}"),
        ("Python, PostgreSQL", f"{platform.python_version()}, {version // 10000}.{version % 100}"),
        ("SHA-256, one core", f"{_digested_mb_a_second():,.0f} MB/s"),
        ("runs", f"{sizes.RUNS}, on {datetime.now(UTC):%Y-%m-%d}"),
    ]
    return Table(title="The machine", headings=("this run", "on"), rows=rows)


def _digested_mb_a_second() -> float:
    """Every byte of an export is digested three times (rendered, read back, in the file):
    where the processor has no instructions for it, that is a good part of an export."""
    data = bytes(2**25)
    return len(data) / 1e6 / statistics.median(timed(lambda: sha256(data)) for _ in range(3))


def _line_of(file: str, name: str) -> str:
    lines = Path(file).read_text().splitlines()
    found = (line.partition(":")[2] for line in lines if line.startswith(name))
    return next(found, "unknown").strip()
