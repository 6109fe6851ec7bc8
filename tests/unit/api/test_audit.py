"""The audit over HTTP: every command and what came of it."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.access import Scope
from domain.ports import StoreUnavailable
from tests.fakes_api import Site, problem

LINES = {"Accept": "application/x-ndjson"}


def audit(site: Site, **params: Any) -> list[dict[str, Any]]:
    answer = site.get("/v1/audit/events", params=params)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def told(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def busy(site: Site) -> str:
    """An export that was requested, fetched and refused a retry; its id."""
    export_id = site.finished("csv", purpose="Monthly report")
    site.world.clock.pass_by(minutes=1)
    site.get(f"/v1/exports/{export_id}/files/csv")
    site.world.clock.pass_by(minutes=1)
    site.post(f"/v1/exports/{export_id}/retry")
    return export_id


def test_a_command_is_told_with_who_what_why_when_and_its_result(site: Site) -> None:
    export_id = busy(site)
    me = site.get("/v1/me").json()["actor"]
    refused, fetched, asked = audit(site)
    assert (asked["act"], asked["result"], asked["outcome"]) == (
        "request-export",
        "accepted",
        "completed",
    )
    assert {row["by"] for row in (refused, fetched, asked)} == {me}
    assert [row["dataset"] for row in (refused, fetched, asked)] == ["things"] * 3
    assert [row["export_id"] for row in (refused, fetched, asked)] == [export_id] * 3
    assert (fetched["act"], fetched["via"], fetched["file"], fetched["first"]) == (
        "download",
        "key",
        "csv",
        0,
    )
    assert fetched["sent"] == fetched["length"] > 0
    assert (refused["act"], refused["result"], refused["problem"], refused["status"]) == (
        "retry",
        "refused",
        "nothing-to-retry",
        409,
    )
    assert str(UUID(asked["purpose"])) == asked["purpose"]
    assert "Monthly" not in json.dumps(asked)


def test_each_filter_leaves_what_it_says(site: Site) -> None:
    export_id = busy(site)
    at = audit(site)[1]["at"]
    me = audit(site)[0]["by"]
    assert [row["act"] for row in audit(site, act=["download", "retry"])] == ["retry", "download"]
    assert [row["act"] for row in audit(site, result="refused")] == ["retry"]
    assert [row["act"] for row in audit(site, outcome="completed")] == ["request-export"]
    assert [row["act"] for row in audit(site, **{"from": at})] == ["retry", "download"]
    assert [row["act"] for row in audit(site, to=at)] == ["request-export"]
    assert len(audit(site, export=export_id, dataset="things", by=me)) == 3
    assert audit(site, export=str(uuid4())) == audit(site, dataset="none") == []
    assert audit(site, by=str(uuid4())) == []


def test_pages_meet_every_row_once(site: Site) -> None:
    for _ in range(5):
        site.export("csv")  # all at the same instant
    met, cursor = [], None
    while True:
        params = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = site.get("/v1/audit/events", params=params).json()
        met += [row["id"] for row in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert met == [row["id"] for row in audit(site)]
    assert len(set(met)) == 5


def test_a_cursor_of_other_filters_is_refused(site: Site) -> None:
    site.export("csv")
    site.export("csv")
    cursor = site.get("/v1/audit/events", params={"limit": 1}).json()["next_cursor"]
    answer = site.get("/v1/audit/events", params={"cursor": cursor, "act": "cancel"})
    problem(answer, "invalid-cursor")


def test_all_rows_come_as_json_lines(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.routes.audit._PAGE", 2)
    for _ in range(5):
        site.export("csv")
    answer = site.get("/v1/audit/events", headers=LINES)
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert told(answer.text) == audit(site)


def test_no_rows_are_no_lines(site: Site) -> None:
    answer = site.get("/v1/audit/events", headers=LINES)
    assert (answer.status_code, answer.text) == (200, "")


def test_a_store_that_is_away_is_said_before_the_first_line(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise StoreUnavailable

    monkeypatch.setattr(site.ports.audit, "page", away)
    problem(site.get("/v1/audit/events", headers=LINES), "store-unavailable")


def test_an_auditor_sees_the_audit_and_events_and_nothing_else(site: Site) -> None:
    export_id = busy(site)
    auditor = site.key(Scope.AUDIT)
    assert len(site.get("/v1/audit/events", secret=auditor).json()["items"]) == 3
    assert site.get(f"/v1/exports/{export_id}/events", secret=auditor).status_code == 200
    for path in (f"/v1/exports/{export_id}", f"/v1/exports/{export_id}/files/csv"):
        problem(site.get(path, secret=auditor), "scope-missing")
    problem(site.get("/v1/audit/events", secret=site.key(Scope.EXPORTS_READ)), "scope-missing")


def test_another_workspace_has_an_audit_of_its_own(site: Site) -> None:
    busy(site)
    stranger = site.key(workspace="other")
    assert site.get("/v1/audit/events", secret=stranger).json()["items"] == []


def test_an_exports_events_come_as_json_lines_with_their_places(site: Site) -> None:
    export_id = site.finished("csv")
    lines = told(site.get(f"/v1/exports/{export_id}/events", headers=LINES).text)
    page = site.get(f"/v1/exports/{export_id}/events").json()["items"]
    assert lines == page
    assert [line["sequence"] for line in lines] == list(range(1, len(lines) + 1))
    assert {line["epoch"] for line in lines} == {str(site.world.store.epoch())}
    assert [line["position"] for line in lines] == sorted(line["position"] for line in lines)
    after = told(site.get(f"/v1/exports/{export_id}/events?after=2", headers=LINES).text)
    assert after == lines[2:]
