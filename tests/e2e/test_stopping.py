"""A worker that is told to stop while it still starts ends all the same."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.database import migrate
from tests.installations import on_kafka
from tests.servers import fresh_database
from tests.stacks import Stack


@pytest.fixture
def stack(request: pytest.FixtureRequest, postgres_url: str, tmp_path: Path) -> Iterator[Stack]:
    with fresh_database(postgres_url) as url:
        migrate(url)
        stack = on_kafka(request, tmp_path, url)
        stack.run("migrate")
        yield stack


def test_a_worker_can_be_stopped_at_any_moment_of_its_start(stack: Stack) -> None:
    moments = [1.0, 2.0, 3.0, 4.0]
    began = time.monotonic()
    for moment in moments:
        stack.start(f"worker-{moment}", "worker")
    processes = [stack.processes.pop(f"worker-{moment}") for moment in moments]
    for moment, process in zip(moments, processes, strict=True):
        time.sleep(max(0.0, began + moment - time.monotonic()))
        process.send_signal(signal.SIGTERM)
    for process in processes:
        assert process.wait(timeout=60) in (0, 130, -signal.SIGTERM), stack.logs()
