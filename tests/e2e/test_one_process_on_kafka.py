"""API, worker and relay in one process over Kafka: it answers for all that is in it, and ends when
something hangs in it that only a new process cures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.exits import Code
from infra.dev.kafka import Kafka
from infra.settings import Settings
from tests import stack_data
from tests.installations import on_kafka
from tests.servers import fresh_database
from tests.stacks import Client, running

PARTS = {"events", "history", "files", "keys", "epoch", "kafka", "consumers", "relay"}
HANGING_RELAY = {"WAYBILL_FAULTS": "relay-save:hang", "WAYBILL_CONSUMER_STALLED_SECONDS": "5"}


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    broker = Kafka(tmp_path_factory.mktemp("kafka") / "broker")
    yield broker
    broker.stop()


@pytest.fixture(scope="module")
def client(
    request: pytest.FixtureRequest,
    broker: Kafka,
    postgres_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Client]:
    """Of one whose relay hangs, until it is started again."""
    with fresh_database(postgres_url) as url:
        stack_data.load(url, rows=1_000)
        env = {"WAYBILL_KAFKA_BOOTSTRAP": broker.start()}
        stack = on_kafka(request, tmp_path_factory.mktemp("up"), url, env)
        stack.workers = ["up"]
        with running(stack, lambda stack: stack.serve("up", "up", **HANGING_RELAY)) as found:
            yield found


def test_it_ends_when_its_relay_hangs_and_goes_on_when_it_is_started_again(client: Client) -> None:
    stack = client.stack
    export_id = client.request("sales")["id"]
    assert stack.processes.pop("up").wait(timeout=60) == Code.STALLED, stack.logs()
    stack.restart("up")
    assert client.ended(export_id)["status"] == "completed"


@pytest.mark.timeout(300)
def test_it_is_ready_with_every_part_and_names_the_one_that_is_missing(
    client: Client, broker: Kafka
) -> None:
    stack = client.stack
    key = Settings(data_dir=Path(stack.env["WAYBILL_DATA_DIR"])).kek_path
    aside = key.with_name("aside")
    stack.eventually(lambda: missing(client) == set())
    assert ready(client)["parts"].keys() == PARTS
    assert client.http.get("/livez").status_code == 200
    key.rename(aside)
    assert missing(client) == {"keys"}
    aside.rename(key)
    assert missing(client) == set()
    broker.stop()
    stack.eventually(lambda: missing(client) == {"kafka"})
    export_id = client.request("sales")["id"]
    broker.start()
    stack.eventually(lambda: missing(client) == set())
    assert client.ended(export_id)["status"] == "completed"


def missing(client: Client) -> set[str]:
    """The parts that are not ready."""
    found = ready(client)
    wrong = {name for name, part in found["parts"].items() if not part["ok"]}
    assert found["ready"] is not bool(wrong)
    return wrong


def ready(client: Client) -> dict[str, Any]:
    answer = client.http.get("/readyz")
    assert answer.status_code == (200 if answer.json()["ready"] else 503)
    return dict(answer.json())
