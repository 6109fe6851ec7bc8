"""An export is followed to its end, whatever happens to the connection."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from cli import following
from cli.exits import Code, Refused
from cli.following import Seen, follow, watch
from cli.sse import Message, messages
from tests.unit.cli.servers import in_turn, problem

ID = "4f3c2f6e-0000-4000-8000-000000000001"


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "_PAUSE", 0.0)


def progress(**more: Any) -> dict[str, Any]:
    known = {
        "rows": 0,
        "rows_total": None,
        "estimated_rows": None,
        "fraction": None,
        "eta_seconds": None,
    }
    return {**known, **more}


def event(number: int, status: str, **more: Any) -> str:
    data = {"sequence": number, "status": status, "progress": progress(**more), "reason": None}
    return f"id: {number}\nevent: export.changed.v1\ndata: {json.dumps(data)}\n\n"


def stream(*events: str) -> httpx.Response:
    return httpx.Response(200, text="retry: 1000\n\n" + "".join(events))


def numbers(api: Any) -> list[int | None]:
    return [message.id for message in follow(api, ID, 5.0)]


def test_a_stream_is_read_as_messages_and_a_cut_off_one_is_none() -> None:
    lines = ["retry: 1000", "", ": still here", "", "id: 3", "event: tick", 'data: {"a":1}', "",
             "id: 4", 'data: {"a":2}']  # fmt: skip
    assert list(messages(lines)) == [Message(id=3, event="tick", data={"a": 1})]


def test_it_ends_with_the_export() -> None:
    api, asked = in_turn([stream(event(1, "queued"), event(2, "completed"))])
    assert numbers(api) == [1, 2]
    assert len(asked) == 1


def test_a_lost_connection_is_taken_up_where_it_ended() -> None:
    api, asked = in_turn(
        [
            stream(event(1, "queued")),
            httpx.ReadError("broken"),
            problem(503),
            stream(event(2, "rendering"), event(3, "failed")),
        ]
    )
    assert numbers(api) == [1, 2, 3]
    assert [each.headers.get("last-event-id") for each in asked] == [None, "1", "1", "1"]


def test_an_export_that_was_tried_again_is_followed_through_its_first_end() -> None:
    api, _ = in_turn(
        [stream(event(1, "failed"), event(2, "queued")), stream(event(3, "completed"))]
    )
    assert numbers(api) == [1, 2, 3]


def test_a_server_that_stays_away_is_given_up_with_advice() -> None:
    api, _ = in_turn([httpx.ConnectError("refused")] * 3)
    with pytest.raises(Refused, match=f"waybill exports show {ID}") as refused:
        list(follow(api, ID, 0.0))
    assert refused.value.code is Code.UNREACHABLE


def test_what_is_refused_is_not_tried_again() -> None:
    api, asked = in_turn([problem(404)])
    with pytest.raises(Refused):
        list(follow(api, ID, 5.0))
    assert len(asked) == 1


class Drawn:
    def __init__(self) -> None:
        self.shown: list[tuple[float, str, str]] = []

    def to(self, share: float, label: str, detail: str) -> None:
        self.shown.append((share, label, detail))


def test_watching_draws_what_comes_and_returns_the_export() -> None:
    bar = Drawn()
    events = (
        event(1, "extracting", rows=500, estimated_rows=1000),
        event(2, "rendering", rows=900, rows_total=900, fraction=0.75, eta_seconds=3),
        event(3, "completed", rows=900, rows_total=900, fraction=1.0),
    )
    api, _ = in_turn([stream(*events), httpx.Response(200, json={"status": "completed"})])
    assert watch(api, ID, bar) == {"status": "completed"}
    assert bar.shown == [
        (0.25, "extracting", "500 of 1,000 rows"),
        (0.75, "rendering", "900 of 900 rows, 3 s left"),
        (1.0, "completed", "900 of 900 rows"),
    ]


def test_a_tick_moves_the_rows_and_never_backwards() -> None:
    seen = Seen(status="extracting", rows=800, total=1000, share=0.4)
    tick = Message(id=None, event="tick", data={"rows": 900, "estimated_rows": 1000})
    late = Message(id=None, event="tick", data={"rows": 100, "estimated_rows": 1000})
    assert seen.after(tick).rows == 900
    assert seen.after(tick).share == 0.45
    assert seen.after(late) == seen


def test_an_event_that_a_tick_has_overtaken_takes_no_rows_back() -> None:
    seen = Seen(status="extracting", rows=900, total=1000)
    behind = messages(event(2, "extracting", rows=800, estimated_rows=1000).split("\n"))
    anew = messages(event(3, "extracting", rows=0, estimated_rows=1000).split("\n"))
    assert seen.after(next(behind)).rows == 900
    assert seen.after(next(anew)).rows == 0


def test_an_estimate_never_says_that_all_is_done() -> None:
    tick = Message(id=None, event="tick", data={"rows": 5000, "estimated_rows": 1000})
    assert Seen().after(tick).share < 0.5
