"""The same installation twice: embedded in one process, and on Kafka, S3 and two workers."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from infra.dev.s3 import S3Address
from tests.e2e import data
from tests.e2e.stack import Client, Stack, running
from tests.servers import fresh_database

TRANSPORTS = ("embedded", "kafka")


@pytest.fixture(scope="session", params=TRANSPORTS)
def client(
    request: pytest.FixtureRequest, postgres_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Client]:
    """A client of a running installation with the test's datasets."""
    home = tmp_path_factory.mktemp(request.param)
    with fresh_database(postgres_url) as url:
        data.load(url)
        data.load_demo(url)
        make = embedded if request.param == "embedded" else on_kafka
        stack = make(request, home, url)
        with running(stack, start_all) as found:
            yield found


def embedded(request: pytest.FixtureRequest, home: Path, url: str) -> Stack:
    return Stack(_env(home, url), home, workers=["up"])


def on_kafka(request: pytest.FixtureRequest, home: Path, url: str) -> Stack:
    bootstrap: str = request.getfixturevalue("kafka_bootstrap")
    s3: S3Address = request.getfixturevalue("s3_address")
    env = {
        "WAYBILL_TRANSPORT": "kafka",
        "WAYBILL_KAFKA_BOOTSTRAP": bootstrap,
        "WAYBILL_KAFKA_PREFIX": f"e{secrets.token_hex(4)}.",
        "WAYBILL_FILES": f"s3://e2e-{secrets.token_hex(4)}/exports",
        "WAYBILL_S3_ENDPOINT": s3.endpoint,
        "WAYBILL_S3_ACCESS_KEY": s3.access_key,
        "WAYBILL_S3_SECRET_KEY": s3.secret_key,
        "WAYBILL_S3_REGION": s3.region,
        "WAYBILL_S3_SECURE": str(s3.secure).lower(),
    }
    return Stack({**_env(home, url), **env}, home, workers=["worker-1", "worker-2"])


def start_all(stack: Stack) -> None:
    if "up" in stack.workers:
        stack.serve("up", "up")
        return
    stack.run("migrate")
    for name in stack.workers:
        stack.start(name, "worker")
    stack.start("relay", "relay")
    stack.serve("api", "api")


def start_worker(stack: Stack, name: str, **env: Any) -> None:
    """Starts a worker again that was killed."""
    if name == "up":
        stack.serve("up", "up")
    else:
        stack.start(name, "worker", **env)


def _env(home: Path, url: str) -> dict[str, str]:
    datasets = home / "datasets"
    datasets.mkdir()
    (datasets / "shop.yaml").write_text(data.DATASETS)
    demo = files("infra.demo").joinpath("datasets.yaml").read_text()
    (datasets / "demo.yaml").write_text(demo)
    return {
        "WAYBILL_DATABASE_URL": url,
        "WAYBILL_DATA_DIR": str(home / "data"),
        "WAYBILL_DATASETS": str(datasets),
        "WAYBILL_LOG_FORMAT": "text",
        "WAYBILL_LEASE_SECONDS": "3",
    }
