"""Scenarios 12 and 15: a process whose clock is an hour off, and an API that dies between storing
a request and answering it."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest

from tests import stack_data
from tests.faults import properties
from tests.faults.worlds import World

pytestmark = pytest.mark.quick_on("embedded")

HOUR = 3600


def test_the_api_dies_before_it_answers_and_its_client_asks_again(world: World) -> None:
    api = "up" if world.transport == "embedded" else "api"
    world.arm("answer:kill", api)
    key = str(uuid4())
    with pytest.raises(httpx.TransportError):
        world.client.request("sales", stack_data.LIKE_COPY, idempotency_key=key)
    stored = properties.exports(properties.read_log(world.stack.database_url))
    export_id = world.request(idempotency_key=key)
    assert world.request(idempotency_key=key) == export_id
    known = {str(each) for each in stored}
    assert export_id in known, "the retry made another export"
    assert world.struck() == {"answer"}
    world.assert_whole(export_id)
    world.check()


@pytest.mark.parametrize("seconds", [HOUR, pytest.param(-HOUR, marks=pytest.mark.full)])
def test_a_worker_whose_clock_is_an_hour_off(world: World, seconds: int) -> None:
    """Leases go by the database's clock. Times in the log are what each process took them for."""
    _exports_are_whole_though_a_clock_is_off(world, world.stack.workers[0], seconds)


@pytest.mark.full
@pytest.mark.parametrize("shared_world", ["kafka"], indirect=True)
@pytest.mark.parametrize("name", ["api", "relay"])
@pytest.mark.parametrize("seconds", [HOUR, -HOUR])
def test_an_api_or_a_relay_whose_clock_is_an_hour_off(
    world: World, name: str, seconds: int
) -> None:
    """Embedded they are one process with the worker."""
    _exports_are_whole_though_a_clock_is_off(world, name, seconds)


def _exports_are_whole_though_a_clock_is_off(world: World, name: str, seconds: int) -> None:
    world.set_clock(name, seconds)
    first = world.request()
    world.wait_for_status(first, "extracting", "rendering", "completed")
    second = world.request()
    for export_id in (first, second):
        world.assert_whole(export_id)
        assert world.client.http.get(f"/v1/exports/{export_id}/files/csv").status_code == 200
    ticket = world.client.http.post(f"/v1/exports/{first}/files/csv/tickets", json={}).json()
    assert world.client.http.get(ticket["url"], headers={"Authorization": ""}).status_code == 200
    world.check()
