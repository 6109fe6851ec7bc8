"""Live progress: every event once, in order, from wherever a client left off."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Coroutine
from typing import Any, TypeVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api import auth
from api.auth import KeyWatch
from api.routes import progress
from api.routes.progress import follow
from domain.access import Scope
from domain.exports.commands import StartExtraction
from domain.ports import StoreUnavailable
from domain.streams import Tick
from tests.fakes_api import Site, problem

Result = TypeVar("Result")
PATIENCE = 30.0


def _messages(text: str) -> list[dict[str, Any]]:
    """What a client makes of a stream, without comments and the time to come back after."""
    found = []
    for block in text.split("\n\n"):
        members = dict(
            line.split(": ", 1) for line in block.split("\n") if line[:1] not in ("", ":")
        )
        if "data" in members:
            found.append({**members, "data": json.loads(members["data"])})
    return found


def _ids(text: str) -> list[int]:
    return [int(each["id"]) for each in _messages(text) if "id" in each]


def _versions(site: Site, export_id: str) -> list[int]:
    return [each.version for each in site.world.store.read(UUID(export_id))]


def _run(site: Site, work: Coroutine[Any, Any, Result]) -> Result:
    async def limited() -> Result:
        return await asyncio.wait_for(work, PATIENCE)

    site.tail.start()
    return site.runner.run(limited())


def watching(site: Site, token: str | None = None) -> KeyWatch:
    return KeyWatch(site.ports, token or site.key(), Scope.EXPORTS_READ)


async def _next(stream: AsyncGenerator[bytes, None]) -> dict[str, Any]:
    """The next message that isn't a comment."""
    async for piece in stream:
        if found := _messages(piece.decode()):
            return found[0]
    raise AssertionError("the stream has ended")


def test_a_finished_export_is_told_whole_and_ends(site: Site) -> None:
    export_id = site.finished()
    answer = site.get(f"/v1/exports/{export_id}/progress")
    assert answer.headers["content-type"] == "text/event-stream"
    assert _ids(answer.text) == _versions(site, export_id)
    last = _messages(answer.text)[-1]
    assert last["event"] == "export.completed.v1"
    assert last["data"]["status"] == "completed"
    assert last["data"]["progress"]["fraction"] == 1
    assert last["data"]["sequence"] == int(last["id"])


@pytest.mark.parametrize("how", ["header", "query"])
def test_a_client_that_comes_back_gets_what_it_lacks(site: Site, how: str) -> None:
    export_id = site.finished()
    versions = _versions(site, export_id)
    path = f"/v1/exports/{export_id}/progress"
    for seen in (0, 1, versions[-2], versions[-1]):
        header = {"Last-Event-ID": str(seen)} if how == "header" else {}
        query = f"?after={seen}" if how == "query" else "?after=0"
        answer = site.get(f"{path}{query}", headers=header)
        assert _ids(answer.text) == [each for each in versions if each > seen]


def test_a_browser_that_has_seen_the_end_is_told_not_to_come_back(site: Site) -> None:
    export_id = site.finished()
    last = _versions(site, export_id)[-1]
    codes = [
        site.get(
            f"/v1/exports/{export_id}/progress", headers={"Last-Event-ID": str(seen)}
        ).status_code
        for seen in (last - 1, last, last + 1)
    ]
    assert codes == [200, 204, 204]


@pytest.mark.parametrize("given_id", ["x", "-1", "99999999999999999999", "1.5"])
def test_a_place_that_is_none_is_refused(site: Site, given_id: str) -> None:
    answer = site.get(f"/v1/exports/{site.export()}/progress", headers={"Last-Event-ID": given_id})
    problem(answer, "invalid-parameter")


def test_events_arrive_while_the_export_goes_on(site: Site) -> None:
    export_id = site.export()

    async def watched() -> list[str]:
        stream = follow(site.ports, UUID(export_id), 0, watching(site))
        first = await _next(stream)
        await asyncio.to_thread(site.world.finish, UUID(export_id))
        rest = [piece.decode() async for piece in stream]
        return [first["event"], *(each["event"] for each in _messages("".join(rest)))]

    events = _run(site, watched())
    assert len(events) == len(_versions(site, export_id))
    assert events[0] == "export.requested.v2"
    assert events[-1] == "export.completed.v1"


def test_a_retried_export_is_followed_to_its_new_end(site: Site) -> None:
    export_id = site.export()
    site.post(f"/v1/exports/{export_id}/cancel")
    site.post(f"/v1/exports/{export_id}/retry")
    site.world.finish(UUID(export_id))
    answer = site.get(f"/v1/exports/{export_id}/progress")
    assert _ids(answer.text) == _versions(site, export_id)


def test_ticks_tell_of_rows_between_events_and_have_no_id(site: Site) -> None:
    export_id = UUID(site.export())
    site.world.plan(export_id)
    start = StartExtraction(attempt=1, at=site.world.clock())
    site.world.ports.exports.execute(export_id, start)

    def tick(rows: int, attempt: int = 1) -> None:
        at = site.world.clock()
        site.tick(Tick(export_id=export_id, attempt=attempt, rows=rows, size=9, at=at))

    async def watched() -> dict[str, Any]:
        stream = follow(site.ports, export_id, 0, watching(site))
        while (await _next(stream))["event"] != "export.extraction-started.v1":
            pass
        tick(rows=5, attempt=7)
        upcoming = asyncio.ensure_future(_next(stream))
        await asyncio.sleep(0.05)
        assert not upcoming.done()
        tick(rows=3)
        found = await upcoming
        await stream.aclose()
        return found

    found = _run(site, watched())
    assert found["event"] == "tick"
    assert "id" not in found
    assert (found["data"]["rows"], found["data"]["bytes_read"]) == (3, 9)


def test_silence_is_filled_with_comments(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "HEARTBEAT", 0.01)
    export_id = UUID(site.export())

    async def watched() -> bytes:
        stream = follow(site.ports, export_id, 1, watching(site))
        await anext(stream)
        piece = await anext(stream)
        await stream.aclose()
        return piece

    assert _run(site, watched()).startswith(b":")


def test_a_key_that_is_revoked_loses_its_streams(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "HEARTBEAT", 0.01)
    monkeypatch.setattr(auth, "CHECK_KEY_EVERY", 0.05)
    export_id, token = UUID(site.export()), site.key()

    async def watched() -> list[bytes]:
        stream = follow(site.ports, export_id, 1, watching(site, token))
        first = [await anext(stream) for _ in range(20)]
        site.access.revoke("default", site.access.keys[token].id)
        return first + [piece async for piece in stream]

    assert set(_run(site, watched())[1:]) == {b": still here\n\n"}


def test_a_key_that_cannot_be_looked_at_is_looked_at_later(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "CHECK_KEY_EVERY", 0.0)
    watch = watching(site)

    def away(secret: str) -> None:
        raise StoreUnavailable

    monkeypatch.setattr(site.access, "authenticate", away)
    assert _run(site, watch.holds())


def test_a_stop_of_the_service_ends_the_streams(site: Site) -> None:
    export_id = UUID(site.export())

    async def watched() -> int:
        stream = follow(site.ports, export_id, 0, watching(site))
        await _next(stream)
        await asyncio.to_thread(site.tail.close)
        return len([piece async for piece in stream])

    assert _run(site, watched()) == 0


def test_an_outage_of_the_store_delays_events_and_loses_none(site: Site) -> None:
    export_id = site.export()

    async def watched() -> list[int]:
        stream = follow(site.ports, UUID(export_id), 0, watching(site))
        seen = [int((await _next(stream))["id"])]
        site.world.store.unavailable = True
        await asyncio.sleep(0.1)
        site.world.store.unavailable = False
        await asyncio.to_thread(site.world.finish, UUID(export_id))
        return seen + _ids("".join([piece.decode() async for piece in stream]))

    assert _run(site, watched()) == _versions(site, export_id)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, 8), max_size=5))
def test_however_often_a_client_comes_back_it_sees_each_event_once(
    site: Site, cuts: list[int]
) -> None:
    known = site.get("/v1/exports").json()["items"]
    export_id = known[0]["id"] if known else site.finished()
    path = f"/v1/exports/{export_id}/progress"
    seen: list[int] = []
    for cut in [*cuts, 1_000]:
        headers = {"Last-Event-ID": str(seen[-1])} if seen else {}
        seen += _ids(site.get(path, headers=headers).text)[:cut]
    assert seen == _versions(site, export_id)
