"""Relays that are killed, stopped and cut off at the worst of moments. What counts is what a plain
consumer finds on the topic: everything, in order per aggregate, and repeats that are the same."""

from __future__ import annotations

import secrets
import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from infra.store import EventStoreOnPostgresql
from tests.faults.relaying import Relays
from tests.installations import embedded
from tests.topics import check_complete
from tests.wires import Wire


@pytest.fixture
def relays(
    request: pytest.FixtureRequest, database_url: str, kafka_bootstrap: str, tmp_path: Path
) -> Iterator[Relays]:
    env = {
        "WAYBILL_TRANSPORT": "kafka",
        "WAYBILL_KAFKA_BOOTSTRAP": kafka_bootstrap,
        "WAYBILL_KAFKA_PREFIX": f"r{secrets.token_hex(4)}.",
    }
    stack = embedded(request, tmp_path, database_url, env)
    stack.run("migrate")
    with closing(EventStoreOnPostgresql(database_url)) as store:
        yield Relays(stack, store)
    assert set(stack.stop().values()) <= {0}, stack.logs()


def test_a_relay_killed_between_acknowledgement_and_position_repeats_and_loses_nothing(
    relays: Relays,
) -> None:
    with relays.traffic():
        for hit in (1, 3, 1):
            _run_until_killed(relays, hit)
        relays.start("relay")
        relays.carry()
    relays.carry()
    assert check_complete(relays.published(), relays.store) >= 3


@pytest.mark.full
def test_a_relay_stopped_there_past_its_lock_is_replaced_and_does_no_harm_when_it_goes_on(
    relays: Relays,
) -> None:
    relays.start("first", WAYBILL_FAULTS="relay-save:pause:3")
    relays.lead("first")
    relays.start("second")
    with relays.traffic():
        relays.lead("second")
        relays.carry()
        saved = relays.saved()
        relays.stack.thaw("first")
        relays.carry()
        assert relays.saved() > saved
        relays.stack.kill("second")
        relays.lead("first")
    relays.carry()
    assert check_complete(relays.published(), relays.store) >= 1


@pytest.mark.full
def test_relays_whose_leader_is_stopped_killed_and_cut_off_never_skip(
    relays: Relays, database_url: str
) -> None:
    server = conninfo_to_dict(database_url)
    wires = {name: Wire(str(server["host"]), int(str(server["port"]))) for name in ("one", "two")}
    for name, wire in wires.items():
        relays.start(name, _through(wire, database_url))
    with relays.traffic():
        leader = relays.lead(*wires)
        relays.stack.freeze(leader)
        leader = _another_leads(relays, leader)
        relays.stack.thaw(next(name for name in wires if name != leader))
        wires[leader].cut()
        cut_off, leader = leader, _another_leads(relays, leader)
        wires[cut_off].mend()
        relays.stack.kill(leader)
        killed, leader = leader, _another_leads(relays, leader)
        relays.start(killed, _through(wires[killed], database_url))
        relays.stack.wait_ready(killed)
        wires[leader].stall()
        stalled, leader = leader, _another_leads(relays, leader)
        wires[stalled].mend()
        relays.carry()
    relays.carry()
    check_complete(relays.published(), relays.store)


def _run_until_killed(relays: Relays, hit: int) -> None:
    relays.start("killed", WAYBILL_FAULTS=f"relay-save:kill:{hit}")
    killed = relays.stack.processes.pop("killed")
    assert killed.wait(timeout=60) == -signal.SIGKILL, relays.stack.logs()


def _another_leads(relays: Relays, than: str) -> str:
    """And carries events on."""
    other = {"one": "two", "two": "one"}[than]
    relays.lead(other)
    relays.carry()
    return other


def _through(wire: Wire, url: str) -> str:
    server = conninfo_to_dict(url)
    return f"postgresql://{server['user']}:{server['password']}@{wire.address}/{server['dbname']}"
