"""The WebSocket: who may open it, what it tells, and how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any, TypeVar
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api import live
from api.live import CloseCode
from domain.access import ApiKey, Scope
from domain.exports.commands import StartExtraction
from domain.ports import StoreUnavailable
from domain.streams import Tick
from tests.fakes_api import Site
from tests.fakes_socket import FakeSocket, SocketClosed, connected

Result = TypeVar("Result")
PATIENCE = 60.0
OTHER = "66666666-7777-4888-8999-aaaaaaaaaaaa"
"""An id that must not change from run to run: it is part of tests' names."""


def run(site: Site, work: Coroutine[Any, Any, Result]) -> Result:
    async def limited() -> Result:
        return await asyncio.wait_for(work, PATIENCE)

    site.tail.start()
    return site.runner.run(limited())


def open_socket(site: Site, **headers: str) -> AbstractAsyncContextManager[FakeSocket]:
    return connected(site.app, "/v1/live", **headers)


async def introduce(socket: FakeSocket, token: str) -> None:
    await socket.say({"type": "authenticate", "token": token})
    assert await socket.hear() == {"type": "authenticated"}


async def subscribe(socket: FakeSocket, export_id: str, after: int = 0) -> None:
    await socket.say({"type": "subscribe", "exports": [{"id": export_id, "after": after}]})


async def told(socket: FakeSocket, export_id: str) -> list[dict[str, Any]]:
    """All that is told about the export until it has ended."""
    found = []
    while (message := await socket.hear())["type"] != "ended":
        assert message["export_id"] == export_id
        found.append(message)
    return found


def sequences(messages: list[dict[str, Any]]) -> list[int]:
    return [each["data"]["sequence"] for each in messages if each["type"] == "event"]


def versions(site: Site, export_id: str) -> list[int]:
    return [each.version for each in site.world.store.read(UUID(export_id))]


async def how_it_ends(site: Site, *messages: object) -> SocketClosed:
    async with open_socket(site) as socket:
        for message in messages:
            await socket.say(message)
        return await socket.closed()


def test_a_finished_export_is_told_as_the_event_stream_tells_it(site: Site) -> None:
    export_id = site.finished()
    stream = site.get(f"/v1/exports/{export_id}/progress").text
    names = [line.removeprefix("event: ") for line in stream.split("\n") if line[:6] == "event:"]

    async def followed() -> list[dict[str, Any]]:
        async with open_socket(site) as socket:
            await introduce(socket, site.secret)
            await subscribe(socket, export_id)
            return await told(socket, export_id)

    found = run(site, followed())
    assert [each["event"] for each in found] == names
    assert sequences(found) == versions(site, export_id)
    assert found[-1]["data"]["status"] == "completed"
    assert found[-1]["data"]["progress"]["fraction"] == 1


def test_one_socket_follows_several_exports_while_they_go_on(site: Site) -> None:
    ids = [site.export() for _ in range(3)]

    async def followed() -> dict[str, list[int]]:
        seen: dict[str, list[int]] = {each: [] for each in ids}
        async with open_socket(site) as socket:
            await introduce(socket, site.secret)
            places = [{"id": each} for each in ids]
            await socket.say({"type": "subscribe", "exports": places})
            for each in ids:
                await asyncio.to_thread(site.world.finish, UUID(each))
            ended = 0
            while ended < len(ids):
                message = await socket.hear()
                ended += message["type"] == "ended"
                seen[message["export_id"]] += sequences([message])
        return seen

    assert run(site, followed()) == {each: versions(site, each) for each in ids}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(cuts=st.lists(st.integers(0, 8), max_size=5))
def test_however_often_a_client_comes_back_it_is_told_each_event_once(
    site: Site, cuts: list[int]
) -> None:
    known = site.get("/v1/exports").json()["items"]
    export_id = known[0]["id"] if known else site.finished()
    seen: list[int] = []

    async def some(number: int) -> None:
        async with open_socket(site) as socket:
            await introduce(socket, site.secret)
            await subscribe(socket, export_id, seen[-1] if seen else 0)
            for _ in range(number):
                if (message := await socket.hear())["type"] == "ended":
                    return
                seen.extend(sequences([message]))

    for cut in [*cuts, 1_000]:
        run(site, some(cut))
    assert seen == versions(site, export_id)


def test_ticks_tell_of_rows_between_events(site: Site) -> None:
    export_id = site.export()
    site.world.plan(UUID(export_id))
    start = StartExtraction(attempt=1, at=site.world.clock())
    site.world.ports.exports.execute(UUID(export_id), start)

    async def followed() -> dict[str, Any]:
        async with open_socket(site) as socket:
            await introduce(socket, site.secret)
            await subscribe(socket, export_id)
            while (await socket.hear())["event"] != "export.extraction-started.v1":
                pass
            at = site.world.clock()
            site.tick(Tick(export_id=UUID(export_id), attempt=1, rows=3, size=9, at=at))
            return await socket.hear()

    found = run(site, followed())
    assert (found["type"], found["export_id"]) == ("tick", export_id)
    assert (found["data"]["rows"], found["data"]["bytes_read"]) == (3, 9)
    assert "sequence" not in found["data"]


def test_a_slow_client_gets_the_newest_tick_alone_and_every_event(site: Site) -> None:
    export_id = site.export()
    site.world.plan(UUID(export_id))
    start = StartExtraction(attempt=1, at=site.world.clock())
    site.world.ports.exports.execute(UUID(export_id), start)

    async def followed() -> tuple[list[dict[str, Any]], int]:
        async with open_socket(site) as socket:
            await introduce(socket, site.secret)
            await subscribe(socket, export_id)
            while (await socket.hear())["event"] != "export.extraction-started.v1":
                pass
            socket.readable.clear()
            for rows in range(1, 200):
                at = site.world.clock()
                tick = Tick(export_id=UUID(export_id), attempt=1, rows=rows, size=9, at=at)
                site.tick(tick)
                await asyncio.sleep(0)
            waiting = socket.waiting
            socket.readable.set()
            ticks = [await socket.hear()]
            while ticks[-1]["data"]["rows"] < 199:
                ticks.append(await socket.hear())
            return ticks, waiting

    ticks, waiting = run(site, followed())
    assert waiting == 1
    assert len(ticks) <= 3


def test_subscribing_again_begins_anew_and_unsubscribing_ends(site: Site) -> None:
    export_id, other = site.export(), site.finished()

    async def followed() -> list[int]:
        async with open_socket(site) as socket:
            await introduce(socket, site.secret)
            await subscribe(socket, export_id)
            first = await socket.hear()
            await subscribe(socket, export_id)
            again = await socket.hear()
            await socket.say({"type": "unsubscribe", "exports": [export_id, str(uuid4())]})
            await subscribe(socket, other)
            await told(socket, other)
            await asyncio.to_thread(site.world.finish, UUID(export_id))
            await subscribe(socket, other)
            await told(socket, other)
            assert socket.silent()
            return sequences([first, again])

    assert run(site, followed()) == [1, 1]


def test_an_export_of_others_is_not_there_and_the_rest_goes_on(site: Site) -> None:
    mine = site.finished()
    stranger = site.key(workspace="elsewhere")

    async def followed(token: str, ids: list[str]) -> list[dict[str, Any]]:
        async with open_socket(site) as socket:
            await introduce(socket, token)
            await socket.say({"type": "subscribe", "exports": [{"id": each} for each in ids]})
            found = [await socket.hear()]
            if len(ids) > 1:
                found += await told(socket, ids[-1])
            return found

    (refused,) = run(site, followed(stranger, [mine]))
    assert (refused["type"], refused["problem"]["status"]) == ("problem", 404)
    assert refused["problem"]["type"] == "/problems/not-found"
    unknown = str(uuid4())
    refused, *events = run(site, followed(site.secret, [unknown, mine]))
    assert (refused["type"], refused["export_id"]) == ("problem", unknown)
    assert sequences(events) == versions(site, mine)


def test_an_outage_of_the_store_is_told_and_the_socket_stays(site: Site) -> None:
    export_id = site.finished()

    async def followed() -> tuple[dict[str, Any], list[dict[str, Any]]]:
        async with open_socket(site) as socket:
            await introduce(socket, site.secret)
            site.world.store.unavailable = True
            await subscribe(socket, export_id)
            refused = await socket.hear()
            site.world.store.unavailable = False
            await subscribe(socket, export_id)
            return refused, await told(socket, export_id)

    refused, events = run(site, followed())
    assert refused["problem"]["type"] == "/problems/store-unavailable"
    assert sequences(events) == versions(site, export_id)


@pytest.mark.parametrize(
    ("origin", "welcome"),
    [
        (None, True),
        ("http://waybill.test", True),
        ("HTTP://Waybill.test", True),
        ("http://evil.test", False),
        ("http://waybill.test.evil.test", False),
        ("http://waybill.test:8080", False),
        ("null", False),
        ("", False),
    ],
)
def test_a_page_of_another_origin_is_refused_before_it_can_speak(
    site: Site, origin: str | None, welcome: bool
) -> None:
    site.app.state.ports = replace(site.ports, allowed_origins=frozenset({"http://waybill.test"}))
    headers = {} if origin is None else {"origin": origin}

    async def opened() -> object:
        async with open_socket(site, **headers) as socket:
            await socket.say({"type": "authenticate", "token": site.secret})
            try:
                return await socket.hear()
            except SocketClosed as closed:
                return closed.code

    answer = {"type": "authenticated"} if welcome else CloseCode.FORBIDDEN
    assert run(site, opened()) == answer


@pytest.mark.parametrize(
    ("first", "code"),
    [
        ({"type": "authenticate", "token": "wb_nobody"}, CloseCode.UNAUTHENTICATED),
        ({"type": "authenticate", "token": ""}, CloseCode.UNAUTHENTICATED),
        ({"type": "unsubscribe", "exports": [OTHER]}, CloseCode.UNAUTHENTICATED),
        ({"type": "authenticate"}, CloseCode.MALFORMED),
        ({"type": "authenticate", "token": "x" * 201}, CloseCode.MALFORMED),
        ({"type": "authenticate", "token": 7}, CloseCode.MALFORMED),
        ({"type": "hello"}, CloseCode.MALFORMED),
        ([], CloseCode.MALFORMED),
        ("{", CloseCode.MALFORMED),
        ("[" * 20_000, CloseCode.MALFORMED),
        ('{"type": "\\ud800"}', CloseCode.MALFORMED),
        (b"\x00", CloseCode.MALFORMED),
    ],
)
def test_without_a_good_key_the_socket_ends(site: Site, first: object, code: int) -> None:
    closed = run(site, how_it_ends(site, first))
    assert closed.code == code
    assert "wb_" not in closed.reason
    assert len(closed.reason.encode()) <= 123


@pytest.mark.parametrize(
    "message",
    [
        {"type": "authenticate", "token": "again"},
        {"type": "subscribe", "exports": []},
        {"type": "subscribe", "exports": [{"id": "x"}]},
        {"type": "subscribe", "exports": [{"id": OTHER, "after": -1}]},
        {"type": "subscribe", "exports": [{"id": OTHER, "after": "1"}]},
        {"type": "subscribe", "exports": [{"id": OTHER, "since": 1}]},
        {"type": "unsubscribe", "exports": "all"},
    ],
    ids=str,
)
def test_what_is_not_understood_ends_the_socket_and_says_where(
    site: Site, message: dict[str, Any]
) -> None:
    first = {"type": "authenticate", "token": site.secret}
    closed = run(site, how_it_ends(site, first, message))
    assert closed.code == CloseCode.MALFORMED
    assert closed.reason


def test_who_says_nothing_is_shown_out(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "AUTHENTICATE_WITHIN", 0.05)
    assert run(site, how_it_ends(site)).code == CloseCode.UNAUTHENTICATED


def test_a_key_needs_the_scope(site: Site) -> None:
    token = site.key(Scope.DATASETS_READ)
    closed = run(site, how_it_ends(site, {"type": "authenticate", "token": token}))
    assert closed.code == CloseCode.FORBIDDEN
    assert "exports:read" in closed.reason


def test_a_key_that_is_revoked_loses_its_sockets(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "CHECK_KEY_EVERY", 0.05)
    token = site.key()
    export_id = site.export()

    async def followed() -> int:
        async with open_socket(site) as socket:
            await introduce(socket, token)
            await subscribe(socket, export_id)
            assert (await socket.hear())["type"] == "event"
            site.access.revoke("default", site.access.keys[token].id)
            return (await socket.closed()).code

    assert run(site, followed()) == CloseCode.UNAUTHENTICATED


def test_more_exports_than_a_socket_follows_end_it(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = [site.export() for _ in range(3)]
    monkeypatch.setattr(live, "MOST_SUBSCRIPTIONS", 2)

    async def followed() -> int:
        async with open_socket(site) as socket:
            await introduce(socket, site.secret)
            for each in known:
                await subscribe(socket, each)
            return (await socket.closed()).code

    assert run(site, followed()) == CloseCode.TOO_MANY


def test_a_stop_of_the_service_tells_clients_to_come_back(site: Site) -> None:
    export_id = site.export()

    async def followed() -> int:
        async with open_socket(site) as socket:
            await introduce(socket, site.secret)
            await subscribe(socket, export_id)
            assert (await socket.hear())["type"] == "event"
            await asyncio.to_thread(site.tail.close)
            return (await socket.closed()).code

    assert run(site, followed()) == CloseCode.RESTART


def test_while_keys_cannot_be_looked_up_clients_are_to_come_later(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: str) -> ApiKey:
        raise StoreUnavailable

    monkeypatch.setattr(site.access, "authenticate", away)
    closed = run(site, how_it_ends(site, {"type": "authenticate", "token": site.secret}))
    assert closed.code == CloseCode.LATER


def test_a_fault_ends_the_socket_without_its_text(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: str) -> ApiKey:
        raise ZeroDivisionError("of Ada")

    monkeypatch.setattr(site.access, "authenticate", broken)
    closed = run(site, how_it_ends(site, {"type": "authenticate", "token": site.secret}))
    assert closed.code == 1011
    written = capsys.readouterr().out
    assert "ZeroDivisionError" in written
    assert "Ada" not in written + closed.reason
