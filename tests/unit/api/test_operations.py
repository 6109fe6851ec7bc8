"""A process without an API of its own tells how it is by the API's routes."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from api.app import create_app
from api.operations import operations_app
from infra.streams.consumers import EpochChanged
from infra.streams.watchdog import ConsumersStalled, Watchdog
from tests.fakes_api import Site


class Stuck:
    """A relay whose thread hangs."""

    name, handled, silent = "relay", 0, 99.0

    def replace(self) -> bool:
        return False


def fine() -> None:
    """All is well."""


def changed() -> None:
    raise EpochChanged("this process")


def get(app: FastAPI, path: str) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            return await client.get(path)

    return asyncio.run(ask())


def test_readiness_names_the_part_that_is_missing() -> None:
    app = operations_app({"events": fine, "epoch": changed}, lambda: True, CollectorRegistry())
    answer = get(app, "/readyz")
    assert answer.status_code == 503
    parts = answer.json()["parts"]
    assert parts["events"]["ok"]
    assert not parts["epoch"]["ok"]
    assert "restored" in parts["epoch"]["detail"]
    assert get(app, "/livez").status_code == 200


def test_an_api_beside_which_something_hangs_is_not_live() -> None:
    site = Site()
    assert get(site.app, "/livez").status_code == 200
    app = create_app(site.ports, CollectorRegistry(), alive=lambda: False)
    assert get(app, "/livez").status_code == 503
    site.close()


def test_what_only_a_restart_cures_fails_the_liveness() -> None:
    watchdog = Watchdog([Stuck()], patience=0.2)
    watchdog.start()
    watchdog._thread.join(0.5)
    assert watchdog.stop(5)
    assert watchdog.failure is not None
    with pytest.raises(ConsumersStalled):
        watchdog.check()
    app = operations_app({}, lambda: watchdog.failure is None, CollectorRegistry())
    assert get(app, "/livez").status_code == 503
    assert "waybill_http_in_flight" in get(app, "/metrics").text
