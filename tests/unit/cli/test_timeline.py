"""An export's story in the order in which it was recorded."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from cli.client import Api
from cli.exits import Code, Refused
from cli.timeline import merged, moments, tell_story
from tests.unit.cli.servers import answering, problem

EXPORT = "cacf15c9-4f5e-4252-8b42-360737320c1a"
ANNA = "32c4e5e8-515c-4331-9271-b2517972b398"


def event(position: int, name: str, **data: Any) -> dict[str, Any]:
    return {
        "sequence": position,
        "position": position,
        "epoch": "e",
        "type": f"export.{name}.v1",
        "at": f"2026-03-01T12:00:{position:02d}Z",
        "data": data,
    }


def row(position: int, act: str, **more: Any) -> dict[str, Any]:
    values = {
        "position": position, "at": f"2026-03-01T12:00:{position:02d}Z", "by": ANNA, "act": act,
        "result": "accepted", "problem": None, "status": None, "file": "csv", "via": "key",
        "first": 0, "sent": None, "expires_at": None,
    }  # fmt: skip
    return values | more


EVENTS = [
    event(1, "requested", dataset="orders", requested_by=ANNA, files=["csv", "ndjson"]),
    event(2, "planned", dataset_version="v" * 64, row_cap=None, chunk_rows=2),
    event(3, "chunk-staged", rows=2),
    event(4, "chunk-rendered", rows=2),
    event(5, "chunk-staged", rows=1),
    event(9, "cancelled", cancelled_by=ANNA, expires_at="later"),
]
AUDIT = [
    row(1, "request-export"),
    row(8, "download", sent=1_500, first=7),
    row(7, "grant-download", expires_at="soon"),
    row(10, "retry", result="refused", problem="nothing-to-retry", status=409),
    row(9, "cancel"),
]


def test_what_no_event_of_the_export_tells_is_put_in_its_place() -> None:
    told = merged(EVENTS, AUDIT)
    assert [(each["kind"], each["position"]) for each in told] == [
        *(("event", position) for position in (1, 2, 3, 4, 5)),
        ("audit", 7),
        ("audit", 8),
        ("event", 9),
        ("audit", 10),
    ]


def test_people_read_chunks_as_one_line_and_acts_as_sentences() -> None:
    found = moments(merged(EVENTS, AUDIT))
    assert [(each.sequence, each.what, each.by) for each in found] == [
        ("1", "requested dataset=orders files=csv, ndjson", ANNA),
        ("2", "planned chunk_rows=2", ""),
        ("3-5", "2 chunks staged, 3 rows; 1 part rendered, 2 rows", ""),
        ("-", "link to csv until soon", ANNA),
        ("-", "csv fetched by key from byte 7: 1.5 kB sent", ANNA),
        ("9", "cancelled expires_at=later", ANNA),
        ("-", "refused: retry (nothing-to-retry, 409)", ANNA),
    ]


def test_digests_of_definitions_are_left_to_the_json() -> None:
    told = [
        event(2, "sheets-requested", sheets=["towns"]),
        event(3, "sheets-planned", sheets=["v" * 64]),
    ]
    assert [each.what for each in moments(merged(told, []))] == [
        "sheets requested sheets=towns",
        "sheets planned",
    ]


def test_chunks_at_the_end_are_told_too() -> None:
    assert [each.what for each in moments(merged(EVENTS[2:3], []))] == ["1 chunk staged, 2 rows"]


def test_a_download_without_an_end_is_under_way() -> None:
    (moment,) = moments(merged([], [row(1, "download")]))
    assert moment.what == "csv fetched by key: under way"


def server(*, audit: httpx.Response) -> Api:
    def handle(request: httpx.Request) -> httpx.Response:
        assert request.headers["accept"] == "application/x-ndjson"
        if request.url.path == f"/v1/exports/{EXPORT}/events":
            return lines(EVENTS)
        assert request.url.path == "/v1/audit/events"
        assert request.url.params["export"] == EXPORT
        return audit

    return answering(handle)


def lines(items: list[dict[str, Any]]) -> httpx.Response:
    return httpx.Response(200, text="".join(json.dumps(each) + "\n" for each in items))


def test_a_program_gets_every_line(capsys: pytest.CaptureFixture[str]) -> None:
    tell_story(server(audit=lines(AUDIT)), EXPORT, json=True)
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert told == merged(EVENTS, AUDIT)


def test_people_get_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    tell_story(server(audit=lines(AUDIT)), EXPORT, json=False)
    said = capsys.readouterr().out
    assert "refused: retry" in said
    assert "8.000 s" in said


def test_a_key_that_may_not_read_the_audit_gets_the_events(
    capsys: pytest.CaptureFixture[str],
) -> None:
    tell_story(server(audit=problem(403)), EXPORT, json=True)
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == len(EVENTS)
    assert "no scope audit" in said.err


def test_an_audit_that_is_away_is_said() -> None:
    with pytest.raises(Refused) as refused:
        tell_story(server(audit=problem(503)), EXPORT, json=True)
    assert refused.value.code is Code.UNREACHABLE
