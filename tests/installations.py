"""The same installation twice: embedded in one process, and on Kafka, S3 and two workers.

Both are real processes over a database of their own with the datasets of `tests.stack_data`. Tests
that only use them take the fixture `client` of tests/e2e/conftest.py; the fault harness starts
them as tests/faults/worlds.py says."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import pytest

from infra.dev.s3 import S3Address
from tests import stack_data
from tests.stacks import Stack

TRANSPORTS = ("embedded", "kafka")


def installation(
    transport: str,
    request: pytest.FixtureRequest,
    home: Path,
    url: str,
    env: Mapping[str, str] | None = None,
) -> Stack:
    """Over the database `url`; nothing is started yet. `env` is for all of its processes."""
    make = embedded if transport == "embedded" else on_kafka
    return make(request, home, url, env)


def embedded(
    request: pytest.FixtureRequest, home: Path, url: str, env: Mapping[str, str] | None = None
) -> Stack:
    del request  # it needs no server beyond the database
    return Stack({**_env(home, url), **(env or {})}, home, workers=["up"])


def on_kafka(
    request: pytest.FixtureRequest, home: Path, url: str, env: Mapping[str, str] | None = None
) -> Stack:
    kafka = {
        "WAYBILL_TRANSPORT": "kafka",
        "WAYBILL_KAFKA_BOOTSTRAP": request.getfixturevalue("kafka_bootstrap"),
        "WAYBILL_KAFKA_PREFIX": f"e{secrets.token_hex(4)}.",
        **files_on_s3(request.getfixturevalue("s3_address")),
    }
    return Stack(
        {**_env(home, url), **kafka, **(env or {})}, home, workers=["worker-1", "worker-2"]
    )


def files_on_s3(s3: S3Address) -> dict[str, str]:
    """The settings of a bucket that nobody else uses."""
    return {
        "WAYBILL_FILES": f"s3://e2e-{secrets.token_hex(4)}/exports",
        "WAYBILL_S3_ENDPOINT": s3.endpoint,
        "WAYBILL_S3_ACCESS_KEY": s3.access_key,
        "WAYBILL_S3_SECRET_KEY": s3.secret_key,
        "WAYBILL_S3_REGION": s3.region,
        "WAYBILL_S3_SECURE": str(s3.secure).lower(),
    }


def start_all(stack: Stack) -> None:
    if "up" in stack.workers:
        stack.serve("up", "up")
        return
    stack.run("migrate")
    for name in stack.workers:
        stack.start(name, "worker")
    stack.start("relay", "relay")
    stack.serve("api", "api")


def _env(home: Path, url: str) -> dict[str, str]:
    datasets = home / "datasets"
    datasets.mkdir()
    (datasets / "shop.yaml").write_text(stack_data.DATASETS)
    demo = files("infra.demo").joinpath("datasets.yaml").read_text()
    (datasets / "demo.yaml").write_text(demo)
    return {
        "WAYBILL_DATABASE_URL": url,
        "WAYBILL_DATA_DIR": str(home / "data"),
        "WAYBILL_DATASETS": str(datasets),
        "WAYBILL_LOG_FORMAT": "text",
        "WAYBILL_LEASE_SECONDS": "3",
    }
