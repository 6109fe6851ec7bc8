"""Kafka's brokers are killed in the middle of an export: it completes with the right bytes, and
subscribers see each event once, in order."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from infra.dev.kafka import Kafka
from tests.brokers import three_brokers
from tests.faults.worlds import open_world

pytestmark = [pytest.mark.full, pytest.mark.timeout(400)]

_AWAY = 5.0  # seconds; what a restart of a broker takes


def test_the_only_broker_is_killed_in_mid_export_and_restarted(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    broker = Kafka(tmp_path / "broker")
    env = {"WAYBILL_KAFKA_BOOTSTRAP": broker.start()}
    try:
        with open_world("kafka", request, tmp_path, env=env) as world:
            export = world.request()
            world.wait_for_a_part(export)
            broker.kill()
            meanwhile = world.request()  # what is acknowledged needs no Kafka
            time.sleep(_AWAY)
            broker.start()
            world.assert_whole(export)
            world.assert_whole(meanwhile)
            world.check()
    finally:
        broker.stop()


def test_one_of_three_brokers_is_lost_for_good_in_mid_export(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with three_brokers(tmp_path) as brokers:
        env = {"WAYBILL_KAFKA_BOOTSTRAP": brokers.bootstrap}
        with open_world("kafka", request, tmp_path, env=env) as world:
            export = world.request()
            world.wait_for_a_part(export)
            brokers.lose(0)
            world.assert_whole(export)
            world.assert_whole(world.request())
            world.check()
